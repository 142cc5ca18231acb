// What checks found, kept: since when it has been so, what it was before, and a history that a chart can show.
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { latestSchema, MOST_POINTS } from '../../shared/check-run.ts';
import type { Finding } from '../../shared/finding.ts';
import { gravityOf, healthOf } from '../../shared/state.ts';
import { openDatabase, type Database } from '../../src-main/storage/database.ts';
import { scratch, type Scratch } from '../lab/scratch.ts';

const domain = 'example.com';
let folder: Scratch;
let db: Database;

beforeEach(async () => {
  folder = scratch('db');
  db = await openDatabase(`${folder.path}/mailward.db`);
});
afterEach(async () => {
  await db.close();
  folder[Symbol.dispose]();
});

const states: Record<string, Pick<Finding, 'state' | 'severity'>> = {
  fine: { state: 'ok', severity: null },
  differs: { state: 'problem', severity: 'urgent' },
  listed: { state: 'problem', severity: 'attention' },
  'could-not-check': { state: 'could-not-check', severity: null },
  'not-applicable': { state: 'not-applicable', severity: null },
};

function finding(at: number, code: string, subject = '', facts: Finding['facts'] = {}): Finding {
  return {
    check: 'mx',
    code,
    subject,
    ...states[code]!,
    summary: `${code} at ${at}`,
    evidence: [{ asked: 'MX example.com', of: 'ns1.example.com', at, answer: `the answer of ${at}` }],
    facts,
    at,
    tookMs: 5,
  };
}

/** One run of the check at a time, with codes by subject. */
async function run(at: number, ...found: ([code: string, subject: string] | string)[]) {
  return db.write('keepRun', {
    domain,
    check: 'mx',
    at,
    endedAt: at + 10,
    findings: found.map((one) => (typeof one === 'string' ? finding(at, one) : finding(at, one[0], one[1]))),
  });
}

const current = async () =>
  (await db.read('latestFindings', domain)).findings.map(({ code, subject, since, runs }) => [
    code,
    subject,
    since,
    runs,
  ]);

describe('since when', () => {
  it('counts from the first run that found it so, and keeps the evidence of then and of now', async () => {
    await run(100, 'fine');
    await run(200, 'differs');
    const said = await run(300, 'differs');
    expect(said).toEqual([{ subject: '', code: 'differs', state: 'problem', since: 200, lastAt: 300 }]);
    expect(await current()).toEqual([['differs', '', 200, 2]]);
    const [latest] = (await db.read('latestFindings', domain)).findings;
    expect(latest?.evidence[0]?.answer).toBe('the answer of 300');
    const { periods } = await db.read('findingHistory', {
      domain,
      check: 'mx',
      subject: null,
      from: 0,
      to: 999,
    });
    expect(
      periods.map(({ code, since, lastAt, evidence }) => [code, since, lastAt, evidence[0]?.answer]),
    ).toEqual([
      ['differs', 200, 300, 'the answer of 200'],
      ['fine', 100, 100, 'the answer of 100'],
    ]);
  });

  it('goes on over a run that could not check, and begins anew after one that found otherwise', async () => {
    await run(100, ['differs', 'ns1'], ['fine', 'ns2']);
    await run(200, 'could-not-check');
    expect(await current()).toEqual([['could-not-check', '', 200, 1]]);
    await run(300, ['differs', 'ns1'], ['could-not-check', 'ns2']);
    await run(400, ['differs', 'ns1'], ['fine', 'ns2']);
    expect(await current()).toEqual([
      ['differs', 'ns1', 100, 3],
      ['fine', 'ns2', 100, 2],
    ]);
    await run(500, ['fine', 'ns1'], ['fine', 'ns2']);
    await run(600, ['differs', 'ns1'], ['fine', 'ns2']);
    expect(await db.read('findingsSince', { domain, check: 'mx', subject: 'ns1' })).toEqual([
      { subject: 'ns1', code: 'differs', state: 'problem', since: 600, lastAt: 600 },
    ]);
  });

  it('ends with a run that does not mention the subject any more', async () => {
    await run(100, ['listed', 'zen.example']);
    await run(200, 'fine');
    expect(await current()).toEqual([['fine', '', 200, 1]]);
    await run(300, ['listed', 'zen.example']);
    expect(await current()).toEqual([['listed', 'zen.example', 300, 1]]);
  });

  it('is kept for each domain and each check by itself, over a restart', async () => {
    await run(100, 'differs');
    await db.write('keepRun', {
      domain: 'example.org',
      check: 'mx',
      at: 150,
      endedAt: 160,
      findings: [finding(150, 'fine')],
    });
    await db.close();
    db = await openDatabase(`${folder.path}/mailward.db`);
    await run(200, 'differs');
    expect(await current()).toEqual([['differs', '', 100, 2]]);
    expect((await db.read('latestFindings', 'example.org')).findings).toHaveLength(1);
    expect((await db.read('latestFindings', 'example.net')).findings).toEqual([]);
  });
});

