// A visit to a server: one conversation with all the questions that the checks have, asked once in a run and shared.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Cause } from '../../../shared/cause.ts';
import type { Destination } from '../../../shared/domain.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { smtpName } from '../../../shared/names.ts';
import { classifyReply } from '../../../shared/replies/classify.ts';
import type { Stage } from '../../../shared/replies/classify.ts';
import type { CheckTools } from '../check.ts';
import { serversOf } from '../servers.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';
import { ServerConversation, placeText, quoted } from './server-conversation.ts';
import type { ServerConversationOptions, Encryption, ServerToAsk, Step } from './server-conversation.ts';

/** Addresses visited at most, of all servers together. */
const MOST_PLACES = 8;
/** A domain that takes no mail (RFC 2606, RFC 7505): nothing that is accepted for it can go anywhere. */
export const foreign = 'mailward-question@example.org';

export interface ServerVisit {
  place: ServerToAsk;
  /** For people: name and address. */
  name: string;
  /** The route's TLS policy; `opportunistic` for a server that the MX names. */
  policy: Destination['tls'];
  /** Connected, and greeted with 220. */
  connection: Step;
  greeting: Step | null;
  /** Of the first EHLO. */
  ehlo: Step | null;
  features: ReadonlyMap<string, string>;
  /** Null: STARTTLS is not offered. */
  starttls: Step | null;
  /** Null: not offered, or it failed. */
  encryption: Encryption | null;
  mail: Step | null;
  /** Somebody whom every home of the domain has (RFC 5321 §4.5.1). */
  postmaster: Step | null;
  /** Somebody whom nobody has. */
  nobody: Step | null;
  /** Somebody of another domain. */
  elsewhere: Step | null;
  /** All of the above, in order, of both connections where there were two. */
  steps: readonly Step[];
}

/** The name that a server is told in EHLO. */
export function ownName(target: Target, destination?: Destination): string {
  return smtpName(destination?.helo ?? target.relay?.hostname ?? hostname());
}

/** Calls `judge` with each server's visit, as they come; says of those that have no address that they could not be asked. */
export async function visitEach(
  asking: CheckTools,
  judge: (visit: ServerVisit) => void | Promise<void>,
): Promise<void> {
  const { target, world, couldNotCheck } = asking;
  const servers = await serversOf(target, world);
  for (const { host, addresses, reason, evidence } of servers) {
    if (addresses.length === 0) couldNotCheck({ subject: host, summary: reason, evidence });
  }
  const places = servers
    .flatMap(({ host, port, addresses }) => addresses.map((address) => ({ host, port, address })))
    .slice(0, MOST_PLACES);
  await Promise.all(places.map(async (place) => judge(await visitOf(place, target, world))));
}

/** As `visitEach`, for questions that need a server that talks: of one that does not, that is said. */
export function askEach(
  asking: CheckTools,
  judge: (visit: ServerVisit) => void | Promise<void>,
): Promise<void> {
  return visitEach(asking, (visit) => {
    if (visit.ehlo?.reply?.code === 250) return judge(visit);
    asking.couldNotCheck({
      subject: subjectOf(visit),
      summary: `${visit.name} could not be asked: ${lastWords(visit)}.`,
      evidence: evidenceOf(...visit.steps),
    });
  });
}

export function subjectOf({ place }: ServerVisit): string {
  return place.port === 25 ? place.address : `${place.address} port ${place.port}`;
}

/** What was said, for the record; steps that were never taken are left out. */
export function evidenceOf(...steps: (Step | null)[]): Evidence[] {
  return steps.flatMap((step) => (step === null ? [] : [step.evidence]));
}

/** How far the visit came. QUIT is always said last, and its answer tells nothing. */
export function lastWords({ steps }: Pick<ServerVisit, 'steps'>): string {
  return said(steps.findLast(({ asked }) => asked !== 'QUIT') ?? null);
}

export function said(step: Step | null): string {
  return step === null ? 'it was not asked' : quoted(step);
}

/** Why a step was refused or put off; null when it was not, or got no answer. */
export function causeOf(step: Step | null, stage: Stage): Cause | null {
  const reply = step?.reply ?? null;
  if (reply === null || reply.code < 400) return null;
  return classifyReply(reply, { stage }).cause;
}

export function isTaken(step: Step | null): boolean {
  const code = step?.reply?.code ?? 0;
  return code >= 200 && code < 300;
}

/** Whether it is "not now": a 4xx. */
export function isPutOff(step: Step | null): boolean {
  const code = step?.reply?.code ?? 0;
  return code >= 400 && code < 500;
}

