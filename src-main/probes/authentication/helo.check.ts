// Check: do the relay and the server give themselves names that DNS knows (HELO, RFC 5321 §2.3.5 and §4.1.1.1)?
import { isIP } from 'node:net';
import type { Evidence } from '../../../shared/finding.ts';
import { toDomainName } from '../../../shared/names.ts';
import { canonical } from '../addresses.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { touch } from '../network/connect.ts';
import { serversOf } from '../servers.ts';
import type { OfficeServer } from '../servers.ts';
import { ofAuthentication } from './txt-records.ts';

const findings = {
  fine: fine('The name is known in DNS, and the relay’s leads to the relay.'),
  'no-name': wrong(
    'attention',
    'What it calls itself is no full host name; many receivers refuse mail from such a machine.',
  ),
  'not-known': wrong(
    'attention',
    'DNS has no address for the name; many receivers refuse mail from such a machine.',
  ),
  elsewhere: wrong('attention', 'The relay’s name leads to other addresses than the relay’s.'),
} as const;

export const helo = defineCheck({
  ...ofAuthentication,
  name: 'helo',
  title: 'HELO names',
  leg: 'judged',
  question: 'Do Mailward and the server introduce themselves with names that exist in DNS?',
  needs: [],
  deadlineMs: 10_000,
  findings,
  run,
});

async function run(asking: RunningCheck<'helo'>): Promise<void> {
  const { target, world } = asking;
  const { relay } = target;
  const knowsServer = target.domain !== '' || target.destinations.length > 0;
  const servers = knowsServer
    ? await serversOf(target, world).catch((error: unknown) => {
        if (error instanceof NotApplicable) return [];
        if (relay === null || !(error instanceof CouldNotCheck)) throw error;
        asking.couldNotCheck({ summary: error.message, evidence: error.evidence });
        return [];
      })
    : [];
  if (relay === null && servers.length === 0)
    throw new NotApplicable('Neither a relay nor a server is known.');
  await Promise.all([
    ...(relay === null
      ? []
      : [askName(relay.hostname, 'relay', relay.addresses, [own(relay.hostname, world.now())], asking)]),
    ...servers.slice(0, 5).map((server) => askServer(server, asking)),
  ]);
}

function own(name: string, at: number): Evidence {
  return { asked: 'its own name', of: 'Mailward (the setting smtp.hostname)', at, answer: name };
}

/** A server's greeting begins with its own name (RFC 5321 §4.2). */
async function askServer(server: OfficeServer, asking: RunningCheck<'helo'>): Promise<void> {
  const { world, signal, couldNotCheck } = asking;
  const [address] = server.addresses;
  if (address === undefined) {
    couldNotCheck({ subject: server.host, summary: server.reason, evidence: server.evidence });
    return;
  }
  const heard = await touch(
    { host: address, port: server.port },
    { signal, timeoutMs: 6_000, listen: true, now: world.now },
  );
  const name = /^220[ -](\S+)/.exec(heard.said)?.[1];
  if (name === undefined) {
    couldNotCheck({
      subject: server.host,
      summary: `${server.host} did not say its name.`,
      evidence: [heard.evidence],
    });
    return;
  }
  await askName(name, 'server', [], [heard.evidence], asking);
}

async function askName(
  name: string,
  whose: 'relay' | 'server',
  expected: readonly string[],
  before: readonly Evidence[],
  { world, report, couldNotCheck }: RunningCheck<'helo'>,
): Promise<void> {
  const who = whose === 'relay' ? 'The relay' : 'The server';
  const plain = toDomainName(name);
  const facts = { whose, name };
  if (plain === null || !plain.includes('.') || isIP(name) !== 0 || plain.endsWith('.localdomain')) {
    report('no-name', {
      subject: name,
      summary: `${who} calls itself “${name}”, which is no full host name.`,
      evidence: before,
      facts,
    });
    return;
  }
  const { status, v4, v6, reason, evidence } = await dnsOf(world).addresses(plain);
  const all = {
    subject: plain,
    evidence: [...before, ...evidence],
    facts: { ...facts, addresses: [...v4, ...v6] },
  };
  if (status === 'could-not') couldNotCheck({ ...all, summary: reason });
  else if (status !== 'answer')
    report('not-known', { ...all, summary: `${who} calls itself ${plain}, for which DNS has no address.` });
  else if (
    expected.length > 0 &&
    !expected.some((address) => [...v4, ...v6].some((one) => canonical(one) === canonical(address)))
  )
    report('elsewhere', {
      ...all,
      summary: `${who} calls itself ${plain}, which leads to ${[...v4, ...v6].join(', ')} and not to ${expected.join(', ')}.`,
    });
  else report('fine', { ...all, summary: `${who} calls itself ${plain}, which DNS knows.` });
}
