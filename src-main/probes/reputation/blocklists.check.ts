// Check: is the relay, the office's server or the domain on a blocklist? A list that fails its own test is asked nothing.
import type { Blocklist, Meaning } from '../../../shared/blocklists.ts';
import { meaningsOf } from '../../../shared/blocklists.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { Asking } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import type { Dns, Resolution } from '../dns/dns.ts';
import { reverseName } from '../dns/message.ts';
import { overrides } from '../registration/bootstrap.ts';
import { blocklistCatalogue } from './catalogue.ts';
import { entriesOf } from './entries.ts';
import type { Entry } from './entries.ts';

/** Lists asked at the same time. */
const AT_ONCE = 5;

const findings = {
  clean: fine('Not on this list.'),
  listed: wrong('urgent', 'On a list by which many or some receivers refuse mail.'),
  'listed-minor': wrong(
    'attention',
    'On a list that few go by, or listed by rule and not for anything that was done.',
  ),
} as const;
type Code = keyof typeof findings;

export const blocklists = defineCheck({
  name: 'blocklists',
  area: 'reputation',
  leg: 'outbound',
  question: 'Is the relay, the server or the domain on a blocklist?',
  needs: [],
  deadlineMs: 12_000,
  findings,
  run,
});

async function run(asking: Asking<Code>): Promise<void> {
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
  const waiting = blocklistCatalogue.lists.flatMap((list) => {
    const concerned = entries.filter(({ kind }) => list.lists.includes(kind));
    const key = keys.get(list.zone);
    if (concerned.length === 0 || (list.keyed?.required === true && key === undefined)) return [];
    const zone = key === undefined ? list.zone : (list.keyed?.zone.replace('KEY', key) ?? list.zone);
    return [{ list, zone, concerned }];
  });
  if (waiting.length === 0) throw new NotApplicable('No blocklist lists what is known of this target.');
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift())
        await askList(next.list, next.zone, next.concerned, asking);
    }),
  );
}

async function askList(
  list: Blocklist,
  zone: string,
  entries: readonly Entry[],
  { world, report, couldNotCheck }: Asking<Code>,
): Promise<void> {
  const dns = dnsOf(world);
  const about = {
    zone: list.zone,
    name: list.name,
    removal: list.removal,
    policy: list.policy,
    weight: list.weight,
  };
  const tested = await test(list, zone, dns);
  if (tested.problem !== null) {
    couldNotCheck({
      subject: list.zone,
      summary: `${list.name} could not be asked: ${tested.problem}.`,
      evidence: hide(tested.evidence, zone, list.zone),
      facts: { ...about, entries: [] },
    });
    return;
  }
  const answers = await Promise.all(entries.map((entry) => askAbout(entry, list, zone, dns)));
  const facts = {
    ...about,
    entries: answers.map(({ entry, meanings, problem, text }) => ({
      ...entry,
      listed: problem === null && meanings.length > 0,
      codes: meanings.map(({ code }) => code),
      means: meanings.map(({ means }) => means),
      text,
      problem,
    })),
  };
  const evidence = hide([...tested.evidence, ...answers.flatMap((one) => one.evidence)], zone, list.zone);
  const listed = answers.filter(({ problem, meanings }) => problem === null && meanings.length > 0);
  const failed = answers.find(({ problem }) => problem !== null);
  const [worst] = [...listed].sort((a, b) => Number(isMinor(a)) - Number(isMinor(b)));
  if (worst !== undefined) {
    const minor = list.weight < 2 || isMinor(worst);
    const others =
      listed.length === 1
        ? ''
        : `, and so ${listed.length === 2 ? 'is 1 other' : `are ${listed.length - 1} others`}`;
    report(minor ? 'listed-minor' : 'listed', {
      subject: list.zone,
      summary: `${whose(worst.entry)} is on ${list.name}’s list because ${worst.meanings.map(({ means }) => means).join(' and ')}${others}. It is taken off at ${list.removal}`,
      evidence,
      facts,
    });
  } else if (failed !== undefined) {
    couldNotCheck({
      subject: list.zone,
      summary: `${list.name} could not be asked about ${failed.entry.what}: ${failed.problem ?? ''}.`,
      evidence,
      facts,
    });
  } else {
    report('clean', { subject: list.zone, summary: `${list.name} lists none of them.`, evidence, facts });
  }
}

function isMinor({ meanings }: { meanings: readonly Meaning[] }): boolean {
  return meanings.every(({ minor }) => minor);
}

function whose({ what, whose: owner }: Entry): string {
  switch (owner) {
    case 'relay':
      return `The relay’s address ${what}`;
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
  const said = [...codesOf(listed), ...codesOf(clean)].flatMap((code) => meaningsOf(list, code));
  const error = said.find((one) => one.error);
  const failed = [listed, clean].find(({ status }) => status === 'could-not');
  const problem =
    failed !== undefined
      ? `its name servers could not be asked (${failed.reason.replace(/\.$/, '')})`
      : error !== undefined
        ? error.means
        : codesOf(clean).length > 0
          ? `it lists ${list.testPoints.clean}, so it lists everything`
          : codesOf(listed).length === 0
            ? `it does not list its own test point ${list.testPoints.listed}, so it does not work or does not serve us`
            : null;
  return { problem, evidence };
}

interface Answer {
  entry: Entry;
  meanings: Meaning[];
  problem: string | null;
  text: string;
  evidence: Evidence[];
}

async function askAbout(entry: Entry, list: Blocklist, zone: string, dns: Dns): Promise<Answer> {
  const name = nameOf(entry.what, zone);
  const answer = await dns.resolve(name, 'A');
  const meanings = codesOf(answer).flatMap((code) => meaningsOf(list, code));
  const error = meanings.find((one) => one.error);
  const given = { entry, meanings, text: '', evidence: answer.evidence };
  if (answer.status === 'could-not') return { ...given, problem: answer.reason.replace(/\.$/, '') };
  if (error !== undefined) return { ...given, problem: error.means };
  if (meanings.length === 0) return { ...given, problem: null };
  // The reason is a courtesy; the listing stands without.
  const reason = await dns.resolve(name, 'TXT');
  const text = reason.records
    .map(({ data }) => Buffer.concat(data).toString('utf8'))
    .join(' ')
    .slice(0, 500);
  return { ...given, problem: null, text, evidence: [...answer.evidence, ...reason.evidence] };
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
