// Check: do the addresses that send have a name that leads back to them (PTR, forward-confirmed)? Many receivers refuse those without.
import { defineCheck, fine, NotApplicable, CouldNotCheck, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { reverseName } from '../dns/message.ts';
import { canonical } from '../addresses.ts';
import { entriesOf } from '../reputation/entries.ts';
import type { Entry } from '../reputation/entries.ts';
import { ofAuthentication } from './txt-records.ts';

const findings = {
  confirmed: fine('The address has a name, and the name leads back to it.'),
  missing: wrong(
    'attention',
    'The address has no name: many receivers refuse its mail. Who owns the address (the Internet provider) can give it one.',
  ),
  'not-confirmed': wrong(
    'attention',
    'The address has a name that does not lead back to it: many receivers refuse its mail.',
  ),
} as const;

export const ptr = defineCheck({
  ...ofAuthentication,
  name: 'ptr',
  title: 'Reverse DNS (PTR)',
  leg: 'judged',
  question: 'Do the addresses of Mailward and the server have reverse DNS names that lead back to them?',
  needs: [],
  deadlineMs: 10_000,
  findings,
  run,
});

async function run(asking: RunningCheck<'ptr'>): Promise<void> {
  const { entries, missing } = await entriesOf(asking.target, asking.world);
  const addresses = entries.filter(({ kind }) => kind !== 'domain');
  if (addresses.length === 0) {
    if (missing.length > 0)
      throw new CouldNotCheck(`No address is known to ask about: ${missing.join(', ')} could not be found.`);
    throw new NotApplicable('No public address of the relay or the server is known.');
  }
  if (missing.length > 0)
    asking.couldNotCheck({
      summary: `Not everything could be asked about: ${missing.join(', ')} could not be found.`,
    });
  await Promise.all(addresses.map((entry) => askOne(entry, asking)));
}

async function askOne(
  { what, whose }: Entry,
  { world, report, couldNotCheck }: RunningCheck<'ptr'>,
): Promise<void> {
  const dns = dnsOf(world);
  const address = `${what} (${whose === 'relay' ? 'the relay' : 'the server'})`;
  const reverse = await dns.resolve(reverseName(what), 'PTR');
  const found = { subject: what, evidence: reverse.evidence };
  if (reverse.status === 'could-not') {
    couldNotCheck({ ...found, summary: reverse.reason });
    return;
  }
  const names = reverse.records.map(({ data }) => data).slice(0, 10);
  if (names.length === 0) {
    report('missing', {
      ...found,
      summary: `The address ${address} has no name in DNS (no PTR record).`,
      facts: { whose, names, confirmed: null },
    });
    return;
  }
  const forward = await Promise.all(names.map(async (name) => ({ name, ...(await dns.addresses(name)) })));
  const evidence = [...reverse.evidence, ...forward.flatMap((one) => one.evidence)];
  const back = forward.find(({ v4, v6 }) => [...v4, ...v6].some((one) => canonical(one) === canonical(what)));
  const facts = { whose, names, confirmed: back?.name ?? null };
  if (back !== undefined)
    report('confirmed', {
      subject: what,
      summary: `The address ${address} has the name ${back.name}, which leads back to it.`,
      evidence,
      facts,
    });
  else if (forward.some(({ status }) => status === 'could-not'))
    couldNotCheck({
      subject: what,
      summary: `The address ${address} has the name ${names[0] ?? ''}; where that leads could not be found out.`,
      evidence,
      facts,
    });
  else
    report('not-confirmed', {
      subject: what,
      summary: `The address ${address} has the name ${names.join(' and ')}, which does not lead back to it.`,
      evidence,
      facts,
    });
}
