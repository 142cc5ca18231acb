// Blocklists in a table: which list has which address or domain, why, since when, and where to have it removed.
import { Button } from '@mantine/core';
import { Fragment, useState } from 'react';
import type { Health } from '../../shared/state.ts';
import { counted } from '../format.ts';
import { type BlocklistFacts, blocklistFacts, factsOf } from '../health/facts.ts';
import { healthOf, type Shown } from '../health/health.ts';
import { HistoryChart } from './history-chart.tsx';
import { SinceMoment } from './moment.tsx';
import { StateMark } from './state-mark.tsx';

interface List {
  finding: Shown;
  facts: BlocklistFacts;
}

interface BlocklistTableProps {
  findings: readonly Shown[];
  domain: string;
  check: string;
}

export function BlocklistTable({ findings, domain, check }: BlocklistTableProps) {
  const [all, setAll] = useState(false);
  /** The list whose history is shown. */
  const [history, setHistory] = useState<string | null>(null);
  const lists = findings.flatMap((finding): List[] => {
    const facts = factsOf(blocklistFacts, [finding]);
    return facts === null ? [] : [{ finding, facts }];
  });
  if (lists.length === 0) return null;
  const isClear = ({ finding }: List) => finding.state === 'ok';
  const clear = lists.filter(isClear).length;
  const shown = all ? lists : lists.filter((list) => !isClear(list));
  const listed = lists.filter(({ finding }) => finding.state === 'problem').length;
  return (
    <section className="lists" aria-label="Blocklists">
      <p>
        {counted(lists.length, 'list')} asked:{' '}
        {listed === 0 ? 'none has an entry' : `${listed} with an entry`}, {clear} without
        {lists.length - clear - listed > 0 && `, ${lists.length - clear - listed} could not be asked`}.
      </p>
      {shown.length > 0 && (
        <table className="folding">
          <thead>
            <tr>
              <th scope="col">List</th>
              <th scope="col">Answer</th>
              <th scope="col">About</th>
              <th scope="col">What to do</th>
              <th scope="col">History</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((list) => (
              <Fragment key={list.facts.zone}>
                <ListRow
                  list={list}
                  isOpen={history === list.facts.zone}
                  onHistory={(open) => setHistory(open ? list.facts.zone : null)}
                />
                {history === list.facts.zone && (
                  <tr>
                    <td colSpan={5}>
                      <HistoryChart domain={domain} check={check} subject={list.finding.subject} />
                    </td>
                  </tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      )}
      {clear > 0 && (
        <Button
          className="found-more long-button"
          size="compact-sm"
          variant="subtle"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? 'Hide' : 'Show'} {counted(clear, 'list')} without an entry
        </Button>
      )}
    </section>
  );
}

const weights: readonly string[] = [
  '',
  'few refuse mail for it',
  'some refuse mail for it',
  'many refuse mail for it',
];
const owners = { relay: 'Mailward', server: 'your server', domain: 'the domain' } as const;

interface ListRowProps {
  list: List;
  isOpen: boolean;
  onHistory: (open: boolean) => void;
}

function ListRow({ list: { finding, facts }, isOpen, onHistory }: ListRowProps) {
  const { zone, name, removal, weight, entries } = facts;
  const state: Health = healthOf(finding);
  const telling = entries.filter(({ listed, problem }) => listed || problem !== null);
  return (
    <tr>
      <th scope="row">
        {name}
        <span className="soft small lists-zone">{zone}</span>
      </th>
      <td data-label="Answer">
        <StateMark state={state} word={wordOf(state)} />
        {(state === 'problem' || state === 'attention') && (
          <span className="soft small lists-zone">
            {finding.since !== undefined && (
              <>
                since <SinceMoment at={finding.since} />,{' '}
              </>
            )}
            {weights[weight] ?? ''}
          </span>
        )}
      </td>
      <td data-label="About">
        {entries.length === 0 ? (
          <span className="soft">{finding.summary}</span>
        ) : telling.length === 0 ? (
          <span className="soft">{entries.map(({ what }) => what).join(', ')}</span>
        ) : (
          telling.map(({ what, whose, listed, means, text, problem }) => (
            <div key={what}>
              <span className="mono">{what}</span> <span className="soft">({owners[whose]})</span>
              {listed && means.length > 0 && `: ${means.join(' and ')}`}
              {problem !== null && `: ${problem}`}
              {listed && text !== '' && <span className="soft small lists-zone">“{text}”</span>}
            </div>
          ))
        )}
      </td>
      <td data-label="What to do">
        {finding.state === 'problem' &&
          (removal.startsWith('https://') ? (
            <a href={removal} target="_blank" rel="noreferrer noopener">
              Ask for removal
            </a>
          ) : (
            removal
          ))}
      </td>
      <td>
        <Button
          size="compact-xs"
          variant="subtle"
          aria-expanded={isOpen}
          aria-label={`History of ${name}`}
          onClick={() => onHistory(!isOpen)}
        >
          History
        </Button>
      </td>
    </tr>
  );
}

function wordOf(state: Health): string {
  if (state === 'could-not-check') return 'could not ask';
  return state === 'ok' ? 'no entry' : 'listed';
}
