// The way to a server, hop by hop: who answers, how long the round trip is, and where it ends.
import type { PathFacts } from '../../shared/facts.ts';
import { classesOf } from '../classes.ts';
import { StateMark } from './state-mark.tsx';
import styles from './traceroute.module.css';
import barStyles from './bar.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, barStyles, textStyles);

export function Traceroute({ facts, address }: { facts: PathFacts; address: string }) {
  const { host, hops, arrives, traceArrives, tcpMs } = facts;
  const slowest = Math.max(1, tcpMs ?? 0, ...hops.map(({ ms }) => ms ?? 0));
  const server = host === address || address === '' ? host : `${host} (${address})`;
  return (
    <section className={css('hops')} aria-label={`The path to ${server}, hop by hop`}>
      <ol>
        <li className={css('hop')}>
          <span className={css('number')}>0</span>
          <span>Mailward</span>
        </li>
        {hops.map(({ number, address: router, ms }) => (
          <li key={number} className={css('hop')} data-silent={router === null}>
            <span className={css('number')}>{number}</span>
            {router === null ? (
              <span className={css('soft')}>no answer (many routers never answer)</span>
            ) : (
              <span className={css('mono')}>{router}</span>
            )}
            <Time ms={ms} slowest={slowest} />
          </li>
        ))}
        {!traceArrives && (
          <li className={css('hop')} data-end={arrives ? 'ok' : 'attention'}>
            <span className={css('number')}>{arrives ? '…' : '×'}</span>
            <span>
              {arrives ? (
                <>
                  <span className={css('mono')}>{server}</span> <StateMark state="ok" word="answers" />
                </>
              ) : (
                <StateMark state="attention" word={`the path ends before ${server}`} />
              )}
            </span>
            <Time ms={tcpMs} slowest={slowest} />
          </li>
        )}
      </ol>
    </section>
  );
}

function Time({ ms, slowest }: { ms: number | null; slowest: number }) {
  if (ms === null) return <span className={css('time')} />;
  return (
    <span className={css('time')}>
      <span className={css('bar')} aria-hidden="true">
        <span style={{ width: `${Math.max(2, (ms / slowest) * 100)}%` }} />
      </span>
      <span className={css('ms')}>{ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms</span>
    </span>
  );
}
