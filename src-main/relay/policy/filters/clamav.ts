// ClamAV, over clamd's socket: the message is streamed to it (clamd(8), INSTREAM), and it names what it finds.
import { connect, type Socket } from 'node:net';
import type { FilterReport, FilterContext, Filter, MessageSubject } from './filter.ts';

const CHUNK = 65_536;
const MOST_ANSWER = 4096;

export class ClamAv implements Filter<MessageSubject> {
  readonly names = ['clamav'] as const;
  readonly when = 'data';
  readonly deadline = 30_000;
  readonly server = true;

  wanted({ clamav, clamavAddress }: FilterContext['settings']): boolean {
    return clamav !== 'off' && clamavAddress !== '';
  }

  async ask({ content }: MessageSubject, { settings, signal }: FilterContext): Promise<FilterReport[]> {
    const answer = await scan(settings.clamavAddress, content, signal);
    if (answer === 'stream: OK')
      return [{ filter: 'clamav', result: 'pass', evidence: ['ClamAV found nothing'] }];
    const found = /^stream: (.+) FOUND$/.exec(answer)?.[1];
    // "INSTREAM size limit exceeded. ERROR" and its like: clamd could not look at it.
    if (found === undefined) throw new Error(`clamd answered "${answer.slice(0, 200)}"`);
    const guess = /^(Heuristics|PUA)\./.test(found);
    return [
      {
        filter: 'clamav',
        result: 'fail',
        evidence: [`ClamAV found ${found}`],
        ...(guess ? { most: 'quarantine' as const } : {}),
      },
    ];
  }
}

async function scan(where: string, content: Buffer, signal: AbortSignal): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const socket = open(where);
    let answer = '';
    const end = (error: Error | null) => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      if (error) reject(error);
      else resolve(answer.replace(/\0[\s\S]*$/, '').trim());
    };
    const stop = () => end(new Error('no answer in time'));
    signal.addEventListener('abort', stop);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.includes('\0') || answer.length > MOST_ANSWER) end(null);
    });
    socket.on('end', () =>
      end(answer === '' ? new Error('clamd closed the connection without an answer') : null),
    );
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // clamd stops reading past its size limit, and says so before it goes.
      if (answer !== '') end(null);
      else end(new Error(`clamd at ${where} cannot be asked: ${error.code ?? error.message}`));
    });
    socket.once('connect', () => feed(socket, content));
  });
}

function feed(socket: Socket, content: Buffer): void {
  let at = 0;
  const more = () => {
    while (at < content.length && !socket.destroyed) {
      const piece = content.subarray(at, at + CHUNK);
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32BE(piece.length);
      socket.write(length);
      at += piece.length;
      if (!socket.write(piece)) {
        socket.once('drain', more);
        return;
      }
    }
    if (!socket.destroyed) socket.write(Buffer.alloc(4));
  };
  socket.write('zINSTREAM\0');
  more();
}

function open(where: string): Socket {
  if (where.startsWith('/')) return connect({ path: where });
  const colon = where.lastIndexOf(':');
  return connect({
    host: where.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(where.slice(colon + 1)),
  });
}
