// A run of checks as a screen follows it: what is asked, what has answered, what was found so far.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { AskedCheck, CheckEvent } from '../../shared/check-run.ts';
import type { Finding } from '../../shared/finding.ts';
import { useEngine } from '../engine.tsx';
import { errorWords } from '../words.ts';

export interface RunView {
  /** Null when nothing is being asked. */
  going: { waiting: boolean; asked: readonly AskedCheck[]; done: ReadonlySet<string> } | null;
  /** What this run found so far; of the latest run, until it is in the history. */
  found: readonly Finding[];
  /** Why the last run broke off; null when it did not. */
  broken: string | null;
}

const resting: RunView = { going: null, found: [], broken: null };

/** What a view becomes with an event. */
function after(view: RunView, event: CheckEvent): RunView {
  const going = view.going ?? { waiting: false, asked: [], done: new Set() };
  switch (event.kind) {
    case 'waiting':
      return { ...view, going: { ...going, waiting: true } };
    case 'started':
      return { ...view, going: { waiting: false, asked: event.checks, done: new Set() } };
    case 'finding':
      return { ...view, found: [...view.found, event.finding] };
    case 'done':
      return { ...view, going: { ...going, done: new Set([...going.done, event.check]) } };
    case 'ended':
      return view;
  }
}

/** Runs checks of a domain and follows them for as long as the screen is shown; the run itself goes on without it. */
export function useCheckRun(domain: string) {
  const { client, orpc } = useEngine();
  const queries = useQueryClient();
  const [view, setView] = useState<RunView>(resting);
  const leave = useRef<() => void>(() => undefined);
  useEffect(() => () => leave.current(), []);

  /** @param check null: all that run unasked. */
  const start = async (check: string | null): Promise<void> => {
    leave.current();
    let left = false;
    let events: AsyncGenerator<CheckEvent> | null = null;
    leave.current = () => {
      left = true;
      void events?.return(undefined).catch(() => undefined);
    };
    setView({ going: { waiting: false, asked: [], done: new Set() }, found: [], broken: null });
    let broken: string | null = null;
    try {
      const input = { domain };
      events = (
        check === null ? await client.checks.runAll(input) : await client.checks.run({ ...input, check })
      ) as AsyncGenerator<CheckEvent>;
      // A screen that was left meanwhile must still end the stream.
      if (!isLeft()) {
        for await (const event of events) {
          if (isLeft()) break;
          setView((before) => after(before, event));
        }
      } else await events.return(undefined);
    } catch (error) {
      broken = errorWords(error);
    }
    if (isLeft()) return;
    await queries.invalidateQueries({ queryKey: orpc.checks.key() });
    setView({ ...resting, broken });

    function isLeft(): boolean {
      return left;
    }
  };
  return { view, start };
}
