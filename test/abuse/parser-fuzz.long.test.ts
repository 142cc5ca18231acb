// Parsers of strangers' text, each with some hundred thousand texts that are nearly right.
import { expect, it } from 'vitest';
import { fuzzParser, targets, type TargetName } from './parser-fuzz.ts';

it.each(Object.keys(targets) as TargetName[])(
  '%s: 400,000 spoilt texts, and no answer that is none',
  { timeout: 1_800_000 },
  (name) => {
    const { seed, wrong } = fuzzParser(name, 400_000);
    expect(wrong, `MAILWARD_SEED=${seed}`).toEqual([]);
  },
);
