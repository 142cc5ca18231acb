// The mark of a state: a shape, a colour and a word, so that none of them has to be seen alone.
import type { ReactNode } from 'react';
import type { MessageState } from '../../shared/message.ts';
import type { HealthState } from '../../shared/state.ts';
import { classesOf } from '../classes.ts';
import { healthWords, stateHealth, stateMeanings, stateWords } from '../words.ts';
import styles from './state-mark.module.css';

const css = classesOf(styles);

/** The shape alone; the word must stand beside it. */
export function StateShape({ state, size = 16 }: { state: HealthState; size?: number }) {
  return (
    <svg
      className={css('shape')}
      data-state={state}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {shapes[state]}
    </svg>
  );
}

const shapes: Readonly<Record<HealthState, ReactNode>> = {
  ok: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  attention: (
    <>
      <path d="M8 1.6 15 14H1z" fill="currentColor" strokeLinejoin="round" />
      <path d="M8 6v3.600M8 11.400v.8" stroke="var(--page)" strokeWidth="1.6" strokeLinecap="round" />
    </>
  ),
  problem: <path d="m3 3 10 10M13 3 3 13" stroke="currentColor" strokeWidth="3" strokeLinecap="round" />,
  'could-not-check': (
    <g stroke="currentColor" fill="none" strokeWidth="1.4">
      <circle cx="8" cy="8" r="6" />
      <path d="m3.9 8.6 4.7-4.700M4.8 12.400l7.6-7.600M7.4 13l5.6-5.6" />
    </g>
  ),
  'not-applicable': <circle cx="8" cy="8" r="5.2" fill="none" stroke="currentColor" strokeWidth="1.6" />,
};

/** Shape and word of a health state. */
export function StateMark({ state, word }: { state: HealthState; word?: string }) {
  return (
    <span className={css('state')} data-state={state}>
      <StateShape state={state} />
      <span>{word ?? healthWords[state]}</span>
    </span>
  );
}

interface MessageMarkProps {
  state: MessageState;
  attempts: number;
  /** Where it is being sent instead of the domain's server, while it is. */
  via?: string | undefined;
}

/** Shape and word of a message's or a recipient's state; its meaning on hover. */
export function MessageMark({ state, attempts, via }: MessageMarkProps) {
  const health = stateHealth(state, attempts);
  const meaning =
    via === undefined ? stateMeanings[state] : `It is being sent via ${via} instead of your server.`;
  return (
    <span className={css('state')} data-state={health} title={meaning}>
      <StateShape state={health} />
      <span>{via === undefined ? stateWords[state] : 'rerouted'}</span>
    </span>
  );
}
