// While no mail can be stored: since when and what to do on the home screen, and a word of it on every other.
import { Alert } from '@mantine/core';
import { Link, useRouterState } from '@tanstack/react-router';
import type { Overview, StorageState } from '../../shared/overview.ts';
import { classesOf } from '../classes.ts';
import { useLostSince } from '../engine.tsx';
import { sinceWhen } from '../format.ts';
import { Banner } from './banner.tsx';
import { useNow } from './moment.tsx';
import { StateShape } from './state-mark.tsx';
import styles from './storage-note.module.css';

const css = classesOf(styles);

/** The headline says what is wrong; this says the rest. */
export function StorageNote({ storage: { trouble } }: { storage: StorageState }) {
  const now = useNow();
  if (trouble === null) return null;
  return (
    <Alert color="red" title="What to do" className={css('note')}>
      <p>{trouble.remedy}</p>
      <p>No mail has been accepted since {sinceWhen(trouble.since, now)}.</p>
    </Alert>
  );
}

export function StorageBanner({ overview }: { overview: Overview | null }) {
  // What was known before the connection was lost may have passed since.
  const isLost = useLostSince() !== null;
  const isHome = useRouterState({ select: (state) => state.location.pathname === '/' });
  return (
    <Banner about="problem">
      {overview?.storage.trouble && !isHome && !isLost ? (
        <>
          <StateShape state="problem" size={14} />
          <span>
            Mailward cannot store mail; senders keep theirs and try again. <Link to="/">What to do</Link>
          </span>
        </>
      ) : null}
    </Banner>
  );
}
