// Check: is the relay, the office's server or the domain on a blocklist? A list that fails its own test is asked nothing.
import { blocklistCatalogue, listOf } from '../../../shared/blocklist-catalogue.ts';
import type { Blocklist, CodeMeaning } from '../../../shared/blocklists.ts';
import { readAnswer } from '../../../shared/blocklists.ts';
import { severityOfListing } from '../../../shared/facts/blocklists.ts';
import type { ListAnswer } from '../../../shared/facts/blocklists.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { patiently } from '../lateness.ts';
import type { Dns, Resolution } from '../dns/dns.ts';
import { reverseName } from '../dns/message.ts';
import { overrides } from '../registration/bootstrap.ts';
import type { World } from '../world.ts';
import { entriesOf } from './entries.ts';
import type { Entry } from './entries.ts';

/** Lists asked at the same time. */
const AT_ONCE = 8;
/** A list that takes longer counts as one that could not be asked, ms. */
const PATIENCE_MS = 5_000;

const findings = {
  clean: fine('On none of the lists that could be asked.'),
  listed: wrong('urgent', 'On a list by which many or some receivers refuse mail.'),
  'listed-minor': wrong(
    'attention',
    'On a list that few go by, or listed by rule and not for anything that was done.',
  ),
} as const;

export const blocklists = defineCheck({
  name: 'blocklists',
  title: 'Absent from blocklists',
  area: 'reputation',
  leg: 'judged',
  question: 'Is Mailward, the server or the domain on a blocklist?',
  needs: [],
  deadlineMs: 14_000,
  findings,
  spoiledBy: ['dns-interception'],
  run,
});

/** What one list says of one entry. */
interface Answer {
  list: Blocklist;
  entry: Entry;
  /** What the entry is listed for. */
  meanings: readonly CodeMeaning[];
  /** Every code that was answered. */
  codes: readonly string[];
  /** Why it is open whether the entry is listed, to follow the list's name; null: it answered. */
  problem: string | null;
  /** It did answer, by a code of which nobody knows the meaning. */
  unclear: boolean;
  /** The list's own words. */
  text: string;
  evidence: readonly Evidence[];
}

async function run(asking: RunningCheck<'blocklists'>): Promise<void> {
  const { target, world, signal } = asking;
  const { entries, missing } = await entriesOf(target, world);
  const doubt = missing.length === 0 ? '' : ` ${capital(missing.join(', '))} could not be found.`;
  if (entries.length === 0) {
    if (missing.length > 0) throw new CouldNotCheck(`There is nothing to ask about.${doubt}`);
    throw new NotApplicable(
      'Neither a domain nor a public address is known, so there is nothing to ask about.',
    );
  }
  if (missing.length > 0) asking.couldNotCheck({ summary: `Not everything could be asked about.${doubt}` });
  const keys = overrides(world.settings.blocklistKeys);
  for (const zone of keys.keys()) tellOfUnknown(zone, asking);
  const waiting = blocklistCatalogue.lists.flatMap((list) => {
    const concerned = entries.filter(({ kind }) => list.lists.includes(kind));
    const key = keys.get(list.zone);
    if (concerned.length === 0 || (list.keyed?.required === true && key === undefined)) return [];
    const zone = key === undefined ? list.zone : (list.keyed?.zone.replace('KEY', key) ?? list.zone);
    return [{ list, zone, concerned }];
  });
  const answers: Answer[] = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift())
        answers.push(...(await askList(next.list, next.zone, next.concerned, world)));
    }),
  );
  const order = blocklistCatalogue.lists.map(({ zone }) => zone);
  answers.sort((a, b) => order.indexOf(a.list.zone) - order.indexOf(b.list.zone));
  for (const entry of entries)
    tell(
      entry,
      answers.filter((answer) => answer.entry === entry),
      asking,
    );
}

