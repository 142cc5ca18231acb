// Signed mail of several domains whose SPF, DKIM and DMARC records are in a small DNS of our own, and mail that fails each of them.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dkimSign } from 'mailauth';
import { Internet } from '../lab/internet/internet.ts';
import type { ZoneOptions } from '../lab/internet/zones.ts';
import { scratch, type Scratch } from '../lab/scratch.ts';
import type { Letter } from './measure.ts';

/** Mail that must not pass, and what each question must be answered. */
export interface Control {
  sender: string;
  content: string;
  subject: string;
  expected: Results;
}

export interface Results {
  spf: string;
  dkim: string;
  dmarc: string;
}

/** Octets that a signature adds, about. */
const SIGNATURE = 600;

export class SignedMail implements AsyncDisposable {
  readonly letters: readonly Letter[];
  readonly controls: readonly Control[];
  readonly #internet: Internet;
  readonly #folder: Scratch;

  private constructor(internet: Internet, folder: Scratch, letters: Letter[], controls: Control[]) {
    this.#internet = internet;
    this.#folder = folder;
    this.letters = letters;
    this.controls = controls;
  }

  /** The one resolver that knows these domains. */
  get resolver(): string {
    return this.#internet.address('resolver');
  }

  /** @param client the address that all of it comes from. @param size octets of a message, about. */
  static async start(options: { domains: number; size: number; client: string }): Promise<SignedMail> {
    const { domains, size, client } = options;
    const folder = scratch('signed-mail');
    const zones: Record<string, ZoneOptions> = {};
    const letters: Letter[] = [];
    const controls: Control[] = [];
    for (let number = 1; number <= domains; number++) {
      const domain = `sender${number}.example`;
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      zones[domain] = {
        ttl: 3600,
        records: [
          `@ TXT "v=spf1 ip4:${client} -all"`,
          `s1._domainkey TXT "v=DKIM1; k=rsa; " "p=${key.slice(0, 200)}" "${key.slice(200)}"`,
          '_dmarc TXT "v=DMARC1; p=reject"',
        ],
      };
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
      const sender = `anna@${domain}`;
      const content = await sign(message(sender, `bench ${number}`, size), domain, pem);
      const file = join(folder.path, `${domain}.eml`);
      writeFileSync(file, content.replaceAll('\r\n', '\n'));
      letters.push({ sender, file });
      if (number === 1) {
        const changed = await sign(message(sender, 'changed', size), domain, pem);
        controls.push({
          sender,
          subject: 'changed',
          content: `${changed}One line more.\r\n`,
          expected: { spf: 'pass', dkim: 'fail', dmarc: 'pass' },
        });
      }
    }
    zones['forged.example'] = {
      records: ['@ TXT "v=spf1 -all"', '_dmarc TXT "v=DMARC1; p=none"'],
    };
    const forger = 'anna@forged.example';
    controls.push({
      sender: forger,
      subject: 'forged',
      content: message(forger, 'forged', size),
      expected: { spf: 'fail', dkim: 'none', dmarc: 'fail' },
    });
    const internet = await Internet.start({ zones, resolvers: { resolver: 'plain' } });
    return new SignedMail(internet, folder, letters, controls);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#internet[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

function message(sender: string, subject: string, size: number): string {
  const header = [
    `From: Anna <${sender}>`,
    'To: The office <office@example.com>',
    `Subject: ${subject}`,
    'Date: Thu, 01 Jan 2026 10:00:00 +0000',
    `Message-ID: <${subject.replace(' ', '')}@${sender.split('@')[1] ?? ''}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
  ];
  const lines: string[] = [];
  const line = () =>
    Array.from({ length: 8 }, () => randomBytes(6).toString('base64'))
      .join(' ')
      .padEnd(72, '.');
  for (let length = header.join('\r\n').length + SIGNATURE; length < size; length += 74) lines.push(line());
  return `${[...header, '', ...lines].join('\r\n')}\r\n`;
}

async function sign(content: string, signingDomain: string, privateKey: string): Promise<string> {
  const signer = { signingDomain, selector: 's1', privateKey, canonicalization: 'relaxed/relaxed' };
  const { signatures, errors } = await dkimSign(Buffer.from(content), { ...signer, signatureData: [signer] });
  if (errors.length > 0) throw new Error(`the bench could not sign a message: ${JSON.stringify(errors)}`);
  return `${signatures.trimEnd()}\r\n${content}`;
}
