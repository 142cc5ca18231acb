// The mail-flow picture of one domain's health: every check on the leg of the way that it is about.
import { UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconServer2, IconWorld } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type CheckWithFindings, countStates, ofLeg, stateOfLeg } from '../../shared/asked.ts';
import type { Leg } from '../../shared/finding.ts';
import type { HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { counted } from '../format.ts';
import { healthWords } from '../words.ts';
import { BrandMark } from './shell.tsx';
import { StateShape } from './state-mark.tsx';
import styles from './health-path.module.css';
import textStyles from './text.module.css';
import wayStyles from './way.module.css';

const css = classesOf(styles, textStyles, wayStyles);

interface HealthPathProps {
  all: readonly CheckWithFindings[];
  /** Checks that are being asked now. */
  asking: ReadonlySet<string>;
  /** The office's server, as the route names it; empty where it is not known. */
  server: string;
  onCheck: (name: string) => void;
}

const legs: readonly { leg: Leg; title: string }[] = [
  { leg: 'inbound', title: 'How mail reaches Mailward' },
  { leg: 'here', title: 'Mailward itself' },
  { leg: 'outbound', title: 'Delivery to your server' },
  { leg: 'judged', title: 'How other servers judge your mail' },
];

export function HealthPath({ all, asking, server, onCheck }: HealthPathProps) {
  const state = (leg: Leg) => stateOfLeg(all, leg);
  return (
    <section className={css('way')} aria-label="Mail flow, and what the checks found">
      <div className={css('line')} aria-hidden="true">
        <Station icon={<IconWorld size={24} stroke={1.5} />} name="Internet" />
        <LegLine state={state('inbound')} />
        <Station icon={<BrandMark size={32} />} name="Mailward" state={state('here')} />
        <LegLine state={state('outbound')} />
        <Station icon={<IconServer2 size={24} stroke={1.5} />} name="your server">
          {server !== '' && <span className={css('host')}>{server}</span>}
        </Station>
      </div>
      <div className={css('legs')}>
        {legs.map(({ leg, title }) => (
          <LegChecks
            key={leg}
            leg={leg}
            title={title}
            checks={ofLeg(all, leg)}
            state={state(leg)}
            asking={asking}
            onCheck={onCheck}
          />
        ))}
      </div>
    </section>
  );
}

interface StationProps {
  icon: ReactNode;
  name: string;
  /** Of the checks that are about the station itself. */
  state?: HealthState | null;
  children?: ReactNode;
}

function Station({ icon, name, state = null, children }: StationProps) {
  return (
    <div className={css('station')}>
      <span className={css('stationIcon')}>{icon}</span>
      <span className={css('stationName', 'named')}>
        {state !== null && state !== 'ok' && <StateShape state={state} size={14} />}
        {name}
      </span>
      {children}
    </div>
  );
}

/** A leg with a problem has a gap; one that nobody could look at is dashed. */
function LegLine({ state }: { state: HealthState | null }) {
  const isBroken = state === 'problem';
  return (
    <svg className={css('leg')} data-state={state ?? 'not-applicable'} height="20" width="100%">
      {isBroken ? (
        <>
          <line className={css('track')} x1="0" x2="38%" y1="10" y2="10" />
          <line className={css('track')} x1="62%" x2="100%" y1="10" y2="10" />
          <svg x="50%" overflow="visible">
            <path className={css('cross')} d="m-5 5 10 10M5 5l-10 10" />
          </svg>
        </>
      ) : (
        <line className={css('track')} x1="0" x2="100%" y1="10" y2="10" />
      )}
      <svg x="100%" overflow="visible">
        <path className={css('head')} d="M-7 5l6 5-6 5" />
      </svg>
    </svg>
  );
}

interface LegChecksProps {
  leg: Leg;
  title: string;
  checks: readonly CheckWithFindings[];
  state: HealthState | null;
  asking: ReadonlySet<string>;
  onCheck: (name: string) => void;
}

function LegChecks({ leg, title, checks, state, asking, onCheck }: LegChecksProps) {
  return (
    <div className={css('checks')} data-leg={leg} data-state={state ?? 'not-applicable'}>
      <h2>{title}</h2>
      <p className={css('soft', 'small')}>{legSentence(checks, asking)}</p>
      <ul>
        {[...checks.filter(isNotable), ...checks.filter((one) => !isNotable(one))].map((one) => {
          const { check, state: found } = one;
          const isAsked = asking.has(check.name);
          return (
            <li key={check.name} data-notable={isNotable(one)}>
              <UnstyledButton
                className={css('check')}
                data-busy={isAsked}
                title={check.question}
                onClick={() => onCheck(check.name)}
              >
                <StateShape state={isAsked ? 'not-applicable' : (found ?? 'not-applicable')} />
                <span className={css('name')}>{check.title}</span>
                {isAsked ? (
                  <span className={css('word')}>running…</span>
                ) : found !== null && isNotable(one) ? (
                  <span className={css('word')}>{healthWords[found]}</span>
                ) : (
                  <VisuallyHidden>{found === null ? 'not run yet' : healthWords[found]}</VisuallyHidden>
                )}
              </UnstyledButton>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** These get a line of their own; the others stand side by side. */
function isNotable({ state }: CheckWithFindings): boolean {
  return state !== null && state !== 'ok' && state !== 'not-applicable';
}

function legSentence(checks: readonly CheckWithFindings[], asking: ReadonlySet<string>): string {
  if (checks.length === 0) return 'There are no checks here.';
  if (checks.every(({ state }) => state === null)) return 'Not tested yet.';
  const asked = checks.filter(({ check }) => asking.has(check.name)).length;
  // What is counted while a check is asked again would be partly of before.
  if (asked > 0) return `Running ${counted(asked, 'check')}…`;
  const { problem, attention, 'could-not-check': unknown, ok: fine } = countStates(checks);
  const wrong = problem + attention;
  const parts = [
    ...(wrong > 0 ? [`${counted(wrong, 'check')} found something`] : []),
    ...(unknown > 0 ? [`${unknown} could not be completed`] : []),
    ...(fine > 0 ? [`${fine} passed`] : []),
  ];
  return parts.length === 0 ? 'Nothing to check here.' : `${parts.join(', ')}.`;
}
