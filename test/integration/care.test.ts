// A domain comes into care by the command line, knowing only its name: on real servers, from the first look to the first mail through, and back.
import { describe, expect, it } from 'vitest';
import { preflightSchema, type Preflight } from '../../shared/preflight.ts';
import { careDomain, CareOffice, officeHost, relayName } from '../lab/care.ts';
import { hasOffice } from '../lab/office.ts';
import { makes } from '../lab/office-server.ts';
import { hasInternet } from '../lab/packages.ts';
import { until } from '../lab/wait.ts';

async function preflight(office: CareOffice): Promise<{ report: Preflight; status: number }> {
  const { status, stdout, stderr } = await office.command('domain', 'preflight', careDomain, '--json');
  if (stdout === '') throw new Error(stderr);
  return { report: preflightSchema.parse(JSON.parse(stdout)), status };
}
/** The command that watches a change has told Mailward of it. */
const untilWatched = (office: CareOffice, direction: 'in' | 'back') =>
  until('the change to be watched', async () => {
    const { change } = await office.client.changes.progress({ name: careDomain });
    return change?.direction === direction && change.lookedAt !== null;
  });
/** Looked at oftener than Mailward does by itself. */
const untilSpreading = (office: CareOffice) =>
  until('the name servers to have the new records', async () =>
    ['spreading', 'done'].includes(
      (await office.client.changes.look({ name: careDomain })).change?.stage ?? '',
    ),
  );
const stateOf = ({ items }: Preflight, name: string) => items.find((item) => item.name === name)?.state;
const itemOf = ({ items }: Preflight, name: string) => {
  const item = items.find((one) => one.name === name);
  return [item?.summary, ...(item?.advice ?? [])].join(' ');
};

/** All four with `npm run test:long`. */
const tried = process.env['MAILWARD_LONG'] === '1' ? makes : (['postfix', 'sendmail'] as const);

describe.skipIf(!hasInternet).each(tried)('with %s as the office’s own', (make) => {
  it.skipIf(!hasOffice(make))('its name alone leads to its first mail through, and back', async () => {
    await using office = await CareOffice.open(make, { ttl: 2 });
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

    const into = office.command('domain', 'change', careDomain);
    await untilWatched(office, 'in');
    await office.changeMx(`@ MX 10 ${relayName}.`);
    await untilSpreading(office);
    const changed = await into;
    expect(changed.stderr).toBe('');
    expect(changed.stdout).toContain(`office.example.  300  IN  MX  10  ${relayName}.`);
    expect(changed.stdout).toContain(`All name servers have the new records: 10 ${relayName}.`);
    expect(changed.stdout).toContain('Done: nobody can have the old records any more.');
    expect(await office.mailTo(relayName)).toMatch(/^250 /);
    const [mail] = await office.server.delivered(`office@${careDomain}`);
    expect(mail?.toString()).toContain('Subject: Good morning');
    await until('the domain to be live', async () =>
      (await office.command('status')).stdout.includes(`Mail for ${careDomain} is flowing.`),
    );

    // What is read now is another set, and the way back is still what it was.
    const look = await office.command('domain', 'look', careDomain);
    expect(look.stdout).toContain(`Mail for ${careDomain} comes to Mailward already: ${relayName}.`);
    const wayBack = await office.command('domain', 'way-back', careDomain);
    expect(wayBack.stdout).toContain(`Way back: 10 ${officeHost}`);

    const out = office.command('domain', 'change', careDomain, '--back');
    await untilWatched(office, 'back');
    const early = await office.command('domain', 'remove', careDomain);
    expect(early).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('on their way back') as string,
    });
    await office.changeMx(`@ MX 10 ${officeHost}.`);
    await untilSpreading(office);
    // Somebody whose resolver has not heard of it yet.
    expect(await office.mailTo(relayName, undefined, 'Late')).toMatch(/^250 /);
    await office.server.delivered(`office@${careDomain}`, 2);
    const back = await out;
    expect(back.stdout).toContain('Done: nobody can have the old records any more. Mail goes past Mailward.');
    const { stillComes } = await office.client.changes.progress({ name: careDomain });
    expect(stillComes).toMatchObject({ messages: 1, senders: 1 });
    const journal = await office.command('journal', careDomain);
    for (const words of [
      'The first mail came through',
      'All name servers have the new MX records',
      'Domain added',
    ])
      expect(journal.stdout).toContain(words);
    expect(await office.command('domain', 'remove', careDomain)).toMatchObject({ status: 0 });
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
