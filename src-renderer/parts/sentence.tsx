// How something is, in a sentence of the overview; of before, and said to be, while there is no connection.
import { useLostSince } from '../engine.tsx';
import { sinceWhen } from '../format.ts';
import { useNow } from './moment.tsx';

export function Sentence({ words }: { words: string }) {
  const lostSince = useLostSince();
  const now = useNow();
  if (lostSince === null) return words;
  return (
    <>
      Last known at {sinceWhen(lostSince, now)}: {words}
    </>
  );
}
