// A line across the top of every screen, while there is something to say there.
import type { ReactNode } from 'react';
import { classesOf } from '../classes.ts';
import styles from './banner.module.css';

const css = classesOf(styles);

/** Its place is there always, so that what comes into it is read out. `about`: a problem, or what wants attention. */
export function Banner({ about, children }: { about: 'problem' | 'attention'; children: ReactNode }) {
  return (
    <div role="status" className={css('place')}>
      {children !== null && <p className={css('banner', about === 'problem' && 'problem')}>{children}</p>}
    </div>
  );
}
