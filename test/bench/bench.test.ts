// The bench itself: it counts what arrived, for every way, and its figures are figures. How large they are is not tested.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { hasPostfix, hasSmtpSource } from '../lab/packages.ts';

const run = promisify(execFile);

interface Report {
  ratio: number;
  best: Record<string, { rate: number }>;
  runs: { way: string; sessions: number; rate: number; acceptedAfter: number; deliveredAfter: number }[];
}

it.skipIf(!hasPostfix || !hasSmtpSource)('measures Mailward and Postfix under the same load', async () => {
  const bench = join(import.meta.dirname, 'main.ts');
  const args = ['--json', '--rounds', '1', '--messages', '100', '--sessions', '10,20'];
  const { stdout } = await run(process.execPath, [bench, ...args], {
    env: { ...process.env, MAILWARD_FROM: process.env['MAILWARD_FROM'] ?? 'source' },
  });
  const report = JSON.parse(stdout) as Report;
  expect(report.runs.map(({ way, sessions }) => `${way} ${sessions}`).sort()).toEqual(
    ['direct 10', 'direct 20', 'mailward 10', 'mailward 20', 'postfix 10', 'postfix 20'].sort(),
  );
  for (const { rate, acceptedAfter, deliveredAfter } of report.runs) {
    expect(rate).toBeGreaterThan(0);
    expect(deliveredAfter).toBeGreaterThanOrEqual(acceptedAfter);
  }
  expect(report.ratio).toBeCloseTo(report.best['mailward']!.rate / report.best['postfix']!.rate);
});