/** A key for a list that is not asked: the admin expects it to be. */
function tellOfUnknown(zone: string, { world, couldNotCheck }: RunningCheck<'blocklists'>): void {
  const known = listOf(zone);
  if (known !== null && 'list' in known) return;
  const of = `the catalogue of blocklists of ${blocklistCatalogue.made}`;
  const tell = (what: string, answer: string) =>
    couldNotCheck({
      subject: zone,
      summary: `There is a key for ${zone}, ${what}`,
      evidence: [{ asked: zone, of, at: world.now(), answer }],
    });
  if (known === null) tell('a blocklist that Mailward does not know.', 'not in it');
  else if ('dead' in known) {
    const { name, ended, means } = known.dead;
    tell(`a blocklist that is dead. ${name} ended ${ended}. ${means}`, `${name} ended ${ended}. ${means}`);
  } else tell(`which is no blocklist: ${known.other.means}.`, `${known.other.name}: ${known.other.means}`);
}

/** One finding for one who may be listed: of all lists together. */
function tell(
  entry: Entry,
  answers: readonly Answer[],
  { report, couldNotCheck }: RunningCheck<'blocklists'>,
): void {
  if (answers.length === 0) return;
  const answered = answers.filter(({ problem }) => problem === null);
  const listing = answered.filter(({ meanings }) => meanings.length > 0);
  const weighty = listing.filter((answer) => severityOfListing(factsOf(answer)) === 'urgent');
  const [worst] = weighty.length > 0 ? weighty : listing;
  const unclear = answers.filter((one) => one.unclear);
  const failed = answers.length - answered.length - unclear.length;
  const unasked = failed === 0 ? '' : ` ${failed} could not be asked.`;
  const found = {
    subject: entry.what,
    // Listings first: they are what is copied to whoever must act.
    evidence: [...listing, ...answers.filter((one) => !listing.includes(one))].flatMap((one) => one.evidence),
    facts: { whose: entry.whose, kind: entry.kind, lists: answers.map(factsOf) },
  };
  if (worst !== undefined) {
    const others = listing.filter((one) => one !== worst).map(({ list }) => list.name);
    report(weighty.length > 0 ? 'listed' : 'listed-minor', {
      ...found,
      summary: `${whose(entry)} is on the list of ${worst.list.name}, because ${worst.meanings.map(({ means }) => means).join(' and ')}${others.length === 0 ? '' : `; and on those of ${others.join(', ')}`}. It is taken off at ${worst.list.removal}`,
    });
  } else if (unclear.length > 0) {
    const open = unclear.map(({ list, problem }) => `${list.name}: ${problem ?? ''}`).join('; ');
    const others =
      answered.length === 0
        ? ''
        : ` It is on none of ${answered.length === 1 ? 'the other one' : `${answered.length} others`}.`;
    couldNotCheck({
      ...found,
      summary: `Whether ${entry.what} is on a blocklist is open. ${open}.${others}${unasked}`,
    });
  } else if (answered.length === 0) {
    couldNotCheck({
      ...found,
      summary: `No blocklist could be asked about ${entry.what}: ${answers[0]?.problem ?? ''}.`,
    });
  } else {
    report('clean', {
      ...found,
      summary: `${whose(entry)} ${answered.length === 1 ? 'is not on the one blocklist that could be asked' : `is on none of ${answered.length} blocklists`}.${unasked}`,
    });
  }
}

function factsOf({ list, meanings, codes, problem, text }: Answer): ListAnswer {
  return {
    zone: list.zone,
    name: list.name,
    listed: problem === null ? meanings.length > 0 : null,
    minor: meanings.length > 0 && meanings.every(({ minor }) => minor),
    means: problem ?? (meanings.length === 0 ? null : meanings.map(({ means }) => means).join(' and ')),
    codes: [...codes],
    text,
    removal: list.removal,
    policy: list.policy,
    weight: list.weight,
  };
}

async function askList(
  list: Blocklist,
  zone: string,
  entries: readonly Entry[],
  world: World,
): Promise<Answer[]> {
  const dns = dnsOf(world);
  const ask = async (): Promise<Answer[]> => {
    const { problem, evidence } = await test(list, zone, dns);
    if (problem !== null) return entries.map((entry) => silent(list, entry, problem, evidence));
    const answers = await Promise.all(entries.map((entry) => askAbout(entry, list, zone, dns)));
    return answers.map((answer) => ({ ...answer, evidence: [...answer.evidence, ...evidence] }));
  };
  const answers = await within(PATIENCE_MS, ask());
  if (answers !== null)
    return answers.map((answer) => ({ ...answer, evidence: hide(answer.evidence, zone, list.zone) }));
  const problem = `it did not answer within ${PATIENCE_MS / 1000} seconds`;
  const evidence = [
    { asked: `test points of ${list.zone}`, of: 'its name servers', at: world.now(), answer: problem },
  ];
  return entries.map((entry) => silent(list, entry, problem, evidence));
}

