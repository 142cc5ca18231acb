// Until when is the domain registered? Asked of registries that answer well, oddly, and not at all.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registration } from '../../../src-main/probes/registration/registration.check.ts';
import type { Finding } from '../../../shared/finding.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { RdapServer } from '../../lab/rdap.ts';
import { scratch } from '../../lab/scratch.ts';
import { WhoisServer } from '../../lab/whois.ts';
import { askOne } from '../asking.ts';
import type { Question } from '../asking.ts';
import { codesOf } from '../scenario.ts';
import table, { days, now, withWhoisAlone } from './registration.scenarios.ts';
import type { RegistrationWorld } from './registration.scenarios.ts';

/** A registry with RDAP and WHOIS for most endings; some have WHOIS alone. */
class Registries implements AsyncDisposable {
  readonly rdap: RdapServer;
  readonly whois: WhoisServer;
  readonly iana: WhoisServer;

  private constructor(rdap: RdapServer, whois: WhoisServer, iana: WhoisServer) {
    this.rdap = rdap;
    this.whois = whois;
    this.iana = iana;
    iana.otherwise = `% IANA WHOIS server\nrefer: ${whois.place}\n`;
  }

  static async start(): Promise<Registries> {
    return new Registries(await RdapServer.start(), await WhoisServer.start(), await WhoisServer.start());
  }

  ask({ settings, ...question }: Question = {}): Promise<Finding> {
    return askOne(registration, {
      now: () => now,
      ...question,
      settings: {
        rdapServers: [
          ...[`com=${this.rdap.url}`, `example=${this.rdap.url}`],
          ...withWhoisAlone.map((ending) => `${ending}=http://127.0.0.1:9/`),
        ],
        whoisServers: [`.=${this.iana.place}`],
        ...settings,
      },
    });
  }

  play({ domain = 'example.com', rdap, manner, whois, byHand }: RegistrationWorld): Promise<Finding> {
    if (rdap !== undefined) this.rdap.domains.set(domain.split('.').slice(-2).join('.'), rdap);
    this.rdap.manner = manner?.is === 'busy' ? { ...manner } : (manner ?? { is: 'well' });
    if (whois !== undefined && 'says' in whois) this.whois.otherwise = whois.says;
    else this.whois.manner = whois?.is ?? 'hangs-up';
    const expiresAt = byHand === undefined ? null : now + byHand * 86_400_000;
    // Who is to wait needs a clock that goes on.
    const started = performance.now();
    return this.ask({
      target: { domain, expiresAt },
      now: () => now + Math.round(performance.now() - started),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.rdap, this.whois, this.iana].map((each) => each[Symbol.asyncDispose]()));
  }
}

describe('registration', () => {
  for (const { name, finds, world } of table) {
    it.concurrent(name, async () => {
      await using registries = await Registries.start();
      const found = await registries.play(world);
      expect(codesOf([found]), found.summary).toEqual(finds);
      if (found.code !== 'not-applicable') expect(found.evidence.length).toBeGreaterThan(0);
    });
  }
});

