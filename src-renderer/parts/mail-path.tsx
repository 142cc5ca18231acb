// The mail-flow picture: Internet ▸ Mailward ▸ your server, one line per domain, each leg a button with its state and rate.
import { UnstyledButton } from '@mantine/core';
import { IconServer2, IconWorld } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { causeWords } from '../../shared/cause.ts';
import { formatHostPort } from '../../shared/names.ts';
import type { DomainOverview } from '../../shared/overview.ts';
import type { HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { count, rate, sinceWhen, span } from '../format.ts';
import { Arrival } from './arrival.tsx';
import { useNow } from './moment.tsx';
import { Sentence } from './sentence.tsx';
import { BrandMark } from './shell.tsx';
import { StateShape } from './state-mark.tsx';
import styles from './mail-path.module.css';
import wayStyles from './way.module.css';

const css = classesOf(styles, wayStyles);

export type LegName = 'inbound' | 'outbound';
/** How a leg is drawn: open, closed by the admin (`gate`), or broken (`gap`). */
type LegForm = 'open' | 'gate' | 'gap';

interface MailPathProps {
  domains: readonly DomainOverview[];
  onLeg: (domain: string, leg: LegName) => void;
}

export function MailPath({ domains, onLeg }: MailPathProps) {
  return (
    <ul className={css('path')} aria-label="Mail flow by domain">
      {domains.map((domain) => (
        <li key={domain.name} className={css('domain')}>
          <DomainLine domain={domain} onLeg={onLeg} />
        </li>
      ))}
    </ul>
  );
}

function DomainLine({ domain, onLeg }: { domain: DomainOverview; onLeg: MailPathProps['onLeg'] }) {
  const now = useNow();
  const { inbound, outbound, held, queued, mode } = domain;
  const onHold = mode.name === 'hold';
  const target = (mode.name === 'reroute' ? mode.reroute?.[0] : undefined) ?? domain.route[0];
  const outForm: LegForm = onHold ? 'gate' : outbound.state === 'problem' ? 'gap' : 'open';
  const inForm: LegForm = inbound.state === 'problem' ? 'gap' : 'open';
  const isRerouted = mode.name === 'reroute';
  const outSince = outForm === 'gap' ? outbound.since : onHold || isRerouted ? mode.since : null;
  const heldHere = held.count - domain.rerouted;
  return (
    <>
      <div className={css('title')}>
        <h3>
          <StateShape state={domain.state} />
          <span className={css('name')}>{domain.name}</span>
        </h3>
        <p className={css('about')}>
          <Sentence words={domain.sentence} />
        </p>
      </div>
      <div className={css('line')}>
        <Station icon={<IconWorld size={24} stroke={1.5} />} name="Internet" />
        <Leg
          label={`From the internet to Mailward, ${domain.name}`}
          state={inbound.state}
          form={inForm}
          perMinute={inbound.acceptedPerMinute}
          words={inForm === 'gap' ? inbound.words : ''}
          since={null}
          until={null}
          onOpen={() => onLeg(domain.name, 'inbound')}
        />
        <Station icon={<BrandMark size={32} />} name="Mailward">
          {heldHere > 0 && (
            <HeldStack
              domain={domain.name}
              total={heldHere}
              age={held.oldestAt === null ? null : now - held.oldestAt}
            />
          )}
          {queued.count > 0 && (
            <Link className={css('waits')} to="/queue" search={{ show: 'waiting', domain: domain.name }}>
              {count(queued.count)} waiting
            </Link>
          )}
          {domain.quarantined.count > 0 && (
            <Link className={css('waits')} to="/queue" search={{ show: 'quarantined', domain: domain.name }}>
              {count(domain.quarantined.count)} in quarantine
            </Link>
          )}
          {domain.rerouted > 0 && (
            <Link className={css('waits')} to="/queue" search={{ show: 'held', domain: domain.name }}>
              {count(domain.rerouted)} sent via another server
            </Link>
          )}
        </Station>
        <Leg
          label={`From Mailward to your server, ${domain.name}`}
          state={onHold ? 'attention' : outbound.state}
          form={outForm}
          perMinute={outbound.deliveredPerMinute}
          words={outWords(domain, outForm)}
          since={outSince}
          until={mode.until}
          onOpen={() => onLeg(domain.name, 'outbound')}
        />
        <Station
          icon={<IconServer2 size={24} stroke={1.5} />}
          name={isRerouted ? 'other server' : 'your server'}
        >
          {target !== undefined && (
            <span className={css('host')}>
              {target.port === 25 ? target.host : formatHostPort(target.host, target.port)}
            </span>
          )}
        </Station>
      </div>
      {(outForm !== 'open' || isRerouted) && (
        <p
          className={css('break')}
          data-state={outForm === 'gap' ? 'problem' : onHold ? 'attention' : outbound.state}
          aria-hidden="true"
        >
          <b>{outWords(domain, outForm)}</b>
          {outSince !== null && ` since ${sinceWhen(outSince, now)}`}
          {mode.until !== null && `, until ${sinceWhen(mode.until, now)}`}
        </p>
      )}
      {domain.liveSince === null && <Arrival domain={domain.name} />}
    </>
  );
}

function outWords(domain: DomainOverview, form: LegForm): string {
  if (form === 'gate') return domain.mode.setBy === 'mailward' ? 'held by Mailward' : 'held by you';
  if (domain.outbound.cause !== null && domain.outbound.state !== 'ok') {
    return causeWords[domain.outbound.cause].short;
  }
  if (form === 'gap') return domain.outbound.words;
  return domain.mode.name === 'reroute' ? 'rerouted' : '';
}

function Station({ icon, name, children }: { icon: ReactNode; name: string; children?: ReactNode }) {
  return (
    <div className={css('station')}>
      <span className={css('stationIcon')} aria-hidden="true">
        {icon}
      </span>
      <span className={css('stationName')}>{name}</span>
      {children}
    </div>
  );
}

/** Held mail as a pile that grows with its order of magnitude: one, a few, tens, hundreds, thousands, more. */
function HeldStack({ domain, total, age }: { domain: string; total: number; age: number | null }) {
  const sheets = total === 1 ? 1 : Math.min(6, 2 + Math.floor(Math.log10(total)));
  return (
    <Link className={css('stack')} to="/queue" search={{ show: 'held', domain }}>
      <svg width="28" height={12 + sheets * 4} viewBox={`0 0 28 ${12 + sheets * 4}`} aria-hidden="true">
        {Array.from({ length: sheets }, (_, sheet) => {
          const y = 1 + (sheets - 1 - sheet) * 4;
          return (
            <g key={sheet} className={css('sheet')}>
              <rect x="2" y={y} width="24" height="14" rx="2" />
              {sheet === sheets - 1 && <path d={`M3 ${y + 2}l11 6 11-6`} />}
            </g>
          );
        })}
      </svg>
      <span className={css('stackWords')}>
        <strong>{count(total)} held</strong>
        {age !== null && <span>oldest {span(age)}</span>}
      </span>
    </Link>
  );
}

interface LegProps {
  label: string;
  state: HealthState;
  form: LegForm;
  perMinute: number;
  words: string;
  since: number | null;
  /** When it ends by itself. */
  until: number | null;
  onOpen: () => void;
}

function Leg({ label, state, form, perMinute, words, since, until, onOpen }: LegProps) {
  const now = useNow();
  const moving = form === 'open' ? flow(perMinute) : 0;
  return (
    <UnstyledButton className={css('leg')} data-state={state} data-form={form} onClick={onOpen}>
      <span className={css('rate')}>
        {form === 'open' ? (
          <>
            {rate(perMinute)}
            <span className={css('unit')}>/min</span>
          </>
        ) : (
          '\u00a0'
        )}
      </span>
      <svg className={css('drawing')} width="100%" height="20" aria-hidden="true">
        {form === 'open' ? (
          <>
            <line className={css('track')} x1="0" x2="100%" y1="10" y2="10" />
            {moving > 0 && (
              <line className={css('flow')} data-flow={moving} x1="0" x2="100%" y1="10" y2="10" />
            )}
          </>
        ) : (
          <>
            <line className={css('track')} x1="0" x2="38%" y1="10" y2="10" />
            <line className={css('track', 'beyond')} x1="62%" x2="100%" y1="10" y2="10" />
            <svg x="50%" overflow="visible">
              {form === 'gap' ? (
                <path className={css('cross')} d="m-5 5 10 10M5 5l-10 10" />
              ) : (
                <path className={css('gate')} d="M-4 3v14M4 3v14" />
              )}
            </svg>
          </>
        )}
        <svg x="100%" overflow="visible">
          <path className={css('head')} d="M-7 5l6 5-6 5" />
        </svg>
      </svg>
      <span className={css('words')}>
        {words !== '' && <span className={css('cause')}>{words}</span>}
        {since !== null && <span className={css('since')}>since {sinceWhen(since, now)}</span>}
        {until !== null && <span className={css('since')}>until {sinceWhen(until, now)}</span>}
        <span className={css('spoken')}>{label}: details</span>
      </span>
    </UnstyledButton>
  );
}

/** Five speeds are enough to tell a trickle from a flood, and keep the dashes from jumping with every figure. */
function flow(perMinute: number): number {
  if (perMinute <= 0) return 0;
  if (perMinute < 5) return 1;
  if (perMinute < 20) return 2;
  if (perMinute < 80) return 3;
  return perMinute < 400 ? 4 : 5;
}
