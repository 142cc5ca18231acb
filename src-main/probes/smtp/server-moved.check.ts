// Check `server-moved`: are the server's addresses, greeting and certificate, and the domain's MX, what earlier runs saw?
import type { SeenMx, SeenServer } from '../../../shared/facts/server-moved.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { listed, ordered, setText } from '../dns/speakers.ts';
import { dnsOf } from '../dns/dns.ts';
import { connectivityOf } from '../network/connectivity.check.ts';
import { touch } from '../network/connect.ts';
import { follow, isAnother, isFresh, lastMx, lastSeen, look, namesKnown, takesTurns } from './last-seen.ts';
import { evidenceOf, lastWords, visitEach } from './visit.ts';
import type { ServerVisit } from './visit.ts';

/** Longest wait for an address that a name led to, or leads to, ms. */
const PATIENCE_MS = 3_000;
/** Names that are looked up to find a server that went away. */
const MOST_NAMES = 5;
const MX = 'MX';

const findings = {
  unchanged: fine('It is as earlier runs saw it, or as it has been for a week.'),
  'first-seen': fine('It is seen for the first time; later runs compare with this.'),
  renewed: fine(
    'Its certificate or its software is another than a week ago, as after a renewal or an update.',
  ),
  rotates: fine(
    'Its name leads to other addresses all the time, as with large providers; Mailward follows it.',
  ),
  'mx-leads-here': fine('The MX records were changed within a week, and they name Mailward.'),
  moved: wrong(
    'attention',
    'Its name leads to other addresses than before, and a server answers there. Mail follows by itself; firewalls and SPF records do not.',
  ),
  replaced: wrong(
    'attention',
    'At the same address another server answers than before: with another name, and no certificate of the old one.',
  ),
  'mx-changed': wrong('attention', 'The MX records are others than before: mail is sent to other servers.'),
  'nobody-there': wrong(
    'urgent',
    'Its name leads to other addresses than before, and no server answers there: mail has nowhere to go.',
  ),
  'moved-away': wrong(
    'urgent',
    'The route leads to a dead address, and the name that the server had leads elsewhere now.',
  ),
} as const;

export const moved = defineCheck({
  name: 'server-moved',
  title: 'Server and MX unchanged',
  area: 'server',
  leg: 'outbound',
  question: 'Have the server or the MX records changed since earlier tests, and if so, when?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  spoiledBy: ['dns-interception'],
  findings,
  async run(asking) {
    await Promise.all([compareServers(asking), compareMx(asking)]);
  },
});

async function compareServers(asking: RunningCheck<'server-moved'>): Promise<void> {
  const visits: ServerVisit[] = [];
  await visitEach(asking, (visit) => {
    visits.push(visit);
  });
  const servers = Map.groupBy(visits, ({ place }) => subjectOf(place)).values();
  await Promise.all([...servers].map((own) => compare(own, asking)));
}

/** All visits are to the one server, each at another of its addresses. */
async function compare(visits: readonly ServerVisit[], asking: RunningCheck<'server-moved'>): Promise<void> {
  const [{ place }] = visits as [ServerVisit];
  const { host } = place;
  const { world, past, report, couldNotCheck } = asking;
  const subject = subjectOf(place);
  const at = world.now();
  const last = lastSeen(await past(subject));
  const addresses = visits.map((visit) => visit.place.address);
  const greeted = visits
    .filter(({ greeting }) => greeting?.reply?.code === 220)
    .sort((a, b) => a.place.address.localeCompare(b.place.address));
  const heard = greeted.find((visit) => visit.place.address === last?.seen.at) ?? greeted[0] ?? null;
  const seen = look(host, last?.seen ?? null, addresses, heard, at);
  const evidence = [...(heard === null ? visits : [heard]).flatMap(saidBy), ...remembered(last, subject)];
  const found = { subject, evidence, facts: seen };
  const hasMoved = isFresh(seen.addresses, at);
  const when = (one: { changedAt: number | null }) => `since ${dayOf(one.changedAt ?? at)}`;

  if (heard === null) {
    await missing(visits, { seen, hasMoved, last: last?.seen ?? null }, found, asking);
  } else if (hasMoved && takesTurns(seen, at)) {
    const summary = `${host} leads to other addresses all the time; it is followed.`;
    report('rotates', { ...found, summary });
  } else if (hasMoved) {
    const other = isAnother(seen, at) ? ` It calls itself ${seen.banner?.now.name ?? ''}.` : '';
    report('moved', {
      ...found,
      summary: `${host} leads to ${listed(seen.addresses.now)} ${when(seen.addresses)}, and no longer to ${listed(seen.addresses.before ?? [])}. A server answers there.${other}`,
    });
  } else if (isAnother(seen, at) && seen.banner !== null) {
    const { banner } = seen;
    report('replaced', {
      ...found,
      summary: `Another server answers at ${host} ${when(banner)}: it calls itself ${banner.now.name}, and was ${banner.before?.name ?? ''} before.`,
    });
  } else if (last === null) {
    report('first-seen', { ...found, summary: `${host} is seen for the first time, as ${faceOf(seen)}.` });
  } else if (heard.place.address !== seen.at) {
    // Another of its machines answers than the one that is known.
    couldNotCheck({
      ...{ subject, evidence },
      summary: `${host} is not heard at ${seen.at ?? ''}, where it was seen before.`,
    });
  } else if (isFresh(seen.certificate, at) || isFresh(seen.banner, at)) {
    const what = isFresh(seen.certificate, at) ? 'another certificate' : 'other software';
    const { certificate, banner } = seen;
    const since = dayOf((isFresh(certificate, at) ? certificate : banner)?.changedAt ?? at);
    report('renewed', { ...found, summary: `${host} has ${what} since ${since}, and is else as before.` });
  } else {
    report('unchanged', { ...found, summary: `${host} is as it was before: ${faceOf(seen)}.` });
  }
}

