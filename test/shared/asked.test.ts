// What checks found, put together by check and by leg of the mail's way: nothing is well that is not known to be.
import { describe, expect, it } from 'vitest';
import { countStates, gather, stateOfLeg } from '../../shared/asked.ts';
import type { CheckInfo, Finding } from '../../shared/finding.ts';

const check = (name: string, more: Partial<CheckInfo> = {}): CheckInfo => ({
  ...{ name, title: name, area: 'dns', leg: 'inbound', question: '?', needs: [], deadlineMs: 1 },
  ...{ onRequest: false, findings: {} },
  ...more,
});
const found = (name: string, state: Finding['state'], at = 1, subject = ''): Finding => ({
  ...{ check: name, code: state, subject, state, severity: state === 'problem' ? 'urgent' : null },
  ...{ summary: '', evidence: [], facts: {}, at, tookMs: 1 },
});

describe('checks with what they found', () => {
  it('have the gravest finding first and its state, and what a present run found in place of what was before', () => {
    const checks = [check('a'), check('b'), check('c'), check('d')];
    const before = [
      found('a', 'ok'),
      found('a', 'problem', 2, 'ns1'),
      found('b', 'problem'),
      found('c', 'ok'),
    ];
    const all = gather(checks, before, [found('b', 'ok', 9)], new Set(['b', 'c']));
    expect(all.map(({ state, at, isOld, findings }) => [state, at, isOld, findings[0]?.subject])).toEqual([
      ['problem', 2, false, 'ns1'],
      ['ok', 9, false, ''],
      ['ok', 1, true, ''],
      [null, null, false, undefined],
    ]);
    expect(countStates(all)).toMatchObject({ problem: 1, ok: 2, unknown: 1 });
  });
});

describe('a leg', () => {
  const legs = (checks: CheckInfo[], findings: Finding[], asking: string[] = []) =>
    stateOfLeg(gather(checks, findings, [], new Set(asking)), 'inbound');

  it('is well when each of its checks is, but for those that run only when asked for', () => {
    const checks = [check('a'), check('b'), check('c', { onRequest: true }), check('d', { leg: 'here' })];
    expect(legs(checks, [found('a', 'ok'), found('b', 'not-applicable')])).toBe('ok');
  });

  it('is not known to be well while one of its checks was not run, or is asked again', () => {
    const checks = [check('a'), check('b')];
    expect(legs(checks, [found('a', 'ok')])).toBeNull();
    expect(legs(checks, [found('a', 'ok'), found('b', 'ok')], ['b'])).toBeNull();
    expect(legs(checks, [])).toBeNull();
  });

  it('is broken as soon as one of its checks says so', () => {
    expect(legs([check('a'), check('b')], [found('a', 'problem')])).toBe('problem');
  });
});
