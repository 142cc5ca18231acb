// Blocklists in a table: which list has which address or domain, why, where to have it removed, and since when.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Health } from '../../shared/state.ts';
import { counted } from '../format.ts';
import { blocklistFacts, factsOf, type ListAnswer } from '../health/facts.ts';
import type { Shown } from '../health/health.ts';
import { HistoryChart } from './history-chart.tsx';
import { Moment } from './moment.tsx';
import { StateMark } from './state-mark.tsx';

interface Row extends ListAnswer {
  subject: string;
  since: number | undefined;
}

/** What every finding says together, listings first. */
function rowsOf(findings: readonly Shown[]): Row[] {
  const rows = findings.flatMap((finding) => {
    const facts = factsOf(blocklistFacts, [finding]);
    return (facts?.lists ?? []).map((list) => ({ ...list, subject: finding.subject, since: finding.since }));
  });
  const rank = ({ listed }: Row) => (listed === true ? 0 : listed === null ? 1 : 2);
  return rows.sort((a, b) => rank(a) - rank(b) || a.zone.localeCompare(b.zone));
}

export function BlocklistTable({
  findings,
  domain,
  check,
}: {
  findings: readonly Shown[];
  domain: string;
  check: string;
}) {
  const [all, setAll] = useState(false);
  const [history, setHistory] = useState<string | null>(null);
  const rows = rowsOf(findings);
  if (rows.length === 0) return null;
  const clear = rows.filter(({ listed }) => listed === false).length;
  const shown = all ? rows : rows.filter(({ listed }) => listed !== false);
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  return (
    <section className="lists" aria-label="Blocklists">
      {shown.length > 0 && (
        <table className="folding">
          <thead>
            <tr>
              <th scope="col">List</th>
              <th scope="col">Asked about</th>
              <th scope="col">Answer</th>
              <th scope="col">Why</th>
              <th scope="col">What to do</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={`${row.zone} ${row.subject}`}>
                <th scope="row">
                  {row.name ?? row.zone}
                  {row.name !== undefined && <span className="soft small lists-zone">{row.zone}</span>}
                </th>
                <td data-label="Asked about" className="mono">
                  {row.subject === '' ? domain : row.subject}
                </td>
                <td data-label="Answer">
                  <StateMark state={stateOf(row)} word={wordOf(row)} />
                  {row.listed === true && row.since !== undefined && (
                    <span className="soft small">
                      {' '}
                      since <Moment at={row.since} />
                    </span>
                  )}
                </td>
                <td data-label="Why">{row.means ?? ''}</td>
                <td data-label="What to do">
                  {row.listed === true && (row.removal ?? '') !== '' && (
                    <a href={row.removal ?? ''} target="_blank" rel="noreferrer noopener">
                      Ask for removal
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="check-actions">
        {clear > 0 && (
          <Button size="compact-sm" variant="subtle" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Hide' : 'Show'} {counted(clear, 'answer')} that nothing is listed
          </Button>
        )}
        {subjects.length > 1 &&
          subjects.map((subject) => (
            <Button
              key={subject}
              size="compact-sm"
              variant="subtle"
              aria-expanded={history === subject}
              onClick={() => setHistory(history === subject ? null : subject)}
            >
              History of {subject === '' ? domain : subject}
            </Button>
          ))}
      </div>
      {history !== null && <HistoryChart key={history} domain={domain} check={check} subject={history} />}
    </section>
  );
}

function stateOf({ listed }: Row): Health {
  return listed === null ? 'could-not-check' : listed ? 'problem' : 'ok';
}

function wordOf({ listed }: Row): string {
  return listed === null ? 'could not ask' : listed ? 'listed' : 'not listed';
}