/** Nobody greets at any of its addresses: has it gone, and where to? */
async function missing(
  visits: readonly ServerVisit[],
  { seen, hasMoved, last }: { seen: SeenServer; hasMoved: boolean; last: SeenServer | null },
  found: { subject: string; evidence: Evidence[]; facts: SeenServer },
  asking: RunningCheck<'server-moved'>,
): Promise<void> {
  const { world, report, couldNotCheck } = asking;
  const [{ place }] = visits as [ServerVisit];
  const { host, port } = place;
  const { subject } = found;
  const unknown = (summary: string, more: readonly Evidence[] = []) =>
    couldNotCheck({ subject, summary, evidence: [...found.evidence, ...more] });
  const isDead = visits.every(({ connection }) => connection.failure !== null);
  if (!isDead) {
    const words = visits.map(lastWords)[0] ?? '';
    unknown(`${host} does not greet, so it could not be compared: ${words}.`);
    return;
  }
  // Whoever refuses a connection is there; of silence it must be known that it is not our own network's.
  if (visits.some(({ connection }) => connection.failure === 'no-way')) {
    unknown(`${host} could not be compared: this machine has no way to it.`);
    return;
  }
  if (!visits.every(({ connection }) => connection.failure === 'refused')) {
    const { online, evidence } = await connectivityOf(world);
    if (online !== true) {
      unknown(`${host} does not answer, but whether this machine has any network is not known.`, evidence);
      return;
    }
  }
  const dead = listed(seen.addresses.now);
  if (hasMoved) {
    const before = seen.addresses.before ?? [];
    const old = await anybodyAt(before, port, asking);
    const still = old.open.length > 0 ? ` At ${listed(old.open)} one still does.` : '';
    report('nobody-there', {
      ...found,
      summary: `${host} leads to ${dead} since ${dayOf(seen.addresses.changedAt ?? world.now())}, where no server answers; before, it led to ${listed(before)}.${still}`,
      evidence: [...found.evidence, ...old.evidence],
    });
    return;
  }
  const elsewhere = await whereTo(host, last, visits, asking);
  if (elsewhere === null) {
    unknown(`${host} takes no connection at ${dead}, so it could not be compared.`);
    return;
  }
  const there = await anybodyAt(elsewhere.addresses, port, asking);
  const answers = there.open.length > 0 ? 'where a server answers' : 'where no server answers either';
  report('moved-away', {
    ...found,
    summary: `No server answers at ${dead}, where the route leads; ${elsewhere.name} leads to ${listed(elsewhere.addresses)} now, ${answers}.`,
    evidence: [...found.evidence, ...elsewhere.evidence, ...there.evidence],
    facts: { ...found.facts, elsewhere: { name: elsewhere.name, addresses: elsewhere.addresses } },
  });
}

/** A name that the server had and that leads to none of the addresses visited. */
async function whereTo(
  host: string,
  last: SeenServer | null,
  visits: readonly ServerVisit[],
  { target, world }: RunningCheck<'server-moved'>,
): Promise<{ name: string; addresses: string[]; evidence: readonly Evidence[] } | null> {
  const names = new Set([...namesKnown(last), ...target.formerMx.map(({ exchange }) => exchange)]);
  names.delete(host);
  if (target.relay !== null) names.delete(target.relay.hostname);
  const all = await Promise.all(
    [...names].slice(0, MOST_NAMES).map(async (name) => {
      const { v4, v6, evidence } = await dnsOf(world).addresses(name);
      return { name, addresses: [...v4, ...v6], evidence };
    }),
  );
  const visited = visits.map(({ place }) => place.address);
  const led = all.filter(({ addresses }) => addresses.length > 0);
  // As long as one of its names leads here, the server is down and has not gone.
  if (led.some(({ addresses }) => addresses.some((one) => visited.includes(one)))) return null;
  return led[0] ?? null;
}

