// A server that limits its clients, with Postfix's own unit of time: 60 seconds.
import { describe, expect, it } from 'vitest';
import { hasPostfix } from '../lab/packages.ts';
import { figuresLine, measurePace, type PacingRun } from './pacing.ts';

const runs: PacingRun[] = [
  { counted: 'message', limit: 60, unit: 60, messages: 360, recipientsEach: 1, within: 600_000 },
  { counted: 'recipient', limit: 200, unit: 60, messages: 300, recipientsEach: 4, within: 600_000 },
  { counted: 'connection', limit: 60, unit: 60, messages: 360, recipientsEach: 1, within: 600_000 },
];

describe.skipIf(!hasPostfix)('a Postfix with a limit a minute', () => {
  // Side by side: what they wait for is minutes, not the processor.
  it.concurrent.each(runs)(
    'with $counted limits: everything arrives, at nine tenths of the limit or more, with few refusals after the first minute',
    { timeout: 900_000 },
    async (run) => {
      const figures = await measurePace(run);
      process.stdout.write(`${figuresLine(run, figures)}\n`);
      expect(figures.arrived).toBe(run.messages * run.recipientsEach);
      expect(figures.duplicates).toBe(0);
      expect(figures.used).toBeGreaterThanOrEqual(0.9);
      expect(figures.deferred).toBeLessThan(0.05);
      expect(figures.learned).not.toBeNull();
    },
  );
});
