// Blocklists in a table: which list has which address or domain, why, since when, and where to have it removed.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { ShownFinding } from '../../shared/asked.ts';
import { healthOfListing, type ListAnswer } from '../../shared/facts/blocklists.ts';
import { type FactsOf, readFinding } from '../../shared/facts/index.ts';
import { type HealthState, wantsAttention, worst } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { counted } from '../format.ts';
import { longButton } from './long-button.ts';
import { Since } from './moment.tsx';
import { StateMark } from './state-mark.tsx';
import styles from './blocklists.module.css';
import foldingStyles from './folding.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, foldingStyles, textStyles);

/** What a list says of one address, or of the domain. */
interface Entry {
  what: string;
  whose: FactsOf<'blocklists'>['whose'];
  answer: ListAnswer;
  /** Since when the finding that it is part of has been so. */
  since: number | undefined;
}

/** One list with all that it was asked about. */
interface List {
  zone: string;
  name: string;
  removal: string;
  weight: number;
  state: HealthState;
  entries: Entry[];
}

/** The findings are of addresses, each with all lists; whoever wants off a list wants it the other way round. */
function byList(findings: readonly ShownFinding[]): List[] {
  const lists = new Map<string, List>();
  for (const finding of findings) {
    const { lists: answers = [], whose = 'domain' } = readFinding('blocklists', finding)?.facts ?? {};
    for (const answer of answers) {
      const { zone, name, removal, weight } = answer;
      const list = lists.get(zone) ?? { zone, name, removal, weight, state: 'ok', entries: [] };
      lists.set(zone, list);
      const entry = { what: finding.subject, whose, answer, since: finding.since };
      list.entries.push(entry);
      list.state = worst([list.state, healthOfListing(answer, finding)]);
    }
  }
  return [...lists.values()];
}

export function BlocklistTable({ findings }: { findings: readonly ShownFinding[] }) {
  const [all, setAll] = useState(false);
  const lists = byList(findings);
  if (lists.length === 0) return null;
  const of = (...states: HealthState[]) => lists.filter(({ state }) => states.includes(state));
  const listed = of('problem', 'attention');
  const clear = of('ok');
  const unknown = of('could-not-check');
  const shown = [...listed, ...unknown, ...(all ? clear : [])];
  return (
    <section className={css('lists')} aria-label="Blocklists">
      <p>
        {counted(lists.length, 'list')} checked: {listed.length === 0 ? 'none has' : `${listed.length} with`}{' '}
        an entry, {clear.length} without
        {unknown.length > 0 && `, ${unknown.length} could not be asked`}.
      </p>
      {shown.length > 0 && (
        <table className={css('folding')}>
          <thead>
            <tr>
              <th scope="col">List</th>
              <th scope="col">Answer</th>
              <th scope="col">About</th>
              <th scope="col">What to do</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((list) => (
              <ListRow key={list.zone} list={list} />
            ))}
          </tbody>
        </table>
      )}
      {clear.length > 0 && (
        <Button
          className={css('more')}
          classNames={longButton}
          size="compact-sm"
          variant="subtle"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? 'Hide' : 'Show'} {counted(clear.length, 'list')} without an entry
        </Button>
      )}
    </section>
  );
}

const weights: readonly string[] = [
  '',
  'few servers reject mail because of it',
  'some servers reject mail because of it',
  'many servers reject mail because of it',
];
const owners = { relay: 'Mailward', server: 'your server', domain: 'the domain' } as const;

function ListRow({ list: { zone, name, removal, weight, state, entries } }: { list: List }) {
  const telling = entries.filter(({ answer }) => answer.listed !== false);
  const isListed = wantsAttention(state);
  const since = Math.min(...entries.flatMap(({ answer, since: at }) => (answer.listed && at ? [at] : [])));
  return (
    <tr>
      <th scope="row">
        {name}
        <span className={css('soft', 'small', 'zone')}>{zone}</span>
      </th>
      <td data-label="Answer">
        <StateMark state={state} word={wordOf(state)} />
        {isListed && (
          <span className={css('soft', 'small', 'zone')}>
            {Number.isFinite(since) && (
              <>
                <Since at={since} />,{' '}
              </>
            )}
            {weights[weight] ?? ''}
          </span>
        )}
      </td>
      <td data-label="About">
        {telling.length === 0 ? (
          <span className={css('soft')}>{entries.map(({ what }) => what).join(', ')}</span>
        ) : (
          telling.map(({ what, whose, answer: { listed, means, text } }) => (
            <div key={what}>
              <span className={css('mono')}>{what}</span>{' '}
              <span className={css('soft')}>({owners[whose]})</span>
              {means !== null && `: ${means}`}
              {listed === true && text !== '' && (
                <span className={css('soft', 'small', 'zone')}>“{text}”</span>
              )}
            </div>
          ))
        )}
      </td>
      <td data-label="What to do">
        {isListed &&
          (removal.startsWith('https://') ? (
            <a href={removal} target="_blank" rel="noreferrer noopener">
              Ask for removal
            </a>
          ) : (
            removal
          ))}
      </td>
    </tr>
  );
}

function wordOf(state: HealthState): string {
  if (state === 'could-not-check') return 'could not ask';
  return state === 'ok' ? 'no entry' : 'listed';
}
