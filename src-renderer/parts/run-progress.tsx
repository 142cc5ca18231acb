// A run under way: what is being asked, and until when an answer is waited for.
import { Loader } from '@mantine/core';
import { classesOf } from '../classes.ts';
import { counted } from '../format.ts';
import type { RunView } from '../health/run.ts';
import { useNow } from './moment.tsx';
import styles from './run-progress.module.css';
import barStyles from './bar.module.css';
import blockStyles from './blocks.module.css';
import textStyles from './text.module.css';

const css = classesOf(styles, barStyles, blockStyles, textStyles);

export function RunProgress({ going }: { going: NonNullable<RunView['going']> }) {
  const now = useNow();
  const { waiting, asked, done } = going;
  const open = asked.filter(({ name }) => !done.has(name));
  const last = Math.max(0, ...open.map(({ deadlineAt }) => deadlineAt));
  return (
    <section className={css('panel')} aria-label="What is being asked now">
      <p className={css('head')} role="status">
        <Loader size="xs" aria-hidden="true" />
        {waiting
          ? 'Another test of this domain is running; this one starts when it has finished.'
          : asked.length === 0
            ? 'Starting the test.'
            : open.length === 0
              ? 'All checks have finished; saving the results.'
              : `${done.size} of ${counted(asked.length, 'check')} ${done.size === 1 ? 'has' : 'have'} finished.`}
        {open.length > 0 && (
          <span className={css('soft', 'nowrap')}>{seconds(last - now)} left at most.</span>
        )}
      </p>
      {open.length > 0 && (
        <ul className={css('list')}>
          {open.map(({ name, title, question, startedAt, deadlineAt }) => (
            <li key={name}>
              <span className={css('name')}>{title}</span>
              <span className={css('soft')}>{question}</span>
              <span className={css('time')}>
                <span className={css('bar')} aria-hidden="true">
                  <span
                    style={{
                      width: `${Math.min(100, Math.max(0, ((now - startedAt) / (deadlineAt - startedAt)) * 100))}%`,
                    }}
                  />
                </span>
                <span className={css('small', 'nowrap')}>{seconds(deadlineAt - now)} left</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function seconds(milliseconds: number): string {
  return `${Math.max(0, Math.ceil(milliseconds / 1000))} s`;
}
