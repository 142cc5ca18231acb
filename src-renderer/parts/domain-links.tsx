// Where else there is something about a domain, and what can be done with its mail at once.
import { Link } from '@tanstack/react-router';
import type { Domain } from '../../shared/domain.ts';
import { useActs } from '../actions/acts.tsx';
import { domainActions } from '../actions/domains.ts';
import { classesOf } from '../classes.ts';
import { ActionButton } from './action-button.tsx';
import { longButton } from './long-button.ts';
import styles from './domain-links.module.css';

const css = classesOf(styles);

export function DomainLinks({ name, domains }: { name: string; domains: readonly Domain[] }) {
  const acts = useActs();
  const mode = domains.find((one) => one.name === name)?.mode.name;
  if (mode === undefined) return null;
  const on = { name, mode };
  return (
    <div className={css('links')}>
      <nav aria-label="More about the domain">
        <ul>
          <li>
            <Link to="/health/$domain" params={{ domain: name }}>
              Health
            </Link>
          </li>
          <li>
            <Link to="/traffic" search={{ domain: name }}>
              Traffic
            </Link>
          </li>
          <li>
            <Link to="/queue" search={{ domain: name }}>
              Queue
            </Link>
          </li>
          <li>
            <Link to="/recipients" search={{ domain: name }}>
              Recipients
            </Link>
          </li>
          <li>
            <Link to="/domains" search={{ edit: name }}>
              Route
            </Link>
          </li>
        </ul>
      </nav>
      <div>
        <ActionButton classNames={longButton} size="xs" action={domainActions.deliver} on={on} acts={acts} />
        <ActionButton classNames={longButton} size="xs" action={domainActions.holdNow} on={on} acts={acts} />
      </div>
    </div>
  );
}
