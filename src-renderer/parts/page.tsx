// What all screens share: the one sentence they open with, the document's title, and where the focus goes.
// Every screen is built into a piece of its own; what all of them import runs before the schemas that some of them share.
import '../before-schemas.ts';
import { useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { classesOf } from '../classes.ts';
import styles from './page.module.css';

const css = classesOf(styles);

interface PageProps {
  /** Names the screen in the window's title and in the small line above the sentence. */
  title: string;
  /** The state in words: the first thing to read. */
  sentence: ReactNode;
  /** What can be done on this screen as a whole. */
  actions?: ReactNode;
  /** Lets the content use all the height there is and scroll inside; for long lists. */
  fill?: boolean;
  children?: ReactNode;
}

/** The pathname that had the focus last: the first screen leaves the focus where the browser put it. */
let lastPath: string | null = null;

export function Page({ title, sentence, actions, fill = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  useEffect(() => {
    document.title = title === 'Mailward' ? title : `${title} · Mailward`;
  }, [title]);
  useEffect(() => {
    // A new screen is announced by moving the focus to what it says first.
    if (lastPath !== null && lastPath !== path) heading.current?.focus({ preventScroll: true });
    lastPath = path;
  }, [path]);
  return (
    <div className={css('page', fill && 'fill')}>
      <header className={css('head')}>
        <div className={css('words')}>
          <p className={css('name')} aria-hidden="true">
            {title}
          </p>
          <h1 ref={heading} tabIndex={-1}>
            {sentence}
          </h1>
        </div>
        {actions !== undefined && <div className={css('actions')}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