describe('the past that checks are given', () => {
  it('is newest first, about one subject or all, with the facts as they were last', async () => {
    for (const [at, banner] of [
      [100, 'old'],
      [200, 'older words'],
    ] as const)
      await db.write('keepRun', {
        domain,
        check: 'mx',
        at,
        endedAt: at,
        findings: [finding(at, 'fine', 'mail.example.com', { banner })],
      });
    await run(300, ['differs', 'mail.example.com'], ['fine', 'other']);
    const about = (subject: string | null) =>
      db.read('pastFindings', { domain, check: 'mx', subject, limit: 10 });
    expect((await about('mail.example.com')).map(({ code, at, facts }) => [code, at, facts])).toEqual([
      ['differs', 300, {}],
      ['fine', 200, { banner: 'older words' }],
    ]);
    expect(await about(null)).toHaveLength(3);
  });
});

describe('history', () => {
  it('has a point for each run while they fit into a chart', async () => {
    await run(100, 'fine');
    await run(200, ['differs', 'ns1'], ['listed', 'ns2']);
    await run(300, 'could-not-check');
    const { points } = await db.read('findingHistory', {
      domain,
      check: 'mx',
      subject: null,
      from: 0,
      to: 1000,
    });
    // Of several findings in one run the worst stands for it.
    expect(points.map(({ at, code, severity, runs }) => [at, code, severity, runs])).toEqual([
      [100, 'fine', null, 1],
      [200, 'differs', 'urgent', 1],
      [300, 'could-not-check', null, 1],
    ]);
    const one = await db.read('findingHistory', { domain, check: 'mx', subject: 'ns2', from: 0, to: 1000 });
    expect(one.points.map(({ at, code }) => [at, code])).toEqual([
      [200, 'listed'],
      [300, 'could-not-check'],
    ]);
  });

  it('takes for the worst of a run what every screen takes for it', async () => {
    const codes = Object.keys(states);
    for (const one of codes)
      for (const other of codes) {
        await run(100, [one, 'ns1'], [other, 'ns2']);
        const asked = { domain, check: 'mx', subject: null, from: 100, to: 100 };
        const { points } = await db.read('findingHistory', asked);
        const [worse] = [one, other].sort(
          (a, b) => gravityOf(healthOf(states[b]!)) - gravityOf(healthOf(states[a]!)),
        );
        expect([one, other, points[0]?.code]).toEqual([one, other, worse]);
        await db.write('forgetFindings', { before: 200, limit: 100 });
      }
  });

  it('shows the worst of each stretch when there are more runs, so that no bad hour is lost', async () => {
    const all = Array.from({ length: 2000 }, (_, index) => index * 60);
    await Promise.all(all.map((at) => run(at, at === 60_000 ? 'differs' : 'fine')));
    const { points } = await db.read('findingHistory', {
      domain,
      check: 'mx',
      subject: null,
      from: 0,
      to: 120_000,
    });
    expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(points.reduce((sum, { runs }) => sum + runs, 0)).toBe(2000);
    const bad = points.filter(({ code }) => code === 'differs');
    expect(bad.map(({ at }) => at)).toEqual([60_000]);
  });

  it('forgets what is past its time, and nothing else', async () => {
    await run(100, 'differs');
    await run(200, 'fine');
    await run(300, 'fine');
    expect(await db.write('forgetFindings', { before: 250, limit: 100 })).toBe(2);
    const { points, periods } = await db.read('findingHistory', {
      domain,
      check: 'mx',
      subject: null,
      from: 0,
      to: 1000,
    });
    expect(points.map(({ at }) => at)).toEqual([300]);
    // It has been so since before what is kept: that is still known.
    expect(periods.map(({ code, since }) => [code, since])).toEqual([['fine', 200]]);
  });
});

describe('what was kept in another form, or is damaged', () => {
  it.each([
    [
      'facts of an earlier release',
      '{"summary":"as it was","evidence":[],"facts":{"mx":"10 mail"}}',
      'as it was',
    ],
    ['no facts and no evidence', '{"summary":"as it was"}', 'as it was'],
    ['facts that are a list', '{"summary":"as it was","evidence":[],"facts":[1]}', 'as it was'],
    ['evidence in another form', '{"summary":"as it was","evidence":["10 mail"],"facts":{}}', 'as it was'],
    ['half of it', '{"summary":"as it w', '(what was found is damaged in the database)'],
    ['nothing', '', '(what was found is damaged in the database)'],
  ])('is read all the same, as far as it can be: %s', async (_what, text, summary) => {
    await run(100, 'differs');
    await db.close();
    const file = new DatabaseSync(`${folder.path}/mailward.db`);
    file.prepare('UPDATE finding SET first = ?, latest = ?').run(text, text);
    file.close();
    db = await openDatabase(`${folder.path}/mailward.db`);
    const latest = await db.read('latestFindings', domain);
    expect(latestSchema.shape.findings.parse(latest.findings)).toMatchObject([
      { code: 'differs', state: 'problem', severity: 'urgent', summary },
    ]);
    const past = await db.read('pastFindings', { domain, check: 'mx', subject: null, limit: 10 });
    expect(past.map((one) => one.summary)).toEqual([summary]);
    const asked = { domain, check: 'mx', subject: null, from: 0, to: 1000 };
    const { periods } = await db.read('findingHistory', asked);
    expect(periods.map((one) => one.summary)).toEqual([summary]);
  });
});
