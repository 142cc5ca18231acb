// The way to a server, hop by hop: who answers, how long the round trip is, and where it ends.
import type { FactsOf } from '../../shared/facts/index.ts';
import { StateMark } from './state-mark.tsx';

export function Traceroute({ facts, address }: { facts: FactsOf<'path'>; address: string }) {
  const { host, hops, arrives, traceArrives, tcpMs } = facts;
  const slowest = Math.max(1, tcpMs ?? 0, ...hops.map(({ ms }) => ms ?? 0));
  const server = host === address || address === '' ? host : `${host} (${address})`;
  return (
    <section className="hops" aria-label={`The path to ${server}, hop by hop`}>
      <ol>
        <li className="hop">
          <span className="hop-number">0</span>
          <span>Mailward</span>
        </li>
        {hops.map(({ number, address: router, ms }) => (
          <li key={number} className="hop" data-silent={router === null}>
            <span className="hop-number">{number}</span>
            {router === null ? (
              <span className="soft">no answer (many routers never answer)</span>
            ) : (
              <span className="mono">{router}</span>
            )}
            <Time ms={ms} slowest={slowest} />
          </li>
        ))}
        {!traceArrives && (
          <li className="hop" data-end={arrives ? 'ok' : 'attention'}>
            <span className="hop-number">{arrives ? '…' : '×'}</span>
            <span>
              {arrives ? (
                <>
                  <span className="mono">{server}</span> <StateMark state="ok" word="answers" />
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
  if (ms === null) return <span className="hop-time" />;
  return (
    <span className="hop-time">
      <span className="hop-bar" aria-hidden="true">
        <span style={{ width: `${Math.max(2, (ms / slowest) * 100)}%` }} />
      </span>
      <span className="hop-ms">{ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms</span>
    </span>
  );
}
