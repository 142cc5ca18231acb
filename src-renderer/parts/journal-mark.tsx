// The mark of a change: a shape for where it comes from, so that colour alone never has to tell.
import type { ReactNode } from 'react';
import { type JournalGroup, groupWords } from '../journal-groups.ts';
import { classesOf } from '../classes.ts';
import styles from './journal-mark.module.css';

const css = classesOf(styles);

/** Drawn around the middle, 12 px wide. */
export const journalShapes: Readonly<Record<JournalGroup, ReactNode>> = {
  dns: <path d="M0-6 6 0 0 6-6 0z" />,
  server: <path d="M-4.500-4.500h9v9h-9z" />,
  here: <circle r="5" />,
};

/** Shape and word. */
export function JournalMark({ group, words }: { group: JournalGroup; words?: string }) {
  return (
    <span className={css('mark')}>
      <svg className={css('shape')} width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
        {journalShapes[group]}
      </svg>
      <span>{words ?? groupWords[group].short}</span>
    </span>
  );
}
