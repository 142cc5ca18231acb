// The reverse name: an address whose name leads back to it, in both families, and what DNS may get in the way with.
import { expect, it } from 'vitest';
import { inNetworks, reverseName } from '../../../../src-main/relay/policy/filters/ip-addresses.ts';
import { ReverseName } from '../../../../src-main/relay/policy/filters/reverse-name.ts';
import { settingsSchema } from '../../../../shared/settings.ts';

const settings = settingsSchema.parse({}).filters;
type Zone = Record<string, string[] | Error>;

async function ask(address: string, zone: Zone) {
  const resolve = (name: string, type: string) => {
    const found = zone[`${type} ${name}`] ?? Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  };
  const answers = await new ReverseName().ask(
    { address },
    { settings, resolve, signal: new AbortController().signal },
  );
  return answers[0];
}

const v4 = 'PTR 25.2.0.192.in-addr.arpa';
const v6 = 'PTR 5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa';

it('passes an address that its name leads back to, whichever family and spelling', async () => {
  const back = { [v4]: ['mail.example.org'], 'A mail.example.org': ['192.0.2.25'] };
  expect(await ask('192.0.2.25', back)).toMatchObject({ result: 'pass' });
  expect(await ask('::ffff:192.0.2.25', back)).toMatchObject({ result: 'pass' });
  const back6 = { [v6]: ['mail.example.org'], 'AAAA mail.example.org': ['2001:0db8:0::25'] };
  expect(await ask('2001:db8::25', back6)).toMatchObject({
    result: 'pass',
    resinfo: ['iprev=pass policy.iprev="2001:db8::25"'],
  });
});

it('fails one without a name, or whose name leads elsewhere', async () => {
  expect(await ask('192.0.2.25', {})).toMatchObject({
    result: 'fail',
    evidence: [expect.stringMatching(/no PTR/)],
  });
  const elsewhere = { [v4]: ['bank.example'], 'A bank.example': ['198.51.100.1'] };
  expect(await ask('192.0.2.25', elsewhere)).toMatchObject({ result: 'fail' });
});

it('does not fail one because DNS did not answer', async () => {
  const down = new Error('no answer');
  await expect(ask('192.0.2.25', { [v4]: down })).rejects.toThrow('no answer');
  await expect(
    ask('192.0.2.25', { [v4]: ['mail.example.org'], 'A mail.example.org': down }),
  ).rejects.toThrow();
});

it('knows networks of both families, and an IPv4 address in IPv6 clothes', () => {
  expect(reverseName('2001:db8::25')).toBe(v6.slice(4));
  expect(inNetworks('::ffff:10.1.2.3', ['10.0.0.0/8'])).toBe(true);
  expect(inNetworks('fe80::1%eth0', ['fe80::/10'])).toBe(true);
  expect(inNetworks('2001:db8::1', ['10.0.0.0/8', '2001:db8:1::/48'])).toBe(false);
  expect(inNetworks('11.0.0.1', ['10.0.0.0/8', '11.0.0.1'])).toBe(true);
  expect(inNetworks('nonsense', ['0.0.0.0/0'])).toBe(false);
});
