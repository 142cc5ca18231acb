// The bench itself: it counts what arrived, for every way, and its figures are figures. How large they are is not tested.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { canBeApart } from '../lab/apart.ts';
import { hasInternet, hasMilters, hasPostfix, hasSmtpSource } from '../lab/packages.ts';

const run = promisify(execFile);

interface Report {
  ratio: number;
  others: Record<'large' | 'kept', Record<string, number>>;
  replies: Record<string, { p50: number; p99: number }>;
  memory: Record<string, number>;
  best: Record<string, { rate: number }>;
  runs: { way: string; sessions: number; rate: number; acceptedAfter: number; deliveredAfter: number }[];
}

it.skipIf(!hasPostfix || !hasSmtpSource)('measures Mailward and Postfix under the same load', async () => {
  const bench = join(import.meta.dirname, 'main.ts');
  const args = ['--json', '--rounds', '1', '--messages', '100', '--sessions', '10'];
  const { stdout } = await run(process.execPath, [bench, ...args], {
    env: { ...process.env, MAILWARD_FROM: process.env['MAILWARD_FROM'] ?? 'source' },
  });
  const report = JSON.parse(stdout) as Report;
  expect(report.runs.map(({ way, sessions }) => `${way} ${sessions}`).sort()).toEqual([
    'direct 10',
    'mailward 10',
    'postfix 10',
  ]);
  for (const { rate, acceptedAfter, deliveredAfter } of report.runs) {
    expect(rate).toBeGreaterThan(0);
    expect(deliveredAfter).toBeGreaterThanOrEqual(acceptedAfter);
  }
  for (const rates of Object.values(report.others))
    for (const rate of Object.values(rates)) expect(rate).toBeGreaterThan(0);
  for (const { p50, p99 } of Object.values(report.replies)) expect(p99).toBeGreaterThanOrEqual(p50);
  for (const megabytes of Object.values(report.memory)) expect(megabytes).toBeGreaterThan(1);
  expect(report.ratio).toBeCloseTo(report.best['mailward']!.rate / report.best['postfix']!.rate);
});

it.skipIf(!hasPostfix || !hasSmtpSource || !hasInternet || !hasMilters || !canBeApart)(
  'measures signed mail through Mailward and through Postfix with milters, and each message proves that it was checked',
  async () => {
    const bench = join(import.meta.dirname, 'filters.ts');
    const args = [
      '--json',
      '--without-rspamd',
      '--rounds',
      '1',
      '--messages',
      '40',
      '--sessions',
      '4',
      '--warm',
      '4',
    ];
    const { stdout } = await run(process.execPath, [bench, ...args, '--domains', '2'], {
      env: { ...process.env, MAILWARD_FROM: process.env['MAILWARD_FROM'] ?? 'source' },
    });
    const { runs, compared } = JSON.parse(stdout) as {
      runs: { way: string; checks: string; proven: number; rate: number; processor: number }[];
      compared: { ratio: number; mailward: { rate: number }; postfix: { rate: number } }[];
    };
    expect(runs.map(({ way, checks, proven }) => [way, checks, proven])).toEqual([
      ['postfix', 'authentication', 40],
      ['mailward', 'authentication', 40],
    ]);
    for (const { rate, processor } of runs) {
      expect(rate).toBeGreaterThan(0);
      expect(processor).toBeGreaterThan(0);
    }
    const [one] = compared;
    expect(one?.ratio).toBeCloseTo(one!.mailward.rate / one!.postfix.rate);
  },
);
