// What a pre-flight found, item by item: how it is, and what to do where it is not as it should be.
import { Link } from '@tanstack/react-router';
import type { PreflightItem } from '../../shared/preflight.ts';
import { classesOf } from '../classes.ts';
import { StateMark } from './state-mark.tsx';
import { WithCode } from './with-code.tsx';
import styles from './preflight-list.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, textStyles);

/** What needs a person stands open; what is as it should be is folded. */
export function PreflightList({ domain, items }: { domain: string; items: readonly PreflightItem[] }) {
  const open = items.filter(({ state }) => state !== 'ok' && state !== 'not-applicable');
  const fine = items.filter(({ state }) => state === 'ok');
  const idle = items.filter(({ state }) => state === 'not-applicable');
  return (
    <div>
      <Items domain={domain} items={open} />
      <Folded domain={domain} items={fine} title={`${fine.length} as they should be`} />
      <Folded domain={domain} items={idle} title={`${idle.length} that do not apply, or not yet`} />
    </div>
  );
}

function Folded({ domain, items, title }: { domain: string; items: PreflightItem[]; title: string }) {
  if (items.length === 0) return null;
  return (
    <details className={css('folded')}>
      <summary>{title}</summary>
      <Items domain={domain} items={items} />
    </details>
  );
}

function Items({ domain, items }: { domain: string; items: readonly PreflightItem[] }) {
  return (
    <ul className={css('items')}>
      {items.map((item) => (
        <li key={item.name} className={css('item')}>
          <div>
            <StateMark state={item.state} />
          </div>
          <div className={css('what')}>
            <p className={css('title')}>{item.title}</p>
            <p className={css('summary')}>
              <WithCode words={item.summary} />
            </p>
            {item.advice.map((advice) => (
              <p key={advice} className={css('advice')}>
                <WithCode words={advice} />
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