/** At which of some addresses somebody takes connections. */
async function anybodyAt(
  addresses: readonly string[],
  port: number,
  { world, signal }: RunningCheck<'server-moved'>,
): Promise<{ open: string[]; evidence: Evidence[] }> {
  const all = await Promise.all(
    addresses
      .slice(0, 4)
      .map((host) => touch({ host, port }, { signal, timeoutMs: PATIENCE_MS, now: world.now })),
  );
  return {
    open: all.filter(({ result }) => result === 'open').map(({ host }) => host),
    evidence: all.map(({ evidence }) => evidence),
  };
}

async function compareMx({
  target,
  world,
  past,
  report,
  couldNotCheck,
}: RunningCheck<'server-moved'>): Promise<void> {
  const { domain, relay } = target;
  const found = await dnsOf(world).resolve(domain, 'MX');
  const { status, evidence } = found;
  if (status === 'could-not') {
    couldNotCheck({
      subject: MX,
      summary: `The MX records could not be looked up: ${found.reason}`,
      evidence,
    });
    return;
  }
  if (status === 'no-such-name') {
    if (target.destinations.length === 0) throw new NotApplicable(`There is no domain ${domain}.`, evidence);
    couldNotCheck({ subject: MX, summary: `There is no domain ${domain}.`, evidence });
    return;
  }
  const at = world.now();
  const last = lastMx(await past(MX));
  const now = ordered(found.records.map(({ data }) => data)).map(({ preference, exchange }) => ({
    preference,
    exchange,
  }));
  const mx: SeenMx['mx'] = follow(last?.seen.mx ?? null, now, (a, b) => setText(a) === setText(b), at);
  const all = {
    subject: MX,
    evidence: [...evidence, ...rememberedMx(last?.at ?? null, mx.before, domain)],
    facts: { mx },
  };
  const text = setText(now) || 'none';
  if (isFresh(mx, at)) {
    const isOurs = now.some(({ exchange }) => exchange === relay?.hostname.toLowerCase());
    const change = `since ${dayOf(mx.changedAt ?? at)}, and were ${setText(mx.before ?? []) || 'none'} before`;
    report(isOurs ? 'mx-leads-here' : 'mx-changed', {
      ...all,
      summary: `The MX records of ${domain} are ${text} ${change}.`,
    });
  } else if (last === null) {
    report('first-seen', {
      ...all,
      summary: `The MX records of ${domain} are seen for the first time: ${text}.`,
    });
  } else {
    report('unchanged', { ...all, summary: `The MX records of ${domain} are as they were before: ${text}.` });
  }
}

function subjectOf({ host, port }: { host: string; port: number }): string {
  return port === 25 ? host : `${host} port ${port}`;
}

function saidBy({ connection, greeting, encryption, place }: ServerVisit): Evidence[] {
  const shown: Evidence[] =
    encryption === null
      ? []
      : [
          {
            asked: 'certificate',
            of: place.host,
            at: greeting?.evidence.at ?? connection.evidence.at,
            answer: `SHA-256 ${encryption.certificate.fingerprint256}`,
          },
        ];
  return [...evidenceOf(connection, greeting), ...shown];
}

const ownRecord = 'Mailward’s own record of earlier runs';

/** What it is compared with. */
function remembered(last: { at: number; seen: SeenServer } | null, subject: string): Evidence[] {
  if (last === null) return [];
  const { addresses, banner, certificate } = last.seen;
  const lines = [
    `addresses ${addresses.now.join(', ')}`,
    ...(banner === null ? [] : [`name ${banner.now.name}, software ${banner.now.software ?? 'not known'}`]),
    ...(certificate === null ? [] : [`certificate SHA-256 ${certificate.now?.fingerprint ?? 'none'}`]),
  ];
  return [{ asked: subject, of: ownRecord, at: last.at, answer: lines.join('\n') }];
}

function rememberedMx(
  at: number | null,
  before: Parameters<typeof setText>[0] | null,
  domain: string,
): Evidence[] {
  if (at === null || before === null) return [];
  return [{ asked: `MX ${domain}`, of: ownRecord, at, answer: setText(before) || 'none' }];
}

/** A server in a few words. */
function faceOf({ addresses, banner }: SeenServer): string {
  return banner === null
    ? listed(addresses.now)
    : `${banner.now.name || 'nameless'} at ${listed(addresses.now)}`;
}

function dayOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
