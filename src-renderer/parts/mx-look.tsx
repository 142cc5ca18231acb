// A domain's MX records as they were read: what they mean, the records with their servers' addresses, and from whom they are.
import type { MxLook, MxReading } from '../../shared/mx-reading.ts';
import { classesOf } from '../classes.ts';
import { count } from '../format.ts';
import { Moment } from './moment.tsx';
import { WithCode } from './with-code.tsx';
import styles from './mx-look.module.css';

const css = classesOf(styles);

/** What was found, with all that follows from it. */
export function MxLookPanel({ look: { reading, meaning } }: { look: MxLook }) {
  return (
    <section className={css('look')} aria-label="The MX records of today" role="status">
      <p className={css('summary')}>{meaning.summary}</p>
      {reading !== null && reading.records.length > 0 && <MxRecords reading={reading} />}
      {meaning.advice.length > 0 && (
        <ul className={css('notes')}>
          {meaning.advice.map((advice) => (
            <li key={advice}>
              <WithCode words={advice} />
            </li>
          ))}
        </ul>
      )}
      {reading !== null && <ReadFrom reading={reading} />}
    </section>
  );
}

export function MxRecords({ reading }: { reading: Pick<MxReading, 'records' | 'exchanges'> }) {
  return (
    <table className={css('records')}>
      <thead>
        <tr>
          <th className={css('preference')} scope="col">
            Preference
          </th>
          <th scope="col">Server</th>
          <th scope="col">Addresses</th>
        </tr>
      </thead>
      <tbody>
        {reading.records.map(({ preference, exchange }) => {
          const found = reading.exchanges.find(({ host }) => host === exchange);
          const addresses = [...(found?.v4 ?? []), ...(found?.v6 ?? [])];
          return (
            <tr key={`${preference} ${exchange}`}>
              <td className={css('preference')}>{preference}</td>
              <td>{exchange === '.' ? '. (no server)' : exchange}</td>
              <td>
                {addresses.join(', ')}
                {found !== undefined && found.trouble !== '' && <span> {found.trouble}</span>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const dnssecWords: Readonly<Record<MxReading['dnssec'], string>> = {
  signed: 'The zone is signed (DNSSEC).',
  unsigned: 'The zone is not signed (DNSSEC).',
  broken: 'The zone is signed (DNSSEC), but its signatures do not hold.',
  unknown: '',
};

export function ReadFrom({ reading: { at, from, ttl, alias, dnssec } }: { reading: MxReading }) {
  const names = [...new Set(from.map(({ name }) => name))];
  return (
    <p className={css('small')}>
      {names.length > 0 && (
        <>
          Read <Moment at={at} /> from {names.join(', ')}.{' '}
        </>
      )}
      {alias !== null && `The domain is an alias (CNAME) of ${alias}, whose records these are. `}
      {ttl !== null && `Others may keep them for ${count(ttl)} s (TTL). `}
      {dnssecWords[dnssec]}
    </p>
  );
}
