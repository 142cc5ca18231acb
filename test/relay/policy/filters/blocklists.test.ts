// Public blocklists: what counts as a listing, what never does (RFC 5782), and what the weights come to.
import { systemClock } from '../../../../src-main/clock/watched.ts';
import { expect, it } from 'vitest';
import { settingsSchema } from '../../../../shared/settings.ts';
import { Blocklists } from '../../../../src-main/relay/policy/filters/blocklists.ts';
import { reversed, inNetworks, sameAddress } from '../../../../src-main/relay/policy/filters/ip-addresses.ts';
import { cachingResolver } from '../../../../src-main/relay/policy/filters/resolver.ts';
import { NameServer, type Zone } from '../../../lab/dns.ts';

const working = (zone: string): Zone => ({ [`2.0.0.127.${zone}`]: { A: ['127.0.0.2'] } });

async function ask(zone: Zone, lists: string[], address = '192.0.2.99', score = 4) {
  await using names = await new NameServer(zone).start();
  const settings = settingsSchema.parse({
    filters: { blocklistZones: lists, blocklistScore: score },
  }).filters;
  const [answer] = await new Blocklists(systemClock.steady).ask(
    { address },
    {
      settings,
      resolve: cachingResolver([names.address], systemClock.steady),
      signal: new AbortController().signal,
    },
  );
  return { ...answer!, asked: names.asked };
}

it('adds the weights of the lists that have the address', async () => {
  const zone = {
    ...working('one.test'),
    ...working('two.test'),
    '99.2.0.192.one.test': { A: ['127.0.0.4'], TXT: ['see https://one.test/99'] },
    '99.2.0.192.two.test': { A: ['127.0.0.2'] },
  };
  const both = await ask(zone, ['one.test=3', 'two.test=2']);
  expect(both.result).toBe('fail');
  expect(both.evidence).toContain(
    '192.0.2.99 is listed by one.test (127.0.0.4, weight 3): see https://one.test/99',
  );
  expect((await ask(zone, ['one.test=3'])).result).toBe('pass');
  expect((await ask(zone, ['one.test=4'])).result).toBe('fail');
  expect((await ask(zone, ['one.test=4'], '192.0.2.98')).result).toBe('pass');
});

it('asks for an IPv6 address by its nibbles', async () => {
  const name = 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2';
  expect(reversed('2001:db8:1:2:3:4:567:89ab')).toBe(name);
  const zone = { ...working('one.test'), [`${name}.one.test`]: { A: ['127.0.0.2'] } };
  expect((await ask(zone, ['one.test=4'], '2001:db8:1:2:3:4:567:89ab')).result).toBe('fail');
});

it.each(['127.255.255.252', '127.255.255.254', '127.255.255.255', '127.0.0.1', '203.0.113.5'])(
  'never takes %s for a listing',
  async (code) => {
    const answer = await ask({ ...working('one.test'), '99.2.0.192.one.test': { A: [code] } }, [
      'one.test=9',
    ]);
    expect(answer.result).toBe('could-not-check');
    expect(answer.evidence[0]).toContain(code);
  },
);

it('ignores a list that fails its own test points', async () => {
  const listed = { '99.2.0.192.one.test': { A: ['127.0.0.2'] } };
  // Everything is listed, nothing is, or it refuses us.
  const everything = { ...working('one.test'), '1.0.0.127.one.test': { A: ['127.0.0.2'] }, ...listed };
  expect(await ask(everything, ['one.test=9'])).toMatchObject({ result: 'could-not-check' });
  expect(await ask(listed, ['one.test=9'])).toMatchObject({ result: 'could-not-check' });
  const refusing: Zone = { '2.0.0.127.one.test': { A: ['127.255.255.254'] }, ...listed };
  const answer = await ask(refusing, ['one.test=9']);
  expect(answer.evidence[0]).toContain('does not serve public resolvers');
});

it('never takes for a listing what a list says of good senders', async () => {
  const karma = 'hostkarma.junkemailfilter.com';
  const answers = (code: string): Zone => ({
    ...working(karma),
    // The list of this name calls its own test point good.
    [`1.0.0.127.${karma}`]: { A: ['127.0.0.1'] },
    [`99.2.0.192.${karma}`]: { A: [code, '127.0.1.1'] },
  });
  for (const code of ['127.0.0.1', '127.0.0.3', '127.0.0.5'])
    expect(await ask(answers(code), [`${karma}=9`])).toMatchObject({
      ...{ result: 'pass', evidence: [`192.0.2.99 is not listed by ${karma}`] },
    });
  const black = await ask(answers('127.0.0.2'), [`${karma}=9`]);
  expect(black.result).toBe('fail');
  expect(black.evidence[0]).toContain('(127.0.0.2, weight 9)');
});

