// Busy, empty and failed: what stands where content is not there (yet), always with what happens or can be done next.
import { Button, Loader } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { classesOf } from '../classes.ts';
import { errorWords } from '../words.ts';
import styles from './notes.module.css';

const css = classesOf(styles);

/** Says what is being asked of whom. Stays out of sight for the first moments, so that quick answers do not flicker. */
export function Busy({ what }: { what: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 250);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={css('note')} role="status">
      {shown && (
        <>
          <Loader size="sm" aria-hidden="true" />
          <p>{what} This may take up to ten seconds.</p>
        </>
      )}
    </div>
  );
}

interface EmptyProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** An invitation with the next step. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className={css('note')}>
      <span className={css('icon')} aria-hidden="true">
        {icon}
      </span>
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** Something could not be had: why, and what to do. */
export function Failure({ error, what, onRetry }: { error: unknown; what: string; onRetry?: () => void }) {
  return (
    <div className={css('note')} role="alert">
      <h2>{what}</h2>
      <p>{errorWords(error)}</p>
      {onRetry !== undefined && (
        <Button leftSection={<IconRefresh size={16} />} variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
