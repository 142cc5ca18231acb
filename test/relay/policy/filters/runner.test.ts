// Running filters: side by side, bounded in time, and never to the harm of mail when one is down.
import { systemClock } from '../../../../src-main/clock/watched.ts';
import { FakeClock } from '../../../clock/fake-clock.ts';
import { expect, it } from 'vitest';
import type { FilterName } from '../../../../shared/filters.ts';
import { settingsSchema } from '../../../../shared/settings.ts';
import type {
  FilterReport,
  Filter,
  ClientSubject,
} from '../../../../src-main/relay/policy/filters/filter.ts';
import { Runner } from '../../../../src-main/relay/policy/filters/runner.ts';

const settings = (change: object = {}) => settingsSchema.parse({ filters: change }).filters;
const subject = { address: '192.0.2.1' };
const noDns = () => Promise.reject(new Error('not asked'));

function filter(name: FilterName, ask: () => Promise<FilterReport[]>, server = false): Filter<ClientSubject> {
  return { names: [name], when: 'connect', deadline: 50, server, wanted: () => true, ask };
}
const says = (name: FilterName, result: FilterReport['result'], most?: FilterReport['most']) => () =>
  Promise.resolve([
    { filter: name, result, evidence: [`${name} says ${result}`], ...(most ? { most } : {}) },
  ]);

it('gives each filter its action, and none more than its answer can justify', async () => {
  const results = await new Runner(systemClock).run(
    [
      filter('clamav', says('clamav', 'fail')),
      filter('dmarc', says('dmarc', 'fail', 'tag')),
      filter('rspamd', says('rspamd', 'fail')),
      filter('spf', says('spf', 'pass')),
      filter('arc', says('arc', 'fail')),
    ],
    subject,
    settings({ arc: 'off' }),
    noDns,
  );
  expect(results.map(({ filter: name, action }) => [name, action])).toEqual([
    ['clamav', 'reject'],
    ['dmarc', 'tag'],
    ['rspamd', 'quarantine'],
    ['spf', 'off'],
  ]);
});

it('tells a filter when its time is over, and not that its answer has come', async () => {
  const signals: AbortSignal[] = [];
  const listens = (answers: Promise<FilterReport[]>): Filter<ClientSubject> => ({
    ...filter('rspamd', async () => answers),
    ask: async (_, { signal }) => {
      signals.push(signal);
      return answers;
    },
  });
  const quick = listens(says('rspamd', 'pass')());
  const endless = listens(new Promise(() => undefined));
  await new Runner(systemClock).run([quick, endless], subject, settings(), noDns);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
});

it('goes on without a filter that throws, hangs or is down, counts it, and forgets it when it answers', async () => {
  const runner = new Runner(systemClock);
  let hung: (answers: FilterReport[]) => void = () => undefined;
  const broken = [
    filter('rspamd', () => Promise.reject(new Error('connection refused')), true),
    filter('clamav', () => new Promise((resolve) => (hung = resolve)), true),
    filter('blocklists', () => {
      throw new TypeError('a fault of ours');
    }),
  ];
  const results = await runner.run(broken, subject, settings({ blocklists: 'reject' }), noDns);
  expect(results.map(({ result, action, evidence }) => [result, action, evidence[0]])).toEqual([
    ['could-not-check', 'off', 'connection refused'],
    ['could-not-check', 'off', 'no answer within 0.05 s'],
    ['could-not-check', 'off', 'a fault of ours'],
  ]);
  hung([]);
  await runner.run([broken[0]!], subject, settings(), noDns);
  expect(runner.troubles).toMatchObject([
    { filter: 'rspamd', skipped: 2, words: 'connection refused' },
    { filter: 'clamav', skipped: 1 },
  ]);
  // One unanswered question to DNS says little; three in a row say that something is wrong here.
  for (let turn = 0; turn < 2; turn++) await runner.run([broken[2]!], subject, settings(), noDns);
  expect(runner.troubles[2]).toMatchObject({ filter: 'blocklists', skipped: 3, words: 'a fault of ours' });
  await runner.run([filter('rspamd', says('rspamd', 'pass'))], subject, settings(), noDns);
  expect(runner.troubles.map((trouble) => trouble.filter)).toEqual(['clamav', 'blocklists']);
});

it('leaves a server alone for a while when it let three questions go unanswered', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const runner = new Runner(clock);
  const down = filter('rspamd', () => Promise.reject(new Error(`down ${++asked}`)), true);
  const once = () => runner.run([down], subject, settings(), noDns);
  for (let turn = 0; turn < 5; turn++) await once();
  expect(asked).toBe(3);
  const [rests] = await once();
  expect(rests?.evidence).toEqual(['not asked: down 3']);
  clock.pass(31_000);
  await once();
  expect(asked).toBe(4);
  expect(runner.troubles[0]?.skipped).toBe(7);
});

it('calls no filter broken for what messages are made of', async () => {
  const runner = new Runner(systemClock);
  const costly: Filter<ClientSubject> = filter('dkim', () =>
    Promise.resolve([
      { filter: 'dkim', result: 'could-not-check', ofMessage: true, evidence: ['4,000 signatures'] },
    ]),
  );
  for (let count = 0; count < 5; count++) {
    const [result] = await runner.run([costly], subject, settings(), noDns);
    expect(result).toMatchObject({
      result: 'could-not-check',
      action: 'off',
      evidence: ['4,000 signatures'],
    });
  }
  expect(runner.troubles).toEqual([]);
});
