// What checks found, kept so that "since when" is one row: a period is a row, and each run only adds its time to it.
//
// A period lasts while every run finds the same code about the same subject. A run that could not check says nothing about
// it, so the period goes on after it; a run that found otherwise, or did not mention it, ends it. Evidence is kept
// twice a period: as it was when it began, and as it was last.
import type { DatabaseSync } from 'node:sqlite';
import type {
  History,
  HistoryPoint,
  KeptFinding,
  LatestFindings,
  Period,
  SinceFound,
} from '../../../shared/check-run.ts';
import { z } from 'zod';
import { MOST_POINTS } from '../../../shared/check-run.ts';
import type { Finding, FindingState } from '../../../shared/finding.ts';
import { findingSchema, findingStateSchema, severitySchema } from '../../../shared/finding.ts';
import { gravityOf, healthOf } from '../../../shared/state.ts';
import { readStored } from '../stored-json.ts';

const MOST_PERIODS = 100;

/** All that one run of one check said. */
export interface CheckRun {
  domain: string;
  check: string;
  /** UTC ms. */
  at: number;
  endedAt: number;
  findings: Finding[];
}

/** What changes within a period. Of one that an earlier release kept in another form, or that is damaged, what can be read counts. */
const detailSchema = z.object({
  summary: findingSchema.shape.summary.catch('(what was found is damaged in the database)'),
  evidence: findingSchema.shape.evidence.catch([]),
  facts: findingSchema.shape.facts.catch({}),
});
type Detail = z.infer<typeof detailSchema>;

function detailOf(text: string): Detail {
  return readStored(text, detailSchema) ?? detailSchema.parse({});
}

interface Row {
  id: number;
  name: string;
  subject: string;
  code: string;
  state: FindingState;
  severity: Finding['severity'];
  since: number;
  last_at: number;
  last_run: number;
  took_ms: number;
  runs: number;
  first: string;
  latest: string;
}

const COULD_NOT_CHECK = 'could-not-check';

/** A row's gravity, as `shared/state.ts` has it; the worst row is the one with the highest. */
const GRAVITY = `CASE ${findingStateSchema.options
  .flatMap((state) =>
    [...severitySchema.options, null].map((severity) => {
      const quoted = severity === null ? 'NULL' : `'${severity}'`;
      return `WHEN state = '${state}' AND severity IS ${quoted} THEN ${gravityOf(healthOf({ state, severity }))}`;
    }),
  )
  .join(' ')} ELSE 0 END`;

function findingOf(row: Row): Finding {
  const detail = detailOf(row.latest);
  return {
    check: row.name,
    code: row.code,
    subject: row.subject,
    state: row.state,
    severity: row.severity,
    ...detail,
    at: row.last_at,
    tookMs: row.took_ms,
  };
}

export function findingReads(db: DatabaseSync) {
  const lastRuns = db.prepare(
    `SELECT check_run.name, check_run.at, check_run.ended_at FROM check_last JOIN check_run ON check_run.id = run_id
     WHERE check_last.domain = ? ORDER BY check_run.name`,
  );
  const CURRENT = `SELECT finding.* FROM check_last JOIN finding
    ON finding.domain = check_last.domain AND finding.name = check_last.name AND finding.last_run = check_last.run_id
    WHERE check_last.domain = :domain AND finding.open = 1`;
  const current = db.prepare(`${CURRENT} ORDER BY finding.name, finding.id`);
  const since = db.prepare(
    `${CURRENT} AND finding.name = :name AND (:subject IS NULL OR subject = :subject) ORDER BY finding.id`,
  );
  const past = db.prepare(
    `SELECT * FROM finding WHERE domain = :domain AND name = :name AND (:subject IS NULL OR subject = :subject)
     ORDER BY last_at DESC, id DESC LIMIT :limit`,
  );
  const runsIn = db.prepare(
    'SELECT count(*) AS n FROM check_run WHERE domain = ? AND name = ? AND at BETWEEN ? AND ?',
  );
  // The other columns are those of the row with the highest gravity (SQLite, "bare columns in an aggregate query").
  const points = db.prepare(
    `SELECT check_run.at, state, severity, code, subject, seen.took_ms AS tookMs,
       count(DISTINCT check_run.id) AS runs, max(${GRAVITY}) AS worst
     FROM check_run JOIN finding_seen AS seen ON seen.run_id = check_run.id JOIN finding ON finding.id = seen.finding_id
     WHERE check_run.domain = :domain AND check_run.name = :name AND check_run.at BETWEEN :from AND :to
       AND (:subject IS NULL OR subject = :subject OR (subject = '' AND code = '${COULD_NOT_CHECK}'))
     GROUP BY iif(:each, check_run.id, CAST((check_run.at - :from) * ${MOST_POINTS} / (:to - :from + 1) AS INTEGER)) ORDER BY check_run.at`,
  );
  const periods = db.prepare(
    `SELECT * FROM finding WHERE domain = :domain AND name = :name AND (:subject IS NULL OR subject = :subject)
       AND last_at >= :from AND since <= :to ORDER BY since DESC, id DESC LIMIT ${MOST_PERIODS}`,
  );

  return {
    /** The findings of each check's latest run. */
    latestFindings(domain: string): Omit<LatestFindings, 'health' | 'running'> {
      const runs = lastRuns.all(domain) as unknown as { name: string; at: number; ended_at: number }[];
      const rows = current.all({ domain }) as unknown as Row[];
      return {
        checks: runs.map(({ name, at, ended_at }) => ({ name, at, tookMs: ended_at - at })),
        findings: rows.map((row): KeptFinding => ({ ...findingOf(row), since: row.since, runs: row.runs })),
      };
    },
    /** Earlier findings, newest first: of each period the last one. */
    pastFindings(args: { domain: string; check: string; subject: string | null; limit: number }): Finding[] {
      const { domain, check: name, subject, limit } = args;
      return (past.all({ domain, name, subject, limit }) as unknown as Row[]).map(findingOf);
    },
    findingsSince(args: { domain: string; check: string; subject: string | null }): SinceFound[] {
      const { domain, check: name, subject } = args;
      return (since.all({ domain, name, subject }) as unknown as Row[]).map(sinceOf);
    },
    /** For a chart: each run, or where there are more than it can show, the worst of each stretch of time. */
    findingHistory(args: {
      domain: string;
      check: string;
      subject: string | null;
      from: number;
      to: number;
    }): History {
      const { domain, check: name, subject, from, to } = args;
      const { n } = runsIn.get(domain, name, from, to) as { n: number };
      const each = n <= MOST_POINTS ? 1 : 0;
      const pointRows = points.all({ domain, name, subject, from, to, each }) as unknown as (HistoryPoint & {
        worst: number;
      })[];
      return {
        points: pointRows.map(({ worst: _worst, ...point }) => point),
        periods: (periods.all({ domain, name, subject, from, to }) as unknown as Row[]).map((row): Period => {
          const { summary, evidence } = detailOf(row.first);
          const { code, state, severity, runs, since: began, last_at: lastAt } = row;
          return {
            subject: row.subject,
            code,
            state,
            severity,
            since: began,
            lastAt,
            runs,
            summary,
            evidence,
          };
        }),
      };
    },
  };
}

