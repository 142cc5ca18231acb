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
    'with $counted limits: everything arrives, the limit is found, and few are refused',
    async (run) => {
      const figures = await measurePace(run);
      process.stdout.write(`${figuresLine(run, figures)}\n`);
      expect(figures.arrived).toBe(run.messages * run.recipientsEach);
      expect(figures.duplicates).toBe(0);
      // How much of the limit was used is a question of time, which a busy machine does not have in windows of three seconds:
      // pace.long.test.ts asks for nine tenths where they last a minute, relay/smtp/pace.test.ts on a clock of its own.
      expect(figures.deferred).toBeLessThan(0.1);
      expect(figures.learned).not.toBeNull();
    },
  );
});
