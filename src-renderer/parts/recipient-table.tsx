// The recipients that something is known against, or for: a table that folds into blocks on a phone.
import type { RecipientEntry } from '../../shared/recipients.ts';
import { useActs } from '../actions/acts.tsx';
import { recipientActions } from '../actions/recipients.ts';
import { classesOf } from '../classes.ts';
import { count } from '../format.ts';
import { replyLine } from '../words.ts';
import { ActionButton } from './action-button.tsx';
import { Due, Moment } from './moment.tsx';
import styles from './recipient-table.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, textStyles);

interface RecipientTableProps {
  rows: readonly RecipientEntry[];
}

export function RecipientTable({ rows }: RecipientTableProps) {
  return (
    <table className={css('table')}>
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col" className={css('number')}>
            Failures
          </th>
          <th scope="col">Last failure</th>
          <th scope="col">On the list</th>
          <th scope="col">What to do</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <RecipientRow key={row.address} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function RecipientRow({ row }: { row: RecipientEntry }) {
  const acts = useActs();
  return (
    <tr>
      <th scope="row">
        <span className={css('address')}>{row.address}</span>
        {row.lastReply !== null && <span className={css('reply', 'mono')}>{replyLine(row.lastReply)}</span>}
      </th>
      <td className={css('number')} data-label="Failures">
        {count(row.failures)}
      </td>
      <td data-label="Last failure">
        {row.lastFailureAt === null ? (
          <span className={css('soft')}>none</span>
        ) : (
          <Moment at={row.lastFailureAt} />
        )}
      </td>
      <td data-label="On the list">
        <Standing row={row} />
      </td>
      <td className={css('actions')}>
        <ActionButton size="compact-sm" action={recipientActions.allow} on={row} acts={acts} />
        <ActionButton size="compact-sm" action={recipientActions.forget} on={row} acts={acts} />
      </td>
    </tr>
  );
}

function Standing({ row }: { row: RecipientEntry }) {
  if (row.state === 'failing') return <span className={css('soft')}>not yet</span>;
  if (row.state === 'allowed')
    return (
      <>
        always allowed
        {row.since !== null && (
          <span className={css('soft')}>
            {' '}
            <Moment at={row.since} />
          </span>
        )}
      </>
    );
  return (
    <>
      {row.origin === 'admin' ? 'added by hand' : 'learned'}
      {row.until !== null && (
        <span className={css('soft')}>
          , ends <Due at={row.until} />
        </span>
      )}
    </>
  );
}
