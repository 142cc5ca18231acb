// Which lines of pasted text are one reply.
import { describe, expect, it } from 'vitest';
import { repliesIn } from '../../../shared/replies/pasted.ts';

async function replies(...lines: string[]): Promise<string[]> {
  const found: string[] = [];
  // eslint-disable-next-line @typescript-eslint/require-await -- lines come from a stream
  const source = (async function* () {
    yield* lines;
  })();
  for await (const reply of repliesIn(source)) found.push(reply);
  return found;
}

describe('pasted replies', () => {
  it('are one a line, empty lines too, unless a line says that the reply goes on', async () => {
    expect(await replies('550 5.1.1 User unknown', '', 'no such user', '250-ok', '250 done')).toEqual([
      '550 5.1.1 User unknown',
      '',
      'no such user',
      '250-ok\n250 done',
    ]);
  });

  it('are one over CRLF, over lines without a code, and out of transcripts', async () => {
    for (const lines of [
      ['550-first\r', '550-second\r', '550 last\r'],
      ['554-Transaction failed', 'Server: 192.0.2.1 No such user', '', '554 done'],
      ['<<< 550-5.7.1 first', '<<< 550 5.7.1 last'],
      ['S: 421-4.7.0 first', 'S: 421 4.7.0 last'],
      ['host mx.example.com said: 550-first', '    550 last (in reply to RCPT TO command)'],
      ['550-first', '550'],
    ]) {
      expect(await replies(...lines), lines[0]).toEqual([lines.join('\n').replaceAll('\r', '')]);
    }
  });

  it('keeps a reply that somebody joined to one line apart from the next', async () => {
    const joined = '550-5.1.1 the account does not exist 550 5.1.1 try another';
    expect(await replies(joined, joined)).toEqual([joined, joined]);
  });

  it('ends a reply that never ended where another begins, and gives back what was not surely its own', async () => {
    expect(await replies('550-first', '421-other', '421 end')).toEqual(['550-first', '421-other\n421 end']);
    expect(await replies('550-5.1.1 a', '550-5.7.1 b')).toEqual(['550-5.1.1 a', '550-5.7.1 b']);
    expect(await replies('550-first', '550-second', 'no such user', 'mailbox full')).toEqual([
      '550-first\n550-second',
      'no such user',
      'mailbox full',
    ]);
  });

  it('holds no more of a reply than is read', async () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `550-line ${index}`);
    const found = await replies(...lines);
    expect(found.length).toBeGreaterThan(5);
    expect(Math.max(...found.map(({ length }) => length))).toBeLessThan(9_000);
    expect(found.join('\n')).toBe(lines.join('\n'));
  });
});
