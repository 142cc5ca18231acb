// The bench itself: it counts what arrived, for every way, and its figures are figures. How large they are is not tested.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { hasPostfix, hasSmtpSource } from '../lab/packages.ts';

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
