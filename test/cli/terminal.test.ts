// What strangers say is shown on a terminal, and never obeyed by it: in every command, as text, as JSON and in exports.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../src-main/cli/terminal.ts';
import { plain } from '../../shared/unseen.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from '../engine/engine-under-test.ts';

const program = join(import.meta.dirname, '../../src-main/cli/main.ts');
/** Of all that a terminal obeys only line ends and tabs may come out. */
const obeyed = /[^\P{Cc}\n\r\t]|[\p{Cf}\p{Zl}\p{Zp}]/u;
/** Sets the window's title; clears the screen, by a C1 control; writes from right to left. */
const hostile = '\x1b]0;owned\x07 \u009b2J \u202e no such user \x7f';

describe('text from outside', () => {
  it('has no control character, nothing unseen and no line end left, and the rest as it was', () => {
    expect(plain(`a\x1b[31mb\u009bc\r\nd\u202ee\tf Zürich 中文`)).toBe(
      'a\ufffd[31mb\ufffdc\ufffd\ufffdd\ufffde\tf Zürich 中文',
    );
  });

  it('is the same value as JSON, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = toJson({ text });
        expect(json).not.toMatch(/[^\x20-\x7e\u{a0}-\u{10ffff}]/u);
        expect(json).not.toMatch(obeyed);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ text })));
      }),
    );
  });
});

describe('a server that speaks to the terminal', () => {
  it('is heard by none of the commands that show its words', { timeout: 600_000 }, async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => `550 5.1.1 ${Buffer.from(hostile).toString('latin1')}`;
    await using mailward = await EngineUnderTest.start();
    const { settings } = mailward.engine;
    settings.set({ ...settings.get(), recipients: { ...settings.get().recipients, ask: false } });
    await mailward.protect('example.com', office.port);
    const refused = await mailward.send('bob@example.com', `Subject: ${hostile}\r\n\r\nx\r\n`);
    await mailward.reaches(refused, 'refused');
    office.temper.rcpt = () => `554 5.7.1 Relay access denied ${Buffer.from(hostile).toString('latin1')}`;
    settings.set({ ...settings.get(), autoHold: { ...settings.get().autoHold, deniedMessages: 1 } });
    await mailward.send('eve@example.com');
    await until(
      'the domain to be held',
      async () => (await mailward.client.domains.list())[0]?.mode.name === 'hold',
    );
    await mailward.engine.close();
    for (const args of [
      ['status'],
      ['domain', 'show', 'example.com'],
      ['domain', 'list'],
      ['queue', 'list'],
      ['queue', 'show', refused],
      ['log'],
      ['log', 'export'],
      ['recipients', 'list'],
      ['recipients', 'export'],
      ['domain', 'show', `exa\x1b[2Jmple.com`],
    ]) {
      for (const more of [[], ['--json']]) {
        const { stdout, stderr } = spawnSync(
          process.execPath,
          [program, ...args, ...more, '--data', mailward.dataDir],
          { encoding: 'utf8' },
        );
        expect(stdout + stderr, `${args.join(' ')} ${more.join('')}`).not.toBe('');
        expect(stdout, `${args.join(' ')} ${more.join('')}`).not.toMatch(obeyed);
        expect(stderr, `${args.join(' ')} ${more.join('')}`).not.toMatch(obeyed);
      }
    }
    await mailward.open();
  });
});
