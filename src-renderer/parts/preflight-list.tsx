// What a pre-flight found, item by item: how it is, and what to do where it is not as it should be.
import { Link } from '@tanstack/react-router';
import type { PreflightItem } from '../../shared/preflight.ts';
import { classesOf } from '../classes.ts';
import { StateMark } from './state-mark.tsx';
import styles from './preflight-list.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, textStyles);

export function PreflightList({ domain, items }: { domain: string; items: readonly PreflightItem[] }) {
  return (
    <ul className={css('items')}>
      {items.map((item) => (
        <li key={item.name} className={css('item')}>
          <div>
            <StateMark state={item.state} />
          </div>
          <div className={css('what')}>
            <p className={css('title')}>{item.title}</p>
            <p className={css('summary')}>{item.summary}</p>
            {item.advice.map((advice) => (
              <p key={advice} className={css('advice')}>
                {advice}
              </p>
            ))}
            {(item.state === 'problem' || item.state === 'could-not-check') && item.checks.length > 0 && (
              <p className={css('small')}>
                <Link to="/health/$domain" params={{ domain }}>
                  What was asked and answered
                </Link>
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
