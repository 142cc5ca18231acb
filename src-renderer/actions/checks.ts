// What can be done about checks: to run one or all of them for a domain, to read about one, to take evidence along.
import { IconBook2, IconCopy, IconRefresh, IconStethoscope } from '@tabler/icons-react';
import type { CheckInfo } from '../../shared/finding.ts';
import type { Action } from './action.ts';

/** Checks of a domain that are run, or could be. */
export interface OnRun {
  /** They are running now. */
  running: boolean;
  /** They ran before. */
  tested: boolean;
  /** Starts them; the screen follows the run. */
  start: () => void;
}

export interface OnCheck extends OnRun {
  check: CheckInfo;
}

const started = (start: () => void) => {
  start();
  return Promise.resolve(null);
};

function testWord({ running, tested }: OnRun): string {
  if (running) return 'Testing…';
  return tested ? 'Test again' : 'Test this';
}

const test: Action<OnCheck> = {
  id: 'check.test',
  icon: IconRefresh,
  word: testWord,
  running: ({ running }) => running,
  spoken: (on) => `${testWord(on)}: ${on.check.title}`,
  deed: { kind: 'do', failed: 'The test did not start', run: ({ start }) => started(start) },
};

const about: Action<{ check: CheckInfo }> = {
  id: 'check.about',
  icon: IconBook2,
  word: () => 'About this check',
  spoken: ({ check }) => `About this check: ${check.title}`,
  deed: {
    kind: 'go',
    to: ({ check }) => ({ to: '/manual/checks/$check', params: { check: check.name } }),
  },
};

export const checkActions = { test, about };

/** All that run unasked. */
export const testAll: Action<OnRun> = {
  id: 'checks.test-all',
  icon: IconStethoscope,
  running: ({ running }) => running,
  word: ({ running, tested }) => (running ? 'Testing…' : tested ? 'Test all again' : 'Test now'),
  deed: { kind: 'do', failed: 'The test did not start', run: ({ start }) => started(start) },
};

/** `text`: the evidence as it goes into a mail or a ticket. */
export const copyEvidence: Action<{ text: string }> = {
  id: 'evidence.copy',
  icon: IconCopy,
  word: () => 'Copy the evidence',
  deed: {
    kind: 'do',
    failed: 'The browser does not allow copying here',
    run: async ({ text }) => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        throw new Error('Select the text and copy it by hand.');
      }
      return {
        title: 'The evidence is copied',
        words: 'Paste it into your message to whoever can fix it.',
      };
    },
  },
};
