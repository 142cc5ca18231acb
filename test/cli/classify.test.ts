// `mailward classify`: which lines of its input are one reply, and that each gets its answer.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../lab/scratch.ts';

const program = join(import.meta.dirname, '../../src-main/cli/main.ts');

function classified(input: string): { text: string; cause: string }[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'classify', '--json'], {
    input,
    encoding: 'utf8',
    maxBuffer: 8_388_608,
  });
  expect(status, stderr).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; cause: string });
}

describe('mailward classify', () => {
  it('reads a pasted reply of several lines as one, and single lines each by itself', () => {
    const answers = classified(
      [
        '550-Requested action not taken: mailbox unavailable\r',
        '550 invalid DNS MX or A/AAAA resource record\r',
        '452 4.2.2 mailbox full',
        '',
        '550-Transaction failed',
        'Server: 192.0.2.1 No such user',
        '550 done',
      ].join('\n'),
    );
    expect(answers.map(({ cause }) => cause)).toEqual([
      'sender-rejected',
      'mailbox-full',
      'other',
      'user-unknown',
    ]);
    expect(answers[0]?.text).toBe(
      '550-Requested action not taken: mailbox unavailable\n550 invalid DNS MX or A/AAAA resource record',
    );
  });

  it('answers one line a reply in its table, whatever the reply holds', () => {
    const { stdout } = spawnSync(process.execPath, [program, 'classify'], {
      input: '550-5.1.1 User\u001B[31m\n550 5.1.1 unknown\n',
      encoding: 'utf8',
    });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['CAUSE', 'KIND', 'SOFTWARE', 'DECIDED BY', 'REPLY'],
      ['user-unknown', 'permanent', '-', 'text', '550-5.1.1 User\uFFFD[31m 550 5.1.1 unknown'],
    ]);
    // One under the other.
    expect(lines[0]?.indexOf('REPLY')).toBe(lines[1]?.indexOf('550-'));
  });

  it.each([
    ['hello world\n', 2, ['no reply']],
    ['From: <anna@example.net>\n\nDear Bob,\n', 2, ['no reply', 'no reply', 'no reply']],
    ['hello world\n550 5.1.1 unknown\n', 0, ['no reply', 'permanent']],
    ['Relay access denied\n', 0, ['permanent']],
    ['550\n', 0, ['permanent']],
    ['250 2.0.0 Ok: queued\n', 0, ['no refusal']],
    ['', 0, []],
  ])('of %j ends with %i, and takes nothing for a refusal that is none', (input, expected, kinds) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'classify'], {
      input,
      encoding: 'utf8',
    });
    expect(status).toBe(expected);
    const [heading = '', ...rows] = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.slice(heading.indexOf('KIND')).split(/ {2,}/)[0])).toEqual(kinds);
    if (expected === 2) expect(stderr).toContain('that is not a server’s reply');
    else expect(stderr).toBe('');
  });

  it('knows every line end, also where the input comes in pieces, and keeps 1 MiB of a line', () => {
    const long = '550 '.padEnd(3_000_000, 'x');
    const answers = classified(`550 a\r\n550 b\n550 c\r550 d\u2028550 e\n\n${long}\r\n550 f\r`);
    expect(answers.map(({ text }) => text)).toEqual([
      ...['a', 'b', 'c', 'd', 'e'].map((one) => `550 ${one}`),
      '',
      long.slice(0, 1_048_576),
      '550 f',
    ]);
  });

  it('says that its input cannot be read, when it cannot', () => {
    using folder = scratch('classify');
    const unreadable = openSync(join(folder.path, 'input'), 'w');
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'classify'], {
      stdio: [unreadable, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    closeSync(unreadable);
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^mailward: cannot read standard input: /);
  });
});
