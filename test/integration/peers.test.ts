// The same scenarios with each real server as the office's own: Postfix, Exim, OpenSMTPD, Sendmail.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../shared/contract/index.ts';
import { destinationSchema } from '../../shared/domain.ts';
import type { TlsPolicy } from '../../shared/domain.ts';
import type { MessageDetail } from '../../shared/message.ts';
import { Cable } from '../lab/cable.ts';
import { selfSigned } from '../lab/certificates.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { makes } from '../lab/office-server.ts';
import type { OfficeServer } from '../lab/office-server.ts';
import { hasOffice, startOffice } from '../lab/office.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';
import { belowTrace, onTheWire, samples } from './messages.ts';

const run = promisify(execFile);

const direct = samples.map((_, n) => `direct${n}@example.com`);
const via = samples.map((_, n) => `via${n}@example.com`);
const others = ['ann', 'bob', 'cut', 'dora', 'full', 'grey', 'late', 'tls', 'utf'];
/** Homes of the server, all of whose mail comes through Mailward; elsewhere.example is not one of them. */
const domains = ['example.com', 'cut.example', 'strict.example', 'certain.example', 'clear.example'];
const mailboxes = [
  ...direct,
  ...via,
  ...others.flatMap((name) => [...domains, 'elsewhere.example'].map((domain) => `${name}@${domain}`)),
];
const replies = {
  'full@example.com': '452 4.2.2 Mailbox full',
  'grey@example.com': '451 4.7.1 Greylisted, please try again in 5 minutes',
};
const sizeLimit = 2_000_000;

