// DANE: what a server's zone demands of the connection to it.
import { FakeClock } from '../../clock/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { demandOf, type SecureResolver } from '../../../src-main/relay/smtp/dane.ts';
import type { Tlsa } from '../../../src-main/tls/dane.ts';

const record = (usage: number, selector: number, matchingType: number, data: Uint8Array): Tlsa => ({
  usage,
  selector,
  matchingType,
  data,
});

describe('what a zone demands', () => {
  const tlsa = record(3, 1, 1, new Uint8Array(32));
  const resolver = (host: boolean, records: Tlsa[], secure = true): SecureResolver & { asked: string[] } => {
    const asked: string[] = [];
    return {
      asked,
      addresses: () => Promise.resolve({ secure: host, records: ['192.0.2.1'] }),
      tlsa: (name) => {
        asked.push(name);
        return Promise.resolve({ secure, records });
      },
    };
  };

  const clock = new FakeClock();

  it('is a certificate where the zone is signed and names one', async () => {
    const signedZone = resolver(true, [tlsa]);
    expect(await demandOf('mail.example', 2525, signedZone, clock)).toEqual({
      kind: 'match',
      records: [tlsa],
    });
    expect(signedZone.asked).toEqual(['_2525._tcp.mail.example']);
  });

  it('is nothing where the zone is not signed, says nothing, or there is no zone', async () => {
    const unsigned = resolver(false, [tlsa]);
    expect(await demandOf('mail.example', 25, unsigned, clock)).toEqual({ kind: 'none' });
    expect(unsigned.asked).toEqual([]);
    expect(await demandOf('mail.example', 25, resolver(true, []), clock)).toEqual({ kind: 'none' });
    expect(await demandOf('mail.example', 25, resolver(true, [tlsa], false), clock)).toEqual({
      kind: 'none',
    });
    expect(await demandOf('192.0.2.1', 25, resolver(true, [tlsa]), clock)).toEqual({ kind: 'none' });
  });

  it('is encryption where every record is of a kind that mail cannot use', async () => {
    const others = [record(0, 1, 1, new Uint8Array(32)), record(3, 1, 1, new Uint8Array(5))];
    expect(await demandOf('mail.example', 25, resolver(true, others), clock)).toEqual({ kind: 'encrypt' });
  });

  it('is not known when DNS does not answer', async () => {
    const fails = resolver(true, []);
    fails.tlsa = () => Promise.reject(new Error('SERVFAIL'));
    await expect(demandOf('mail.example', 25, fails, clock)).rejects.toThrow('SERVFAIL');
    const silent = resolver(true, []);
    silent.addresses = () => new Promise(() => undefined);
    const asked = demandOf('mail.example', 25, silent, clock);
    clock.pass(10_000);
    await expect(asked).rejects.toThrow(/no answer/);
  });
});