/** Of a list that could not be asked. */
function silent(list: Blocklist, entry: Entry, problem: string, evidence: readonly Evidence[]): Answer {
  return { list, entry, meanings: [], codes: [], problem, unclear: false, text: '', evidence };
}

/** Null when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  let inTime = (): void => undefined;
  const late = new Promise<null>((resolve) => {
    inTime = patiently(ms, () => resolve(null));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    inTime();
  }
}

function whose({ what, whose: owner }: Entry): string {
  switch (owner) {
    case 'relay':
      return `Mailward’s address ${what}`;
    case 'server':
      return `The server’s address ${what}`;
    case 'domain':
      return `The domain ${what}`;
  }
}

/** RFC 5782 §5: a list that does not list its test point is dead, and one that lists the other lists everything. */
async function test(
  list: Blocklist,
  zone: string,
  dns: Dns,
): Promise<{ problem: string | null; evidence: Evidence[] }> {
  const [listed, clean] = await Promise.all([
    dns.resolve(nameOf(list.testPoints.listed, zone), 'A'),
    dns.resolve(nameOf(list.testPoints.clean, zone), 'A'),
  ]);
  const evidence = [...listed.evidence, ...clean.evidence];
  const failed = [listed, clean].find(({ status }) => status === 'could-not');
  const { error } = readAnswer(list, [...codesOf(listed), ...codesOf(clean)]);
  const good = readAnswer(list, codesOf(clean));
  const problem =
    failed !== undefined
      ? `its name servers could not be asked (${failed.reason.replace(/\.$/, '')})`
      : (error ??
        (good.listed.length + good.unknown.length > 0
          ? `it lists ${list.testPoints.clean}, so it lists everything`
          : codesOf(listed).length === 0
            ? `it does not list its own test point ${list.testPoints.listed}, so it does not work or does not serve us`
            : null));
  return { problem, evidence };
}

async function askAbout(entry: Entry, list: Blocklist, zone: string, dns: Dns): Promise<Answer> {
  const name = nameOf(entry.what, zone);
  const answer = await dns.resolve(name, 'A');
  const codes = [...new Set(codesOf(answer))];
  const { error, listed, unknown } = readAnswer(list, codes);
  const { evidence } = answer;
  if (answer.status === 'could-not') return silent(list, entry, answer.reason.replace(/\.$/, ''), evidence);
  if (error !== null) return silent(list, entry, error, evidence);
  const unclear = listed.length === 0 && unknown.length > 0;
  const problem = unclear ? unknown.map(({ means }) => means).join(' and ') : null;
  const given = { list, entry, meanings: listed, codes, problem, unclear };
  if (listed.length === 0 && !unclear) return { ...given, text: '', evidence };
  // The reason is a courtesy; the listing stands without.
  const reason = await dns.resolve(name, 'TXT');
  const text = reason.records
    .map(({ data }) => Buffer.concat(data).toString('utf8'))
    .join(' ')
    .slice(0, 500);
  return { ...given, text, evidence: [...evidence, ...reason.evidence] };
}

function codesOf({ records }: Resolution<'A'>): string[] {
  return records.map(({ data }) => data);
}

function nameOf(entry: string, zone: string): string {
  return /^[\d.]+$|:/.test(entry) ? reverseName(entry, zone) : `${entry}.${zone}`;
}

/** A key in a zone's name is a secret: evidence is copied to others. */
function hide(evidence: readonly Evidence[], zone: string, plain: string): Evidence[] {
  if (zone === plain) return [...evidence];
  const key = zone.split('.')[0] ?? '';
  const without = (text: string) => text.replaceAll(new RegExp(key.replace(/[^\w-]/g, ''), 'gi'), 'KEY');
  return evidence.map((one) => ({
    ...one,
    asked: without(one.asked),
    of: without(one.of),
    answer: without(one.answer),
  }));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