describe.each(makes.map((make) => ({ make })))('with $make as the office’s server', ({ make }) => {
  describe.skipIf(!hasOffice(make))('mail through Mailward', () => {
    const folder = scratch('peers');
    const tls = { ...selfSigned(folder.path, 'office'), required: false };
    let office: OfficeServer;
    let cable: Cable;
    let service: Service;
    let client: Client;
    let close: () => void;

    beforeAll(async () => {
      office = await startOffice(make, { domains, mailboxes, replies, sizeLimit, tls });
      cable = await Cable.to(office.host, office.port);
      service = await Service.start({
        settings: {
          delivery: { retrySeconds: [1] },
          recipients: { failures: 2 },
          bounces: { gatherSeconds: 0 },
        },
      });
      ({ client, close } = await service.client());
      await route('example.com', office.route);
      await route('cut.example', cable.route, 'none');
      await route('strict.example', office.route, 'require');
      await route('certain.example', office.route, 'verify');
      await route('clear.example', office.route, 'none');
      await route('elsewhere.example', office.route);
    });
    afterAll(async () => {
      close();
      await service[Symbol.asyncDispose]();
      await cable[Symbol.asyncDispose]();
      await office[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    });

    async function route(name: string, to: string, policy: TlsPolicy = 'opportunistic'): Promise<void> {
      const [host, port] = to.split(':');
      await client.domains.add({
        name,
        route: [destinationSchema.parse({ host, port: Number(port), tls: policy })],
      });
    }

    /** Sends to a server as a stranger would; returns the last reply, which ends it when it is a refusal. */
    async function send(port: number, to: string[], content: string, mail = ''): Promise<string> {
      await using sender = await RawClient.greet(port);
      await sender.command(`MAIL FROM:<anna@example.net>${mail}`, 250);
      for (const recipient of to) {
        const reply = await sender.command(`RCPT TO:<${recipient}>`);
        if (reply.code !== 250) return reply.text;
      }
      await sender.command('DATA', 354);
      sender.send(onTheWire(content));
      const { text } = await sender.reply();
      return text;
    }

    /** Sends a small message through Mailward. */
    async function letter(subject: string, ...to: string[]): Promise<void> {
      expect(await send(service.smtpPort, to, `Subject: ${subject}\r\n\r\nhello\r\n`)).toMatch(/^250 /);
    }

    /** Waits until a message's log entry is as wanted, and returns it. */
    async function logged(
      subject: string,
      wanted: (message: MessageDetail) => boolean | Promise<boolean>,
    ): Promise<MessageDetail> {
      let last: MessageDetail | null = null;
      return until(
        () => `${subject}: ${JSON.stringify(last?.allRecipients)}\n${office.log().slice(-3000)}`,
        async () => {
          const { rows } = await client.messages.list({ text: subject });
          last = rows[0] === undefined ? null : await client.messages.get({ id: rows[0].id });
          return last !== null && (await wanted(last)) && last;
        },
      );
    }

    /** Waits until a message that was put off is delivered. An admin need not wait for the next attempt, nor does the test. */
    async function released(subject: string, wanted = isDelivered): Promise<MessageDetail> {
      let asked = 0;
      return logged(subject, async (message) => {
        if (wanted(message)) return true;
        if (asked++ % 20 === 0) await client.queue.retry({ ids: [message.id] });
        return false;
      });
    }

    it('arrives as if its sender had brought it there, octet for octet', async () => {
      for (const [n, { content }] of samples.entries()) {
        const mail = /[\x80-\xff]/.test(content) ? ' BODY=8BITMIME' : '';
        const said = await send(office.port, [direct[n]!], content, mail);
        expect(await send(service.smtpPort, [via[n]!], content, mail)).toMatch(/^250 /);
        if (!said.startsWith('250')) {
          const { rows } = await until('its refusal is not in the log', async () => {
            const list = await client.messages.list({ text: via[n]! });
            return list.rows[0]?.state === 'refused' && list;
          });
          expect(said).toContain(rows[0]?.lastReply?.text);
          continue;
        }
        const [alone] = await office.delivered(direct[n]!);
        const [through] = await office.delivered(via[n]!);
        expect(withoutMadeUp(belowTrace(through!, 2))).toBe(withoutMadeUp(belowTrace(alone!, 1)));
      }
    });

    it('is encrypted when the server can, and waits when it must be and is not', async () => {
      const speaks = await canTls(office);
      // Debian 12's OpenSMTPD offers TLS and breaks off every handshake: a server as one meets them.
      expect(speaks).toBe(make !== 'opensmtpd' || speaks);
      await letter('offered', 'tls@example.com');
      const offered = await logged('offered', isDelivered);
      expect(offered.attemptList[0]?.tls ?? '').toMatch(speaks ? /^TLSv1\.[23] / : /^$/);
      await letter('required', 'tls@strict.example');
      const required = await logged('required', speaks ? isDelivered : isPutOff);
      expect(required).toMatchObject({ cause: speaks ? null : 'tls-required' });
      await letter('self-signed', 'tls@certain.example');
      expect(await logged('self-signed', isPutOff)).toMatchObject({ cause: 'tls-required' });

      await office.change({ tls: null });
      await letter('not offered', 'tls@example.com');
      const clear = await released('not offered');
      expect(clear.attemptList.at(-1)?.tls).toBe(null);
      await letter('not to be had', 'tls@strict.example');
      expect(await logged('not to be had', isPutOff)).toMatchObject({ cause: 'tls-required' });

      await office.change({ tls: { ...tls, required: true } });
      await letter('in clear', 'tls@clear.example');
      expect(await logged('in clear', isPutOff)).toMatchObject({ cause: 'tls-required' });
      if (speaks) await released('not to be had');
      await office.change({ tls });
      await released('in clear');
      // What will never go out need not be tried all the time that the other scenarios take.
      await client.queue.delete({ domain: 'certain.example', states: ['queued'] });
      await client.queue.delete({ domain: 'strict.example', states: ['queued'] });
    });

    it('needs SMTPUTF8 to arrive with letters beyond ASCII; a server without it is not given them', async () => {
      await using asking = await RawClient.open(office.port, office.host);
      await asking.expect(220);
      const can = (await asking.command('EHLO client.example', 250)).lines.includes('SMTPUTF8');
      expect(can).toBe(make === 'postfix' || make === 'exim');
      const said = await send(
        service.smtpPort,
        ['utf@example.com'],
        'Subject: Gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n',
        ' SMTPUTF8',
      );
      if (can) {
        expect((await office.delivered('utf@example.com'))[0]?.toString()).toContain('Subject: Grüße\n');
      } else {
        // Known by then from the mail before: it is refused while its sender is there to hear it.
        expect(said).toMatch(/^550 5\.6\.7 /);
      }
    });

    it('is refused at the door for whom the server does not know', async () => {
      const text = await until('it is not asked', async () => {
        const reply = await send(service.smtpPort, ['nosuch@example.com'], 'Subject: nobody\r\n\r\nx\r\n');
        return reply.startsWith('550') && reply;
      });
      expect(text).toMatch(/^550 5\.1\.1 <nosuch@example\.com>: recipient unknown/);
      await letter('somebody', 'ann@example.com');
      await logged('somebody', isDelivered);
    });

    it('waits while the mailbox is full, while it is greylisted, and goes when it may', async () => {
      await letter('three fates', 'bob@example.com', 'full@example.com', 'grey@example.com');
      const detail = await logged(
        'three fates',
        ({ allRecipients }) =>
          allRecipients.filter(isQueued).length === 2 && allRecipients.every(({ attempts }) => attempts > 0),
      );
      const fates = detail.allRecipients.map(({ address, state, cause }) => ({ address, state, cause }));
      expect(fates).toEqual([
        { address: 'bob@example.com', state: 'delivered', cause: null },
        { address: 'full@example.com', state: 'queued', cause: 'mailbox-full' },
        { address: 'grey@example.com', state: 'queued', cause: 'greylisted' },
      ]);
      await office.change({ replies: {} });
      await released('three fates');
      for (const to of ['bob', 'full', 'grey']) {
        expect(handedOver(await office.delivered(`${to}@example.com`))).toHaveLength(1);
      }
    });

    it('is refused for good when it is larger than the server takes', async () => {
      const lines = `${'x'.repeat(78)}\r\n`.repeat(sizeLimit / 80 + 1000);
      expect(await send(service.smtpPort, ['ann@example.com'], `Subject: huge\r\n\r\n${lines}`)).toMatch(
        /^250 /,
      );
      expect(await logged('huge', ({ state }) => state === 'refused')).toMatchObject({
        cause: 'message-too-large',
      });
    });

    it('waits while the server says that it is not home for the domain', async () => {
      await letter('not home', 'ann@elsewhere.example');
      expect(await logged('not home', isPutOff)).toMatchObject({ cause: 'relay-denied' });
      await office.change({ domains: [...domains, 'elsewhere.example'] });
      await released('not home');
    });

    it('arrives once when the connection is cut in its middle', async () => {
      cable.cutAfter(100_000);
      const body = `${'y'.repeat(78)}\r\n`.repeat(5_000);
      const content = `Subject: cut\r\n\r\n${body}`;
      expect(await send(service.smtpPort, ['cut@cut.example'], content)).toMatch(/^250 /);
      await until('it is not cut', () => cable.cuts === 1);
      await logged('cut', isPutOff);
      const detail = await released('cut');
      expect(detail.attemptList).toHaveLength(2);
      const delivered = await office.delivered('cut@cut.example');
      const [stored] = delivered;
      const below = belowTrace(stored!, 2);
      expect(below.startsWith('Subject: cut\r\n') && below.endsWith(`\r\n\r\n${body}`)).toBe(true);
      expect(handedOver(delivered)).toHaveLength(1);
    });

    it('waits while the server is down; then whom it knows gets it, and whom it does not is learned', async () => {
      await office.stop();
      await letter('kept', 'late@example.com');
      await letter('lost one', 'gone@example.com');
      await letter('lost two', 'gone@example.com');
      await until('no attempt fails', async () => {
        const { rows } = await client.messages.list({ states: ['queued'], domain: 'example.com' });
        return (
          ['kept', 'lost one', 'lost two'].every((subject) => rows.some((row) => row.subject === subject)) &&
          rows.some(({ cause }) => cause === 'connection-failed')
        );
      });
      await office.start();
      await released('kept');
      for (const subject of ['lost one', 'lost two']) {
        // Its sender is not shown to be real, so nobody is told.
        const lost = await released(
          subject,
          ({ state, bounce }) => state === 'refused' && bounce?.state === 'suppressed',
        );
        expect(lost.cause).toBe('user-unknown');
      }
      expect(await send(service.smtpPort, ['gone@example.com'], '')).toBe(
        '550 5.7.1 <gone@example.com>... too many failures for this recipient',
      );
      // The server puts it into the mailbox after it has answered.
      expect(handedOver(await office.delivered('late@example.com'))).toHaveLength(1);
    });
  });
});

/** Whether a server that offers STARTTLS can also do it. */
async function canTls({ route }: OfficeServer): Promise<boolean> {
  const asking = run('openssl', ['s_client', '-starttls', 'smtp', '-connect', route, '-brief']);
  asking.child.stdin?.end('QUIT\r\n');
  return asking.then(
    () => true,
    () => false,
  );
}

/**
 * The queue ids that the server gave the messages in a mailbox, one for each time that it was handed one. A server that is stopped
 * between writing a message into the mailbox and forgetting it writes it once more when it starts: that is no doing of ours.
 */
function handedOver(mailbox: Buffer[]): string[] {
  const ids = mailbox.map((message) => {
    const [field = ''] = /^Received: (?:.*\n)(?:[ \t].*\n)*/m.exec(message.toString('latin1')) ?? [];
    const id = /\sid ([\w-]+)/.exec(field)?.[1];
    if (id === undefined) throw new Error(`no queue id in ${field}`);
    return id;
  });
  return [...new Set(ids)];
}

/** OpenSMTPD gives a message the fields it ought to have had; they are never the same twice. */
function withoutMadeUp(content: string): string {
  return content.replace(/^(?:Date|Message-ID): .*\r\n/gm, '');
}

function isDelivered({ state }: MessageDetail): boolean {
  return state === 'delivered';
}

function isPutOff({ allRecipients }: MessageDetail): boolean {
  return allRecipients.some(({ state, attempts }) => state === 'queued' && attempts > 0);
}

function isQueued({ state }: { state: string }): boolean {
  return state === 'queued';
}
