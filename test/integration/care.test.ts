// A domain comes into care by the command line, knowing only its name: on real servers, from the first look to the first mail through.
import { describe, expect, it } from 'vitest';
import { preflightSchema, type Preflight } from '../../shared/preflight.ts';
import { careDomain, CareOffice, officeHost, relayName } from '../lab/care.ts';
import { hasOffice } from '../lab/office.ts';
import { makes } from '../lab/office-server.ts';
import { hasInternet } from '../lab/packages.ts';

async function preflight(office: CareOffice): Promise<{ report: Preflight; status: number }> {
  const { status, stdout, stderr } = await office.command('domain', 'preflight', careDomain, '--json');
  if (stdout === '') throw new Error(stderr);
  return { report: preflightSchema.parse(JSON.parse(stdout)), status };
}
const stateOf = ({ items }: Preflight, name: string) => items.find((item) => item.name === name)?.state;
const itemOf = ({ items }: Preflight, name: string) => {
  const item = items.find((one) => one.name === name);
  return [item?.summary, ...(item?.advice ?? [])].join(' ');
};

describe.skipIf(!hasInternet).each(makes)('with %s as the office’s own', (make) => {
  it.skipIf(!hasOffice(make))('its name alone leads to its first mail through', async () => {
    await using office = await CareOffice.open(make);
    const added = await office.command('domain', 'add', careDomain);
    expect(added.stderr).toBe('');
    expect(added.stdout).toContain(`Mail for ${careDomain} goes to ${officeHost}.`);
    expect(added.stdout).toContain(`Way back: 10 ${officeHost} (as read`);
    expect(added.stdout).toContain(`is taken and delivered to ${officeHost}:25`);

    const { report, status } = await preflight(office);
    expect(report.items.filter(({ state, isEssential }) => isEssential && state !== 'ok')).toMatchObject([
      { name: 'mta-sts', state: 'not-applicable' },
    ]);
    expect(report.result, JSON.stringify(report.items, null, 1)).toBe('ready');
    expect(status).toBe(0);

    await office.changeMx(`@ MX 10 ${relayName}.`);
    expect(await office.mailTo(relayName)).toMatch(/^250 /);
    const [mail] = await office.server.delivered(`office@${careDomain}`);
    expect(mail?.toString()).toContain('Subject: Good morning');

    // What is read now is another set, and the way back is still what it was.
    const look = await office.command('domain', 'look', careDomain);
    expect(look.stdout).toContain(`Mail for ${careDomain} comes to Mailward already: ${relayName}.`);
    const wayBack = await office.command('domain', 'way-back', careDomain);
    expect(wayBack.stdout).toContain(`Way back: 10 ${officeHost}`);
  });
});

// Postfix takes by MX only where it is not the first of several.
describe.skipIf(!hasInternet).each(['exim', 'sendmail'] as const)(
  'with %s that takes the domain only while it is its lowest MX',
  (make) => {
    it.skipIf(!hasOffice(make))('the pre-flight catches it before the MX is changed', async () => {
      await using office = await CareOffice.open(make, {
        goesByMx: true,
        more: [`mailward-test MX 10 mail`],
      });
      await office.command('domain', 'add', careDomain);
      const { report, status } = await preflight(office);
      // Today it takes the mail, and a mere look at that would call it ready.
      expect(stateOf(report, 'takes-domain'), itemOf(report, 'takes-domain')).toBe('ok');
      expect(stateOf(report, 'after-change')).toBe('problem');
      expect(report.result).toBe('not-ready');
      expect(status).toBe(1);
    });
  },
);

describe.skipIf(!hasInternet || !hasOffice('postfix'))('before anything is changed', () => {
  it('a server that takes no mail for the domain from Mailward is caught', async () => {
    await using office = await CareOffice.open('postfix', { setup: { domains: ['other.example'] } });
    await office.command('domain', 'add', careDomain);
    const { report, status } = await preflight(office);
    expect(status).toBe(1);
    expect(report.result).toBe('not-ready');
    expect(itemOf(report, 'takes-domain')).toMatch(
      /does not host office\.example.*Tell your server that the domain is its own/s,
    );
  });

  it('a Mailward that the world does not reach says exactly what is missing', async () => {
    await using office = await CareOffice.open('postfix', {
      smtp: { host: '127.0.0.1', port: 0 },
      settings: { smtp: { hostname: '' } },
      probes: { alsoPublic: ['127.0.0.2/32'] },
    });
    await office.command('domain', 'add', careDomain, '--route', `${office.server.host}:25`);
    const { report } = await preflight(office);
    expect(report.result).toBe('not-ready');
    const words = itemOf(report, 'door');
    expect(words).toContain('3 things are missing');
    expect(words).toContain('listens on 127.0.0.1 only');
    expect(words).toContain('other servers use port 25 alone');
    expect(words).toContain('It has no name');
  });

  it('a policy, an SPF record and a TTL that do not fit are said with what to do, and how long to wait', async () => {
    await using office = await CareOffice.open('postfix', {
      ttl: 86_400,
      more: ['@ TXT "v=spf1 mx -all"'],
    });
    await office.command('domain', 'add', careDomain);
    const { report } = await preflight(office);
    expect(stateOf(report, 'spf')).toBe('attention');
    expect(itemOf(report, 'spf')).toContain(
      `put \`a:${officeHost}\` into the SPF record before you change the MX`,
    );
    expect(stateOf(report, 'ttl')).toBe('attention');
    expect(itemOf(report, 'ttl')).toMatch(
      /for 1 day: .* Lower the TTL .* to 300 seconds .* everybody has it by \d{4}-/s,
    );
  });

  it('a server that cannot be asked never makes a domain ready', async () => {
    await using office = await CareOffice.open('postfix');
    await office.command('domain', 'add', careDomain);
    await office.server.stop();
    const { report, status } = await preflight(office);
    expect(report.result).toBe('not-ready');
    expect(status).toBe(1);
    expect(stateOf(report, 'takes-domain')).toBe('could-not-check');
  });
});
