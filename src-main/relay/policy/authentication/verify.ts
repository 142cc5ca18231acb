// Asks the library mailauth about one message, within bounds: SPF, DKIM, ARC and DMARC as its `authenticate` does it.
import { isIP } from 'node:net';
import type { ARCResult, DKIMResult, DMARCResult, SPFResult } from 'mailauth';
// Not from the library's index, which loads twice as much.
import { arc } from 'mailauth/lib/arc/index.js';
import { DkimVerifier, type VerifierOptions } from 'mailauth/lib/dkim/dkim-verifier.js';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { spf } from 'mailauth/lib/spf/index.js';
import type { Resolve } from '../../resolver.ts';
import { headerEnd } from '../filters/results-header.ts';
import { readFields } from './header-fields.ts';
import { keyCache } from './keys.ts';
import { choose, hasLongGap, type Chosen } from './signatures.ts';
import type { SpfOf } from './spf-results.ts';

/** DNS questions that one message may have asked for SPF and signatures, and for DMARC. SPF's own limits come to a hundred and some. */
const MOST_QUESTIONS = 200;
/** Octets of a TXT record that is read. A key of 16,384 bits takes under 3,000. */
const LONGEST_RECORD = 8_192;

/** The library's verifier, but for how the header section is read, and how much of it is shown to it. */
class Verifier extends DkimVerifier {
  chosen: Chosen = choose(readFields(Buffer.alloc(0)));

  constructor(options: VerifierOptions) {
    super(options);
    this.keyCache = keyCache(options.resolver);
    this.arc.keyCache = this.keyCache;
  }

  /** All of a message that has no bare line feeds: the library's stream would look at each octet of it some times. */
  async read(content: Buffer): Promise<void> {
    const end = headerEnd(content);
    if (end < 0) this.headerChunks.push(content);
    else {
      const body = end + 2;
      await this.emitHeaders(content.subarray(0, body));
      if (body < content.length) await this.nextChunk(content.subarray(body));
    }
    await this.finish();
  }

  override async emitHeaders(chunk?: Buffer): Promise<void> {
    this.state = 'body';
    if (chunk) this.headerChunks.push(chunk);
    const whole = readFields(Buffer.concat(this.headerChunks));
    this.chosen = choose(whole);
    await this.messageHeaders(this.chosen.section);
    // What a signature covers is looked for in all of it.
    this.headers = whole;
  }
}

/** Reads the message in one go: in the library's own pieces a body of one long line would be read once for each of them. */
async function verify(content: Buffer, options: VerifierOptions): Promise<Verifier> {
  const verifier = new Verifier(options);
  if (hasBareLineFeed(content)) {
    await new Promise<void>((resolve, reject) => {
      verifier.on('finish', resolve);
      verifier.on('error', reject);
      verifier.end(content);
    });
  } else await verifier.read(content);
  return verifier;
}

function hasBareLineFeed(content: Buffer): boolean {
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1))
    if (content[at - 1] !== 13) return true;
  return false;
}

/** Who sends. */
export interface SmtpClient {
  ip: string;
  helo: string;
  /** Reverse-path; empty for the null sender. */
  sender: string;
  /** Our own name. */
  mta: string;
}

export interface Findings {
  spf: SPFResult;
  dkim: DKIMResult[];
  arc: ARCResult;
  dmarc: DMARCResult | false;
  /** Why DMARC could not be evaluated. */
  dmarcSkipReason: string | undefined;
  chosen: Chosen;
}

type Resolver = (name: string, type: string) => Promise<string[][] | string[]>;

/**
 * Everything that the filters ask. Follows each RFC to the letter (the library's strict mode).
 * @param spfOf may know SPF's result from another message.
 */
export async function authenticate(
  content: Buffer,
  client: SmtpClient,
  resolve: Resolve,
  spfOf: SpfOf = async (_client, asked, evaluate) => evaluate(asked),
): Promise<Findings> {
  const helo = client.helo === '' ? client.ip : client.helo;
  const asked = { ...client, helo: isIP(helo) === 0 ? helo : `[${helo}]` };
  const count = { questions: 0 };
  const resolver = bounded(resolve, count);
  // SPF needs nothing of the content: its questions go out with those of the signatures.
  const [spfResult, verified] = await Promise.all([
    spfOf(asked, resolve, async (its) => spf({ ...asked, resolver: bounded(its, count), strict: true })),
    verify(content, { resolver, strict: true }),
  ]);
  const { chosen, results, headerFrom, fromFields } = verified;
  const byArc = await arc(verified.arc, { resolver, strict: true, ip: client.ip });
  const { response, reason } = await evaluateDmarc({
    headerFrom,
    fromFields,
    spfDomains: spfResult.status.result === 'pass' ? [spfResult.domain] : [],
    dkimDomains: results.flatMap(({ id, signingDomain, status: { result, aligned, underSized } }) =>
      result === 'pass' && id !== undefined && signingDomain !== undefined
        ? [
            {
              id,
              domain: signingDomain,
              ...(aligned === undefined ? {} : { aligned }),
              ...(underSized === undefined ? {} : { underSized }),
            },
          ]
        : [],
    ),
    arcResult: byArc,
    // What was asked before leaves as many questions for this: nobody gets past DMARC by asking much.
    resolver: bounded(resolve),
    strict: true,
  });
  return {
    spf: spfResult,
    dkim: results,
    arc: byArc,
    dmarc: response,
    dmarcSkipReason: reason,
    chosen,
  };
}

/** What a bounce rests on: SPF, and DKIM as lenient as the library is by default. */
export async function authenticateSender(
  content: Buffer,
  client: SmtpClient,
  resolve: Resolve,
  longest: number,
): Promise<{ spf: string; dkim: DKIMResult[] }> {
  const resolver = bounded(resolve);
  const [bySpf, verified] = await Promise.all([
    spf({ ...client, resolver, maxElapsedTime: longest }),
    verify(content, { resolver }),
  ]);
  // Its types leave out what it answers for a sender that has no domain.
  const result = ((bySpf as typeof bySpf | false) || null)?.status.result ?? 'none';
  return { spf: result, dkim: verified.results };
}

/** A resolver that ends when a message asks too much, and shows no record that is too long to be one of those that are asked for. */
function bounded(resolve: Resolve, count = { questions: 0 }): Resolver {
  return async (name, type) => {
    if (++count.questions > MOST_QUESTIONS)
      throw new Error(`it asks more than ${MOST_QUESTIONS} questions of DNS`);
    const answer = (await resolve(name, type)) as string[][] | string[];
    if (type !== 'TXT') return answer;
    return (answer as string[][]).filter((strings) => {
      const text = strings.join('');
      return text.length <= LONGEST_RECORD && !hasLongGap(text);
    });
  };
}