/** The one conversation of this run with a server, begun by whoever asks first. */
export function visitOf(
  { host, port, address }: { host: string; port: number; address: string },
  target: Target,
  world: World,
): Promise<ServerVisit> {
  const destination = target.destinations.find((one) => one.host === host && one.port === port);
  const place: ServerToAsk = { host, address, port, source: destination?.sourceAddress ?? null };
  return world.once(`smtp ${address} ${port} ${target.domain}`, () =>
    visit(place, destination?.tls ?? 'opportunistic', ownName(target, destination), target.domain, world),
  );
}

async function visit(
  place: ServerToAsk,
  policy: ServerVisit['policy'],
  own: string,
  domain: string,
  options: ServerConversationOptions,
): Promise<ServerVisit> {
  const { dialogue, before, ...approach } = await approachTo(place, own, options);
  const asked = dialogue.isOpen && approach.ehlo?.reply?.code === 250 ? await askFor(dialogue, domain) : {};
  await dialogue.quit();
  const nothing = { mail: null, postmaster: null, nobody: null, elsewhere: null };
  return { ...approach, policy, ...nothing, ...asked, steps: [...before, ...dialogue.steps] };
}

/** What is known of a server before any mail is spoken of. */
export type Approach = Pick<
  ServerVisit,
  'place' | 'name' | 'connection' | 'greeting' | 'ehlo' | 'features' | 'starttls' | 'encryption'
>;

/**
 * Connects, greets, and encrypts where that is offered; where it fails, connects once more and goes on in clear.
 * @returns the open conversation too, and the steps of an earlier connection.
 */
export async function approachTo(
  place: ServerToAsk,
  own: string,
  options: ServerConversationOptions,
): Promise<Approach & { dialogue: ServerConversation; before: readonly Step[] }> {
  let dialogue = await ServerConversation.open(place, options);
  const [connection, greeting = null] = dialogue.steps;
  if (connection === undefined) throw new Error('a conversation begins with a connection');
  const known = { place, name: placeText(place), connection, greeting };
  const nothing = { ehlo: null, features: new Map<string, string>(), starttls: null, encryption: null };
  if (greeting?.reply?.code !== 220) return { ...known, ...nothing, dialogue, before: [] };
  const ehlo = await dialogue.say(`EHLO ${own}`);
  const features = featuresOf(ehlo);
  let before: readonly Step[] = [];
  let starttls: Step | null = null;
  let encryption: Encryption | null = null;
  if (ehlo.reply?.code === 250 && features.has('STARTTLS')) {
    starttls = await dialogue.say('STARTTLS');
    if (starttls.reply?.code === 220) encryption = await dialogue.secure(place.host);
    if (encryption === null) {
      await dialogue.quit();
      before = dialogue.steps;
      dialogue = await ServerConversation.open(place, options);
    }
    if (dialogue.isOpen) await dialogue.say(`EHLO ${own}`);
  }
  return { ...known, ehlo, features, starttls, encryption, dialogue, before };
}

/** MAIL and three RCPT; the sender is nobody, as in a bounce, which every server must take (RFC 5321 §4.5.5). */
async function askFor(
  dialogue: ServerConversation,
  domain: string,
): Promise<Partial<Pick<ServerVisit, 'mail' | 'postmaster' | 'nobody' | 'elsewhere'>>> {
  if (domain === '') return {};
  const mail = await dialogue.say('MAIL FROM:<>');
  if (!isTaken(mail)) return { mail };
  const postmaster = await dialogue.say(`RCPT TO:<postmaster@${domain}>`);
  const nobody = dialogue.isOpen ? await dialogue.say(`RCPT TO:<${nobodyAt(domain)}>`) : null;
  const elsewhere = dialogue.isOpen ? await dialogue.say(`RCPT TO:<${foreign}>`) : null;
  if (dialogue.isOpen) await dialogue.say('RSET');
  return { mail, postmaster, nobody, elsewhere };
}

function nobodyAt(domain: string): string {
  return `mailward-${randomBytes(6).toString('hex')}@${domain}`;
}

/** What the answer to EHLO offers, keywords in upper case, with their parameters. */
export function featuresOf({ answer, reply }: Pick<Step, 'answer' | 'reply'>): Map<string, string> {
  if (reply?.code !== 250) return new Map();
  const lines = answer.split('\n').flatMap((line) => {
    const match = /^250[ -](\S+) ?(.*)$/s.exec(line);
    return match === null ? [] : [[(match[1] ?? '').toUpperCase(), match[2] ?? ''] as const];
  });
  // The first is its name.
  return new Map(lines.slice(1));
}
