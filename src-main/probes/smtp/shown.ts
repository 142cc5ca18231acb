// Which certificate a mail server that the MX names shows to strangers, at each of its addresses: for what the world demands of it.
import type { Evidence } from '../../../shared/finding.ts';
import type { Encryption, ServerToAsk } from './server-conversation.ts';
import { publicAddressesOf, serversOf } from '../servers.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';
import { namesOf } from './server-tls.check.ts';
import { approachTo, evidenceOf, lastWords, ownName, visitOf } from './visit.ts';
import type { ServerVisit } from './visit.ts';

/** A host has a few addresses; more of one are not worth the wait. */
const MOST_ADDRESSES = 4;
/** What our own door is told in EHLO: it would take its own name for a loop. */
const STRANGER = 'question.mailward.invalid';

/** What one address of a mail server shows. */
export type ShownEncryption = {
  /** For people: name and address. */
  name: string;
  evidence: readonly Evidence[];
} & (
  | { kind: 'encrypted'; encryption: Encryption }
  /** The server is there and cannot or will not encrypt. */
  | { kind: 'in-clear'; why: string }
  /** It could not be asked. */
  | { kind: 'unknown'; why: string }
);

/**
 * Asks every address of a host that an MX record names, on port 25, as any sender would. Of what the run visits anyway the
 * answer is shared. Does not fail: what could not be asked is `unknown`.
 */
export function shownBy(host: string, target: Target, world: World): Promise<ShownEncryption[]> {
  return world.once(`certificates of ${host}`, async () => {
    const found = await publicAddressesOf(host, world);
    if (found.addresses.length === 0)
      return [{ kind: 'unknown', name: host, why: found.reason, evidence: found.evidence }];
    const visited = await visitedAnyway(target, world);
    return Promise.all(
      found.addresses.slice(0, MOST_ADDRESSES).map(async (address) => {
        const place = { host, address, port: 25, source: null };
        return read(
          visited.has(address) ? await visitOf(place, target, world) : await call(place, target, world),
        );
      }),
    );
  });
}

/** The addresses at which this run's other checks have a conversation on port 25. */
async function visitedAnyway(target: Target, world: World): Promise<Set<string>> {
  try {
    const servers = await serversOf(target, world);
    return new Set(servers.filter(({ port }) => port === 25).flatMap(({ addresses }) => addresses));
  } catch {
    // Whoever asks about the servers themselves says why they are not known.
    return new Set();
  }
}

type Called = Pick<ServerVisit, 'name' | 'greeting' | 'ehlo' | 'starttls' | 'encryption' | 'steps'>;

async function call(place: ServerToAsk, target: Target, world: World): Promise<Called> {
  const isOurs = place.host === target.relay?.hostname || target.relay?.addresses.includes(place.address);
  const own = isOurs === true ? STRANGER : ownName(target);
  const { dialogue, before, ...approach } = await approachTo(place, own, world);
  await dialogue.quit();
  return { ...approach, steps: [...before, ...dialogue.steps] };
}

function read(visit: Called): ShownEncryption {
  const { name, greeting, ehlo, starttls, encryption } = visit;
  const of = { name, evidence: evidenceOf(...visit.steps.filter(({ asked }) => asked !== 'QUIT')) };
  if (encryption !== null) return { ...of, kind: 'encrypted', encryption };
  if (greeting?.reply?.code !== 220 || ehlo?.reply?.code !== 250)
    return { ...of, kind: 'unknown', why: `${name} could not be asked: ${lastWords(visit)}` };
  if (starttls === null) return { ...of, kind: 'in-clear', why: `${name} offers no encryption (STARTTLS)` };
  const handshake = visit.steps.find(({ asked }) => asked.startsWith('TLS'));
  // A line that is cut, or an answer that never came, is not a server that cannot.
  if (starttls.reply === null || handshake?.failure === 'silent')
    return { ...of, kind: 'unknown', why: `${name} did not answer while encryption was set up` };
  const words = (handshake ?? starttls).answer.split('\n')[0] ?? '';
  return { ...of, kind: 'in-clear', why: `${name} offers encryption and then cannot do it (${words})` };
}

/**
 * Why a certificate does not prove that the server is the host, to senders who insist on it (RFC 8461 §4.2); null when it does.
 * The words follow on "the certificate of …".
 */
export function certificateTrouble({ certificate, chain, trouble }: Encryption, host: string): string | null {
  const [own] = chain;
  if (own === undefined) return 'was not shown';
  const day = new Date(certificate.valid_to).toISOString().slice(0, 10);
  switch (trouble) {
    case null:
      break;
    case 'CERT_HAS_EXPIRED':
      return `ended on ${day}`;
    case 'CERT_NOT_YET_VALID':
      return 'is not valid yet';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'was made by the server itself';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'comes from an authority that is not trusted in public';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return 'leads to no authority that is trusted in public; perhaps the server leaves out the one in between';
    default:
      // A wrong name is looked at below, by the stricter rule.
      if (!/ALTNAME|does not match/.test(trouble)) return `is not valid (${trouble})`;
  }
  if (own.checkHost(host, { subject: 'never' }) === undefined)
    return `is for ${namesOf(certificate).join(', ')}`;
  return null;
}
