// Parsers of strangers' text, each with some thousand texts that are nearly right; a hundred times as many in parser-fuzz.long.test.ts.
import { expect, it } from 'vitest';
import { fuzzParser, targets, type TargetName } from './parser-fuzz.ts';

it.each(Object.keys(targets) as TargetName[])(
  '%s: 4,000 spoilt texts, and no answer that is none',
  (name) => {
    const { seed, wrong } = fuzzParser(name, 4_000);
    expect(wrong, `MAILWARD_SEED=${seed}`).toEqual([]);
  },
);
