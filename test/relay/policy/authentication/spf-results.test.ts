// A known SPF result is used again only for the very same client and sender, and only while everything that it rests on still counts.
import { describe, expect, it } from 'vitest';
import { SpfResults } from '../../../../src-main/relay/policy/authentication/spf-results.ts';
import { authenticate, type SmtpClient } from '../../../../src-main/relay/policy/authentication/verify.ts';
import type { Resolve } from '../../../../src-main/relay/resolver.ts';

const client: SmtpClient = {
  ip: '192.0.2.1',
  helo: 'mail.example.org',
  sender: 'anna@example.org',
  mta: 'mx.example.com',
};
const content = Buffer.from('From: anna@example.org\r\n\r\nHello\r\n');

/** DNS with these TXT and A records, each kept as long as it says. */
class Dns {
  asked: string[] = [];
  records: Record<string, { answer: unknown; keeps: number }> = {};

  resolve: Resolve = Object.assign(
    async (name: string, type: string) => {
      this.asked.push(`${type} ${name}`);
      await Promise.resolve();
      const { answer = null } = this.records[`${type} ${name}`] ?? {};
      if (answer === null) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      if (answer instanceof Error) throw answer;
      return answer;
    },
    { keeps: (name: string, type: string) => this.records[`${type} ${name}`]?.keeps ?? 60_000 },
  );

  set(question: string, answer: unknown, keeps = 60_000): void {
    this.records[question] = { answer, keeps };
  }
}

class Bench {
  now = 1_000;
  dns = new Dns();
  results = new SpfResults(() => this.now);

  /** SPF's word for a message, and whether DNS was asked about it. */
  async spf(changes: Partial<SmtpClient> = {}, resolver = 1): Promise<[string, boolean]> {
    this.dns.asked = [];
    const { spf } = await authenticate(
      content,
      { ...client, ...changes },
      this.dns.resolve,
      this.results.by(resolver),
    );
    return [spf.status.result, this.dns.asked.includes('TXT example.org')];
  }
}

describe('the next message of the same client and sender', () => {
  it('gets the result that is known, until the first of the answers it rests on has to be asked again', async () => {
    const bench = new Bench();
    bench.dns.set('TXT example.org', [['v=spf1 a:out.example.org -all']], 60_000);
    bench.dns.set('A out.example.org', ['192.0.2.1'], 5_000);
    expect(await bench.spf()).toEqual(['pass', true]);
    expect(await bench.spf()).toEqual(['pass', false]);
    bench.dns.set('A out.example.org', ['192.0.2.9'], 5_000);
    bench.now += 4_999;
    expect(await bench.spf()).toEqual(['pass', false]);
    bench.now += 1;
    expect(await bench.spf()).toEqual(['fail', true]);
    expect(await bench.spf()).toEqual(['fail', false]);
  });

  it('says the same on top of the message', async () => {
    const bench = new Bench();
    bench.dns.set('TXT example.org', [['v=spf1 ip4:192.0.2.1 -all']]);
    const ask = () => authenticate(content, client, bench.dns.resolve, bench.results.by(1));
    expect(await ask()).toEqual(await ask());
  });
});

describe('another', () => {
  it.each<[string, Partial<SmtpClient>, number]>([
    ['sender of the domain, whom macros tell apart,', { sender: 'bert@example.org' }, 1],
    ['client', { ip: '192.0.2.2' }, 1],
    ['name in EHLO', { helo: 'other.example.org' }, 1],
    ['resolver', {}, 2],
  ])('%s is asked about', async (_words, changes, resolver) => {
    const bench = new Bench();
    bench.dns.set('TXT example.org', [['v=spf1 exists:%{l}.%{i}.%{h}.example.org -all']]);
    bench.dns.set('A anna.192.0.2.1.mail.example.org.example.org', ['127.0.0.2']);
    expect(await bench.spf()).toEqual(['pass', true]);
    expect(await bench.spf(changes, resolver)).toEqual([resolver === 2 ? 'pass' : 'fail', true]);
    expect(await bench.spf()).toEqual(['pass', false]);
  });
});

it('asks again what DNS did not answer', async () => {
  const bench = new Bench();
  bench.dns.set('TXT example.org', Object.assign(new Error('no answer'), { code: 'ETIMEOUT' }), 0);
  expect(await bench.spf()).toEqual(['temperror', true]);
  bench.dns.set('TXT example.org', [['v=spf1 ip4:192.0.2.1 -all']], 0);
  expect(await bench.spf()).toEqual(['pass', true]);
  // Of a resolver that lets nothing be kept, nothing is.
  expect(await bench.spf()).toEqual(['pass', true]);
});