describe('what the registry says', () => {
  let registries: Registries;
  beforeEach(async () => {
    registries = await Registries.start();
  });
  afterEach(() => registries[Symbol.asyncDispose]());

  it('is told with its date, and with the words of the answer', async () => {
    const found = await registries.play({ rdap: { expires: days(90), registrar: 'Names Inc.' } });
    expect(found.facts).toMatchObject({
      ...{ registered: 'example.com', expiresAt: Date.parse(days(90)), registrar: 'Names Inc.' },
      ...{ statuses: ['active'], source: 'registry' },
    });
    expect(found.evidence[0]).toMatchObject({ asked: 'RDAP domain example.com' });
    expect(found.evidence[0]?.answer).toContain(`expiration ${days(90)}`);
  });

  it('names the registrar who must act', async () => {
    const rdap = { expires: days(100), status: ['client hold'], registrar: 'Cheap Names Ltd' };
    expect((await registries.play({ rdap })).summary).toBe(
      'example.com was taken out of DNS by your registrar (Cheap Names Ltd) (hold).',
    );
  });

  it('is asked for the name that was registered, in A-labels', async () => {
    await registries.play({ domain: 'mail.office.xn--bcher-kva.example' });
    expect(registries.rdap.asked).toEqual(['/domain/xn--bcher-kva.example']);
  });

  it('says who must be asked under a company’s ending, and asks them where they are known', async () => {
    const found = await registries.play({ domain: 'office.uk.com' });
    expect(found.evidence[0]?.answer).toBe('uk.com belongs to a company that gives out the names under it');
    expect(registries.rdap.asked).toEqual([]);
    registries.rdap.domains.set('office.uk.com', { expires: days(100) });
    const told = await registries.ask({
      target: { domain: 'office.uk.com' },
      settings: { rdapServers: [`uk.com=${registries.rdap.url}`] },
    });
    expect(told.code).toBe('fine');
  });

  it('is asked for again no sooner than the registry wants', async () => {
    registries.rdap.manner = { is: 'busy', times: 1, retryAfter: '3600' };
    await registries.ask();
    const again = await registries.ask();
    expect(again.evidence.map(({ answer }) => answer)).toContainEqual(
      'asked for a rest of another 3600 s; not asked',
    );
    expect(registries.rdap.asked).toHaveLength(1);
  });

  it('is asked by WHOIS where IANA says', async () => {
    await registries.play({ domain: 'office.nl', whois: { says: 'office.nl is free\n' } });
    expect([registries.iana.asked, registries.whois.asked]).toEqual([['nl'], ['office.nl']]);
  });

  it('is asked by WHOIS once more where the registry sends us on to', async () => {
    await using other = await WhoisServer.start();
    other.otherwise = 'Domain name: office.nl\nStatus: active\nExpiry date: 2027-05-06\n';
    const found = await registries.play({
      domain: 'office.nl',
      whois: { says: `% Not here.\nReferralServer: whois://${other.place}\n` },
    });
    expect(found).toMatchObject({ code: 'fine', facts: { expiresAt: Date.parse('2027-05-06') } });
    expect(other.asked).toEqual(['office.nl']);
  });

  it('is not asked round and round', async () => {
    const found = await registries.play({
      domain: 'office.nl',
      whois: { says: `whois: ${registries.iana.place}\n` },
    });
    registries.iana.otherwise = `refer: ${registries.whois.place}\n`;
    expect(found.state).toBe('could-not-check');
    expect(registries.iana.asked.length + registries.whois.asked.length).toBeLessThan(6);
  });

  it('is completed by the registrar where the registry leaves the date to it', async () => {
    await using registrar = await WhoisServer.start();
    registrar.otherwise =
      'Domain Name: OFFICE.NL\nRegistrar Registration Expiration Date: 2026-12-03T00:00:00Z\nRegistrar: Names Inc.\n';
    const says = `Domain Name: OFFICE.NL\nRegistry WHOIS Server: ${registries.whois.place}\nRegistrar WHOIS Server: ${registrar.place}\nStatus: active\nName Server: ns1.office.nl\n`;
    const found = await registries.play({ domain: 'office.nl', whois: { says } });
    expect(found.code).toBe('expires-soon');
    expect(found.summary).toContain('The date is the registrar’s; the registry gives none.');
    expect(found.evidence[0]?.answer).toContain('Registrar Registration Expiration Date: 2026-12-03');
    registrar.otherwise = registrar.otherwise.replace('2026-12-03', '2026-11-03');
    // The registry may have renewed it since: it is not said to have expired.
    expect((await registries.play({ domain: 'office.nl', whois: { says } })).code).toBe('renewal-unpaid');
    registrar.manner = 'hangs-up';
    expect((await registries.play({ domain: 'office.nl', whois: { says } })).summary).toMatch(
      /^The registry of \.nl publishes no date for the end of a registration; office\.nl is registered \(its state there: active\)/,
    );
  });

  it.each([
    ['office.de', 'Domain: office.de\nStatus: connect\n', 'publishes no date'],
    ['office.it', 'Domain: office.it\nStatus: ok\n', 'does not tell the date'],
    ['office.it', 'Domain: office.it\nExpire Date: 03/04/2028\n', 'gives “03/04/2028” as the end'],
  ])('and why there is no date, of %s: %j', async (domain, says, words) => {
    const found = await registries.play({ domain, whois: { says } });
    expect(found.state).toBe('could-not-check');
    expect(found.summary).toContain(words);
    const told = await registries.play({ domain, whois: { says }, byHand: 100 });
    expect(told.code).toBe('fine');
    expect(told.summary).toContain(words);
  });

  it('is asked where a redirect leads', async () => {
    await using other = await RdapServer.start();
    other.domains.set('example.com', { expires: days(90) });
    const found = await registries.play({
      manner: { is: 'elsewhere', to: (path) => new URL(path, other.url).href },
    });
    expect(found.code).toBe('fine');
  });

  it('is found by the list of all registries, refreshed when an ending is not on it, and kept', async () => {
    const { rdap } = registries;
    using folder = scratch('rdap');
    rdap.bootstrap = [[['example'], [rdap.url]]];
    rdap.domains.set('office.example', { expires: days(90) });
    const question = {
      target: { domain: 'office.example' },
      dataDir: folder.path,
      settings: { rdapServers: [], rdapBootstrap: `${rdap.url}dns.json` },
    };
    expect((await registries.ask(question)).code).toBe('fine');
    expect((await registries.ask(question)).evidence[0]?.of).toContain('2026-11-01');
    expect(rdap.asked).toEqual(['/dns.json', '/domain/office.example', '/domain/office.example']);
  });

  it.skipIf(!hasInternet)(
    'is not believed when it has no name servers of a domain that is in DNS',
    async () => {
      await using internet = await Internet.start({ zones: { 'office.example': {} } });
      const settings = { ...internet.settings(), rdapServers: [`example=${registries.rdap.url}`] };
      const { rdap } = registries;
      for (const name of ['office.example', 'nobody.example'])
        rdap.domains.set(name, { expires: days(200), status: ['inactive'] });
      const at = (domain: string) => registries.ask({ target: { domain }, settings });
      expect((await at('office.example')).code).toBe('fine');
      expect((await at('nobody.example')).code).toBe('on-hold');
    },
  );

  it.skipIf(!hasInternet)('is not believed when it knows nothing of a domain that is in DNS', async () => {
    await using internet = await Internet.start({ zones: { 'office.example': {} } });
    const settings = { ...internet.settings(), rdapServers: [`example=${registries.rdap.url}`] };
    const at = (domain: string) => registries.ask({ target: { domain }, settings });
    expect((await at('office.example')).state).toBe('could-not-check');
    expect((await at('nobody.example')).code).toBe('not-registered');
  });
});
