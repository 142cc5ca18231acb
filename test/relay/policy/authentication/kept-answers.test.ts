// What DNS said to one message counts for the next as long as it may be kept, and no message can change it for another.
import { expect, it } from 'vitest';
import { KeptAnswers } from '../../../../src-main/relay/policy/authentication/kept-answers.ts';

it('keeps an answer, and that there is none, for as long as it is told, and no longer', () => {
  let now = 1_000;
  const kept = new KeptAnswers(() => now);
  const absent = { message: 'no such name', code: 'ENOTFOUND' };
  kept.set('there', { value: [['v=spf1 -all']] }, 60_000);
  kept.set('absent', absent, 30_000);
  kept.set('not to be kept', { value: [['x']] }, 0);
  expect(kept.get('there')).toEqual({ value: [['v=spf1 -all']] });
  expect(kept.get('absent')).toEqual(absent);
  expect(kept.get('not to be kept')).toBeNull();
  now = 31_000;
  expect(kept.get('absent')).toBeNull();
  expect(kept.get('there')).not.toBeNull();
  // What it is told anew counts.
  kept.set('there', { value: [['v=spf1 +all']] }, 60_000);
  now = 90_999;
  expect(kept.get('there')).toEqual({ value: [['v=spf1 +all']] });
  kept.set('there', absent, 0);
  expect(kept.get('there')).toBeNull();
});

it('lets nobody change what others get', () => {
  const kept = new KeptAnswers(() => 0);
  const answer = { value: [{ exchange: 'mx.example.org', priority: 10 }] };
  kept.set('MX', answer, 1_000);
  expect(() => answer.value.push({ exchange: 'evil.test', priority: 0 })).toThrow(TypeError);
  expect(() => Object.assign(answer.value[0]!, { priority: 0 })).toThrow(TypeError);
});

it('is bounded, whatever strangers have it ask for', () => {
  const kept = new KeptAnswers(() => 0);
  kept.set('long', { value: [['x'.repeat(5_000)]] }, 1_000);
  expect(kept.get('long')).toBeNull();
  for (let number = 0; number < 6_000; number++) kept.set(`n${number}`, { value: [] }, 1_000);
  expect(kept.get('n999')).toBeNull();
  expect(kept.get('n1000')).not.toBeNull();
  expect(kept.get('n5999')).not.toBeNull();
});
