// A run under way: what is being asked, and until when an answer is waited for.
import { Loader } from '@mantine/core';
import { counted } from '../format.ts';
import { checkWords } from '../health/health.ts';
import type { RunView } from '../health/run.ts';
import { useNow } from './moment.tsx';

export function RunProgress({ going }: { going: NonNullable<RunView['going']> }) {
  const now = useNow();
  const { waiting, asked, done } = going;
  const open = asked.filter(({ name }) => !done.has(name));
  const last = Math.max(0, ...open.map(({ deadlineAt }) => deadlineAt));
  return (
    <section className="progress panel" aria-label="What is being asked now">
      <p className="progress-head" role="status">
        <Loader size="xs" aria-hidden="true" />
        {waiting
          ? 'Another test of this domain is under way; this one begins when it has ended.'
          : asked.length === 0
            ? 'Asking the engine to begin.'
            : open.length === 0
              ? 'All have answered; the answers are being kept.'
              : `${done.size} of ${counted(asked.length, 'check')} have answered.`}
        {open.length > 0 && (
          <span className="soft nowrap">All will have in {seconds(last - now)} at most.</span>
        )}
      </p>
      {open.length > 0 && (
        <ul className="progress-list">
          {open.map(({ name, question, startedAt, deadlineAt }) => (
            <li key={name}>
              <span className="progress-name">{checkWords(name)}</span>
              <span className="soft progress-question">{question}</span>
              <span className="progress-time">
                <span className="progress-bar" aria-hidden="true">
                  <span
                    style={{
                      width: `${Math.min(100, Math.max(0, ((now - startedAt) / (deadlineAt - startedAt)) * 100))}%`,
                    }}
                  />
                </span>
                <span className="small nowrap">{seconds(deadlineAt - now)} left</span>
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
