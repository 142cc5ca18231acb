// Running checks: side by side, each to its deadline, and never a guess for an answer.
import { describe, expect, it } from 'vitest';
import type { Check } from '../../src-main/probes/check.ts';
import { CouldNotCheck, fine, NotApplicable, wrong } from '../../src-main/probes/check.ts';
import { runChecks } from '../../src-main/probes/runner.ts';
import type { Target } from '../../src-main/probes/target.ts';
import type { Finding } from '../../shared/finding.ts';
import { settingsSchema } from '../../shared/settings.ts';

const settings = settingsSchema.parse({}).probes;
const target: Target = {
  domain: 'example.com',
  destinations: [],
  relay: null,
  selectors: [],
  formerMx: [],
  expiresAt: null,
};

function check(name: string, run: Check['run'], more: Partial<Check> = {}): Check {
  return {
    name,
    title: name,
    area: 'dns',
    leg: 'inbound',
    question: 'Is it so?',
    needs: ['domain'],
    deadlineMs: 1000,
    findings: { yes: fine('It is so.'), no: wrong('urgent', 'It is not so.') },
    run,
    ...more,
  };
}

const says = (name: string, code: 'yes' | 'no', more: Partial<Check> = {}): Check =>
  check(
    name,
    ({ report }) => {
      report(code, { summary: `${name} says ${code}` });
      return Promise.resolve();
    },
    more,
  );

async function run(...checks: Check[]): Promise<Finding[]> {
  return runChecks({ checks, target, settings, onFinding: () => undefined });
}

/** Keeps this process from looking for so long, then gives it a moment. */
async function holdUp(ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 5));
}

const short = (found: Finding[]) => found.map(({ check: name, state, summary }) => [name, state, summary]);

describe('a run of checks', () => {
  it('gives findings as they come, and all of them at the end', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const seen: string[] = [];
    const slow = check('slow', async ({ report }) => {
      await gate;
      report('no', { summary: 'slow says no' });
    });
    const found = await runChecks({
      checks: [slow, says('quick', 'yes')],
      target,
      settings,
      onFinding: (finding) => {
        seen.push(finding.check);
        open();
      },
    });
    expect(seen).toEqual(['quick', 'slow']);
    expect(short(found)).toEqual([
      ['quick', 'ok', 'quick says yes'],
      ['slow', 'problem', 'slow says no'],
    ]);
    expect(found[1]?.severity).toBe('urgent');
  });

  it('asks what several checks want to know once', async () => {
    let asked = 0;
    const both = (name: string) =>
      check(name, async ({ world, report }) => {
        const answer = await world.once('the question', () => Promise.resolve(++asked));
        report('yes', { summary: String(answer) });
      });
    const found = await run(both('one'), both('two'));
    expect(found.map(({ summary }) => summary)).toEqual(['1', '1']);
  });

  it('needs a relay where the check is about one', async () => {
    const found = await run(says('relay', 'yes', { needs: ['relay'] }));
    expect(found.map(({ state }) => state)).toEqual(['not-applicable']);
  });
});

describe('never wrong about not knowing', () => {
  it('keeps what was found before the deadline, and could not check the rest', async () => {
    const endless = check(
      'endless',
      async ({ report, signal }) => {
        report('yes', { subject: 'first', summary: 'the first is fine' });
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        report('no', { subject: 'second', summary: 'too late to be said' });
      },
      { deadlineMs: 20 },
    );
    expect(short(await run(endless))).toEqual([
      ['endless', 'ok', 'the first is fine'],
      ['endless', 'could-not-check', 'No answer within 0.02 seconds.'],
    ]);
  });

  it('waits longer where it was this process that was late', async () => {
    const held = check(
      'held',
      async ({ report }) => {
        for (let n = 0; n < 3; n++) await holdUp(450);
        report('yes', { summary: 'it is so' });
      },
      { deadlineMs: 1_000 },
    );
    const found = await run(held);
    expect(short(found)).toEqual([['held', 'ok', 'it is so']]);
    expect(found[0]?.tookMs).toBeGreaterThan(1_000);
  });

  it('but not for ever', async () => {
    let rounds = 0;
    const silent = check(
      'silent',
      async ({ signal }) => {
        for (; !signal.aborted; rounds++) await holdUp(250);
      },
      { deadlineMs: 200 },
    );
    expect(short(await run(silent))).toEqual([
      ['silent', 'could-not-check', 'No answer within 0.2 seconds.'],
    ]);
    // Of each round only a small part was ours to look in; three times the deadline is the end all the same.
    expect(rounds).toBeLessThan(5);
  });

  it('says why it could not, why it does not apply, and when the fault is our own', async () => {
    const fails = (name: string, error: Error) => check(name, () => Promise.reject(error));
    const found = await run(
      fails('network', new CouldNotCheck('No network.')),
      fails('moot', new NotApplicable('The domain takes no mail.')),
      fails('bug', new TypeError('x is not a function')),
      check('silent', () => Promise.resolve()),
    );
    expect(short(found)).toEqual(
      expect.arrayContaining([
        ['network', 'could-not-check', 'No network.'],
        ['moot', 'not-applicable', 'The domain takes no mail.'],
        ['bug', 'could-not-check', 'The check itself failed: x is not a function'],
        ['silent', 'could-not-check', 'The check ended without an answer.'],
      ]),
    );
  });

  it('does not show what a forger in between may have said', async () => {
    const forger = says('interception', 'no');
    const found = await run(says('mx', 'yes', { spoiledBy: ['interception'] }), forger);
    expect(short(found)).toEqual([
      ['interception', 'problem', 'interception says no'],
      ['mx', 'could-not-check', 'Answers to this cannot be trusted here: interception says no'],
    ]);
    const clean = await run(says('mx', 'yes', { spoiledBy: ['interception'] }), says('interception', 'yes'));
    expect(clean.map(({ state }) => state)).toEqual(['ok', 'ok']);
  });

  it('ends when the run is given up', async () => {
    const stop = new AbortController();
    const waiting = check('waiting', async () => {
      stop.abort();
      await new Promise(() => undefined);
    });
    const found = await runChecks({
      checks: [waiting],
      target,
      settings,
      onFinding: () => undefined,
      signal: stop.signal,
    });
    expect(found.map(({ state }) => state)).toEqual(['could-not-check']);
  });
});