it('counts no code of which nobody knows the meaning, and says so', async () => {
  const zone = {
    ...working('bl.spamcop.net'),
    ...working('psbl.surriel.com'),
    '99.2.0.192.bl.spamcop.net': { A: ['127.0.0.99'] },
    '99.2.0.192.psbl.surriel.com': { A: ['127.0.0.2', '127.0.0.99'] },
  };
  expect(await ask(zone, ['bl.spamcop.net=9'])).toMatchObject({
    result: 'could-not-check',
    evidence: ['bl.spamcop.net does not count: it answers 127.0.0.99, and what that means is not known'],
  });
  expect(await ask(zone, ['psbl.surriel.com=4'])).toMatchObject({ result: 'fail' });
});

it.each([
  ['list.dnswl.org', 'it lists good senders'],
  ['rep.mailspike.net', 'it grades good and bad senders alike'],
  ['dbl.spamhaus.org', 'it lists domains, not addresses'],
  ['spam.dnsbl.sorbs.net', 'SORBS ended 2024-06'],
])('asks %s nothing', async (name, why) => {
  const listing = { ...working(name), [`99.2.0.192.${name}`]: { A: ['127.0.0.2'] } };
  const answer = await ask(listing, [`${name}=9`]);
  expect(answer).toMatchObject({ result: 'could-not-check', asked: [] });
  expect(answer.evidence[0]).toContain(`${name} does not count: ${why}`);
});

it('tells nobody the key in a list’s name', async () => {
  const keyed = 's3cret.zen.dq.spamhaus.net';
  const zone = { ...working(keyed), [`99.2.0.192.${keyed}`]: { A: ['127.0.0.4'] } };
  for (const address of ['192.0.2.99', '192.0.2.98']) {
    const { evidence } = await ask(zone, [`${keyed}=9`], address);
    expect(evidence[0]).toContain('listed by KEY.zen.dq.spamhaus.net');
    expect(evidence.join()).not.toContain('s3cret');
  }
  expect((await ask({}, [`${keyed}=9`])).evidence.join()).not.toContain('s3cret');
});

it('takes the test points of a list of IPv6 addresses alone', async () => {
  const point = '2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.six.test';
  const zone = { [point]: { A: ['127.0.0.2'] } };
  expect((await ask(zone, ['six.test=4'], '2001:db8::1')).result).toBe('pass');
});

it('goes on with the other lists when one does not answer', async () => {
  const zone: Zone = {
    ...working('one.test'),
    ...working('two.test'),
    '99.2.0.192.one.test': 'servfail',
    '99.2.0.192.two.test': { A: ['127.0.0.2'] },
  };
  expect(await ask(zone, ['one.test=3', 'two.test=4'])).toMatchObject({ result: 'fail' });
  expect(await ask(zone, ['one.test=4', 'two.test=2'])).toMatchObject({ result: 'pass' });
});

it('keeps answers for their TTL, and no longer', async () => {
  await using names = await new NameServer({ 'a.test': { A: ['192.0.2.1'] } }).start();
  let now = 0;
  const resolve = cachingResolver([names.address], () => now);
  expect(await resolve('a.test', 'A')).toEqual(['192.0.2.1']);
  now = 59_000;
  await resolve('A.test', 'A');
  await expect(resolve('none.test', 'A')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolve('none.test', 'A')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(names.asked).toEqual(['A a.test', 'A none.test']);
  // Others may keep them so long too.
  expect(resolve.keeps?.('A.test', 'A')).toBe(1_000);
  expect(resolve.keeps?.('none.test', 'A')).toBe(300_000);
  expect(resolve.keeps?.('other.test', 'A')).toBe(0);
  now = 61_000;
  expect(resolve.keeps?.('a.test', 'A')).toBe(0);
  now = -1e12;
  expect(resolve.keeps?.('a.test', 'A')).toBe(3_600_000);
  now = 61_000;
  await resolve('a.test', 'A');
  expect(names.asked).toHaveLength(3);
});

it('knows its own networks', () => {
  const { exempt } = settingsSchema.parse({}).filters;
  for (const own of [
    '127.0.0.9',
    '10.1.2.3',
    '192.168.7.7',
    '::1',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    'fd00::5',
  ])
    expect(inNetworks(own, exempt), own).toBe(true);
  for (const other of ['192.0.2.1', '172.32.0.1', '2001:db8::1', 'nonsense'])
    expect(inNetworks(other, exempt), other).toBe(false);
  expect(sameAddress('2001:DB8:0::1', '2001:db8::1')).toBe(true);
});
