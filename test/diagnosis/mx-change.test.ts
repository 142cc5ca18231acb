// How far a change of MX records is: never over while anybody may have the old records.
import { describe, expect, it } from 'vitest';
import type { ServerView } from '../../shared/facts/mx-propagation.ts';
import type { MxChange } from '../../shared/mx-change.ts';
import { afterLook, afterNothing } from '../../src-main/diagnosis/mx-change.ts';

const old = [{ preference: 10, exchange: 'mail.office.example' }];
const wanted = [{ preference: 10, exchange: 'relay.example.net' }];
const t0 = Date.UTC(2026, 10, 27, 12);
const SECOND = 1000;

const begun: MxChange = {
  ...{ domain: 'office.example', direction: 'in', startedAt: t0, wanted, before: old, beforeTtl: 600 },
  ...{ stage: 'to-do', lookedAt: null, trouble: '', items: [], sinceAll: null, until: null, doneAt: null },
};

function view(kind: ServerView['kind'], name: string, mx: typeof old | null, ttl = 0): ServerView {
  const asked = { kind, name, address: name, place: '' };
  // `agrees` is with most name servers, whatever these have.
  return mx === null
    ? { ...asked, state: 'silent', mx, ttl: null, until: null }
    : { ...asked, state: 'agrees', mx, ttl, until: null };
}
const ns = (name: string, mx: typeof old | null) => view('authoritative', name, mx);
const resolver = (name: string, mx: typeof old | null, ttl = 0) => view('resolver', name, mx, ttl);
const look = (change: MxChange, seconds: number, ...items: ServerView[]) =>
  afterLook(change, { at: t0 + seconds * SECOND, items });

describe('a change', () => {
  it('goes from the first name server to the last, and is over when no old answer can live', () => {
    let change = look(begun, 10, ns('a', old), ns('b', old));
    expect(change.stage).toBe('to-do');
    change = look(change, 20, ns('a', wanted), ns('b', old));
    expect(change).toMatchObject({ stage: 'partly', sinceAll: null, until: null });
    change = look(change, 30, ns('a', wanted), ns('b', wanted), resolver('r', old, 300));
    // Not the resolver's 300 s: somebody else may have asked just before the change.
    expect(change).toMatchObject({ stage: 'spreading', sinceAll: t0 + 30_000, until: t0 + 630_000 });
    change = look(change, 400, ns('a', wanted), ns('b', wanted), resolver('r', wanted));
    expect(change).toMatchObject({ stage: 'spreading', until: t0 + 630_000, doneAt: null });
    change = look(change, 631, ns('a', wanted), ns('b', wanted), resolver('r', wanted));
    expect(change).toMatchObject({ stage: 'done', doneAt: t0 + 631_000 });
  });

  it('takes longer where a resolver keeps the old records longer than it should', () => {
    let change = look(begun, 0, ns('a', wanted), resolver('r', old, 3600));
    expect(change.until).toBe(t0 + 3_600_000);
    change = look(change, 700, ns('a', wanted), resolver('r', old, 2900));
    expect(change).toMatchObject({ stage: 'spreading', until: t0 + 3_600_000 });
  });

  it('begins anew when a name server goes back', () => {
    let change = look(begun, 0, ns('a', wanted), ns('b', wanted));
    change = look(change, 60, ns('a', wanted), ns('b', old));
    expect(change).toMatchObject({ stage: 'partly', sinceAll: null, until: null });
  });

  it('does not wait for a name server that does not answer, nor counts it', () => {
    expect(look(begun, 0, ns('a', wanted), ns('b', null)).stage).toBe('spreading');
    const spreading = look(begun, 0, ns('a', wanted));
    expect(look(spreading, 60, ns('a', null))).toMatchObject({
      stage: 'spreading',
      trouble: 'no name server of the domain answers',
    });
  });

  it('is where it was when nothing could be seen', () => {
    const spreading = look(begun, 0, ns('a', wanted));
    const after = afterNothing(spreading, t0 + 60_000, 'the network is down');
    expect(after).toMatchObject({
      stage: 'spreading',
      until: spreading.until,
      trouble: 'the network is down',
    });
    expect(look(after, 120, ns('a', wanted)).trouble).toBe('');
  });
});
