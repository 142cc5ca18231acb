// A server that limits its clients, as Postfix really does, with a short unit of time. The true minute: pace.long.test.ts.
import { describe, expect, it } from 'vitest';
import { hasPostfix } from '../lab/packages.ts';
import { figuresLine, measurePace, type PacingRun } from './pacing.ts';

const runs: PacingRun[] = [
  { counted: 'message', limit: 40, unit: 3, messages: 480, recipientsEach: 1, within: 150_000 },
  { counted: 'recipient', limit: 120, unit: 3, messages: 360, recipientsEach: 4, within: 150_000 },
  { counted: 'connection', limit: 40, unit: 3, messages: 480, recipientsEach: 1, within: 150_000 },
];

describe.skipIf(!hasPostfix)('a Postfix with a limit', () => {
  // Side by side: what they wait for is windows of time, not the processor.
  it.concurrent.each(runs)(
    'with $counted limits: everything arrives, close to the limit, with few refusals',
    async (run) => {
      const figures = await measurePace(run);
      process.stdout.write(`${figuresLine(run, figures)}\n`);
      expect(figures.arrived).toBe(run.messages * run.recipientsEach);
      expect(figures.duplicates).toBe(0);
      // Nine tenths are asked for where windows last a minute (pace.long.test.ts). Of three seconds, a try that comes a moment
      // late on a busy machine costs some percent.
      expect(figures.used).toBeGreaterThanOrEqual(0.8);
      expect(figures.deferred).toBeLessThan(0.05);
      expect(figures.learned).not.toBeNull();
    },
  );
});
