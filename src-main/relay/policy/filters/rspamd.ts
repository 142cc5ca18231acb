// Rspamd, over HTTP: the message goes to its normal worker, which says what it would do and why.
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { z } from 'zod';
import {
  plainWords,
  type FilterReport,
  type FilterContext,
  type Filter,
  type MessageSubject,
} from './filter.ts';

const MOST_ANSWER = 1_048_576;

/** What we use of `/checkv2`'s answer (docs.rspamd.com, "Rspamd HTTP protocol"). */
const answerSchema = z.object({
  action: z.string(),
  score: z.number(),
  required_score: z.number().optional(),
  is_skipped: z.boolean().optional(),
  symbols: z
    .record(z.string(), z.object({ score: z.number().optional(), description: z.string().optional() }))
    .optional(),
});

export class Rspamd implements Filter<MessageSubject> {
  readonly names = ['rspamd'] as const;
  readonly when = 'data';
  readonly deadline = 10_000;
  readonly server = true;

  wanted({ rspamd, rspamdUrl }: FilterContext['settings']): boolean {
    return rspamd !== 'off' && rspamdUrl !== '';
  }

  async ask(subject: MessageSubject, { settings, signal }: FilterContext): Promise<FilterReport[]> {
    return readAnswer(await post(new URL('checkv2', withSlash(settings.rspamdUrl)), subject, signal));
  }
}

/** What Rspamd's answer means. Throws when it is none. */
export function readAnswer(text: string): FilterReport[] {
  const read = answerSchema.safeParse(parse(text));
  if (!read.success) throw new Error(`Rspamd answered something else: ${text.slice(0, 100)}`);
  const { action, score, required_score: required, symbols, is_skipped: skipped } = read.data;
  const worst = Object.entries(symbols ?? {})
    .map(([name, symbol]) => ({ name, score: symbol.score ?? 0, words: symbol.description ?? '' }))
    .filter((symbol) => symbol.score !== 0)
    .sort((a, b) => Math.abs(b.score) - Math.abs(a.score))
    .slice(0, 10)
    .map((symbol) => `${symbol.name} ${symbol.score}${symbol.words === '' ? '' : `: ${symbol.words}`}`);
  const evidence = [
    `Rspamd would ${action === 'no action' ? 'let it pass' : action}: score ${score}${required === undefined ? '' : ` of ${required}`}`,
    ...worst,
  ];
  // A test message that it knows (GTUBE) is "skipped" too, and has an action all the same.
  if (skipped === true && action === 'no action')
    return [{ filter: 'rspamd', result: 'not-applicable', evidence: ['Rspamd skipped it'] }];
  switch (action) {
    case 'reject':
    case 'quarantine':
      return [{ filter: 'rspamd', result: 'fail', evidence }];
    case 'add header':
    case 'rewrite subject':
      return [{ filter: 'rspamd', result: 'fail', most: 'tag', evidence }];
    default:
      // "greylist" and "soft reject" ask for delay, which costs the office more than it gains here.
      return [{ filter: 'rspamd', result: 'pass', evidence }];
  }
}

async function post(url: URL, subject: MessageSubject, signal: AbortSignal): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request: ClientRequest = send(
      url,
      {
        method: 'POST',
        signal,
        agent: false,
        headers: {
          'Content-Type': 'message/rfc822',
          'Content-Length': subject.content.length,
          IP: subject.address,
          Helo: plainWords(subject.helo),
          From: plainWords(subject.sender),
          Rcpt: subject.recipients.map((one) => plainWords(one)),
          'Queue-Id': subject.id,
        },
      },
      (response) => {
        read(response).then(
          (text) => {
            if (response.statusCode === 200) resolve(text);
            else reject(new Error(`Rspamd answered ${response.statusCode ?? 0}: ${text.slice(0, 100)}`));
          },
          (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
        );
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`Rspamd at ${url.host} cannot be asked: ${error.code ?? error.message}`)),
    );
    request.end(subject.content);
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response) {
    const buffer = part as Buffer;
    size += buffer.length;
    if (size > MOST_ANSWER) throw new Error('Rspamd’s answer has no end');
    parts.push(buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