function sinceOf(row: Row): SinceFound {
  return { subject: row.subject, code: row.code, state: row.state, since: row.since, lastAt: row.last_at };
}

export function findingWrites(db: DatabaseSync) {
  const addRun = db.prepare('INSERT INTO check_run (domain, name, at, ended_at) VALUES (?, ?, ?, ?)');
  const setLast = db.prepare(
    `INSERT INTO check_last (domain, name, run_id) VALUES (?, ?, ?)
     ON CONFLICT (domain, name) DO UPDATE SET run_id = excluded.run_id`,
  );
  const open = db.prepare('SELECT * FROM finding WHERE domain = ? AND name = ? AND open = 1');
  const begin = db.prepare(
    `INSERT INTO finding (domain, name, subject, code, state, severity, since, last_at, last_run, took_ms, runs, open, first, latest)
     VALUES (:domain, :name, :subject, :code, :state, :severity, :at, :at, :run, :tookMs, 1, 1, :detail, :detail)`,
  );
  const goOn = db.prepare(
    `UPDATE finding SET state = :state, severity = :severity, last_at = :at, last_run = :run, took_ms = :tookMs,
       runs = runs + 1, latest = :detail WHERE id = :id`,
  );
  const end = db.prepare('UPDATE finding SET open = 0 WHERE id = ?');
  const see = db.prepare(
    'INSERT INTO finding_seen (run_id, finding_id, at, took_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const oldRuns = db.prepare(
    'DELETE FROM check_run WHERE id IN (SELECT id FROM check_run WHERE at < ? ORDER BY at LIMIT ?)',
  );
  const oldFindings = db.prepare(
    'DELETE FROM finding WHERE id IN (SELECT id FROM finding WHERE last_at < ? LIMIT ?)',
  );

  return {
    /** Keeps a run; returns since when each of its findings has been so. */
    keepRun({ domain, check: name, at, endedAt, findings }: CheckRun): SinceFound[] {
      const run = Number(addRun.run(domain, name, at, endedAt).lastInsertRowid);
      setLast.run(domain, name, run);
      const periods = new Map<string, Row>();
      for (const row of open.all(domain, name) as unknown as Row[])
        periods.set(keyOf(row.subject, row.code), row);
      const unknown = new Set(
        findings.filter(({ state }) => state === COULD_NOT_CHECK).map(({ subject }) => subject),
      );
      const said = new Map<string, SinceFound>();
      for (const finding of findings) {
        const { subject, code, state, severity, summary, evidence, facts, tookMs } = finding;
        const detail = JSON.stringify({ summary, evidence, facts } satisfies Detail);
        const key = keyOf(subject, code);
        if (said.has(key)) continue;
        const period = periods.get(key);
        periods.delete(key);
        const now = { at: finding.at, run, tookMs, detail, state, severity };
        let id: number;
        if (period) {
          id = period.id;
          goOn.run({ id, ...now });
        } else id = Number(begin.run({ domain, name, subject, code, ...now }).lastInsertRowid);
        see.run(run, id, finding.at, tookMs);
        said.set(key, { subject, code, state, since: period?.since ?? finding.at, lastAt: finding.at });
      }
      for (const row of periods.values()) {
        // Not knowing ends only not knowing; a whole check that failed (its subject is empty) leaves all as it was.
        const doubtful = unknown.has('') || unknown.has(row.subject);
        if (row.code === COULD_NOT_CHECK || !doubtful) end.run(row.id);
      }
      return [...said.values()];
    },
    /** Removes what is older than `before` (UTC ms), `limit` runs at a time; returns how many runs went. */
    forgetFindings(args: { before: number; limit: number }): number {
      const gone = Number(oldRuns.run(args.before, args.limit).changes);
      oldFindings.run(args.before, args.limit);
      return gone;
    },
  };
}

function keyOf(subject: string, code: string): string {
  return `${code} ${subject}`;
}
