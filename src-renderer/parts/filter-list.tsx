// What the filters on the way in found about a message, and which of them do not work at present.
import { Alert } from '@mantine/core';
import { filterOutcome, type FilterResult, type FilterTrouble, filterWords } from '../../shared/filters.ts';
import type { HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { counted } from '../format.ts';
import { Since } from './moment.tsx';
import { StateMark } from './state-mark.tsx';
import styles from './filter-list.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, blockStyles, textStyles);

/** What decided first, what says nothing last. */
const order = ['fail', 'could-not-check', 'pass', 'not-applicable'] as const;

export function FilterList({ filters }: { filters: readonly FilterResult[] }) {
  const sorted = [...filters].sort((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
  return (
    <section className={css('section')} aria-labelledby="filters">
      <h2 id="filters">Incoming filters</h2>
      <ul className={css('list')}>
        {sorted.map((one) => (
          <li key={one.filter}>
            <div className={css('head')}>
              <strong title={filterWords[one.filter].question}>{filterWords[one.filter].name}</strong>
              <StateMark state={healthOf(one)} word={filterOutcome(one)} />
            </div>
            <ul className={css('evidence', 'mono', 'small')}>
              {one.evidence.map((line, index) => (
                // The lines of a fixed list have fixed places.
                <li key={index}>{line}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function healthOf({ result, action }: FilterResult): HealthState {
  switch (result) {
    case 'pass':
      return 'ok';
    case 'fail':
      return action === 'reject' || action === 'quarantine' ? 'problem' : 'attention';
    case 'could-not-check':
    case 'not-applicable':
      return result;
  }
}

/** Filters that mail goes without at present. */
export function FilterTroubles({ troubles }: { troubles: readonly FilterTrouble[] }) {
  if (troubles.length === 0) return null;
  return (
    <Alert color="yellow" title="Some filters are not working">
      {troubles.map((trouble) => (
        <p key={trouble.filter}>
          {filterWords[trouble.filter].name} could not check {counted(trouble.skipped, 'message')}{' '}
          <Since at={trouble.since} />: <span className={css('mono')}>{trouble.words}</span>
        </p>
      ))}
      <p>
        No mail is refused or lost because of this. Repair the filter service, or turn the filter off under
        Settings, Filters.
      </p>
    </Alert>
  );
}
