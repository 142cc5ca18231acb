// Whether a mail address still works on the day that the office's mail does not: it must lead neither to a protected domain nor to a server that
// such a domain's mail goes through.
//
// When something goes wrong: where DNS does not answer the address is taken, and what could not be checked is said. An admin who writes down
// whom to call must not be kept from it by a network that is just then broken.
import { isIP } from 'node:net';
import { protectedHome } from '../../shared/contacts.ts';
import { providerOfMx } from '../../shared/providers.ts';
import type { Settings } from '../../shared/settings.ts';
import type { Clock } from '../clock/clock.ts';
import type { Addresses, Dns } from '../probes/dns/dns.ts';
import { readMailbox } from '../relay/mail/mailbox.ts';
import { ownName } from '../relay/smtp/own-name.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Database } from '../storage/database.ts';

/** Somebody waits for the answer, ms. */
const DNS_WITHIN_MS = 8_000;
/** Of a domain that names more, the rest is not looked at. */
const MOST_EXCHANGES = 10;

/** What is asked of DNS about an address. */
export type MailDns = Pick<Dns, 'resolve' | 'addresses'>;

export interface OutsideAddressParts {
  clock: Clock;
  db: Database;
  directory: Directory;
  settings: () => Settings;
  /** DNS for the questions about one address, until the signal ends them. */
  dns: (signal: AbortSignal) => MailDns;
}

/** What became of the question. */
export type AddressVerdict =
  /** Not to be taken: why, and what to do, in a sentence. */
  | { refused: string }
  /** As it is to be stored, and what is to be known of it all the same (empty: nothing). */
  | { refused: null; address: string; doubt: string };

/** A server of ours, or of a protected domain's. */
interface Ours {
  host: string;
  addresses: ReadonlySet<string>;
  /** What it is, to follow "leads to". */
  words: string;
}

export class OutsideAddresses {
  readonly #parts: OutsideAddressParts;

  constructor(parts: OutsideAddressParts) {
    this.#parts = parts;
  }

  /** Looks at an address as it was typed. Rejects when the storage does not answer. */
  async look(typed: string): Promise<AddressVerdict> {
    const mailbox = readMailbox(typed.trim());
    const local = mailbox?.address.slice(0, mailbox.address.lastIndexOf('@')) ?? '';
    if (mailbox === null || !mailbox.domain.includes('.') || !isLocalPart(local))
      return { refused: `"${clip(typed)}" is no mail address; give one such as name@example.net, or none` };
    const { address, domain } = mailbox;
    const { directory } = this.#parts;
    const home = protectedHome(
      address,
      directory.all().map(({ name }) => name),
    );
    if (home !== null)
      return {
        refused: `${address} is in ${home}, which Mailward protects: its mail stops when the address is needed. ${OTHERWISE}`,
      };
    return this.#lookAtDomain(address, domain);
  }

  async #lookAtDomain(address: string, domain: string): Promise<AddressVerdict> {
    const { clock, dns } = this.#parts;
    const ours = await this.#ours();
    const giveUp = new AbortController();
    const late = Promise.withResolvers<AddressVerdict>();
    const deadline = clock.deadline(DNS_WITHIN_MS, () => {
      giveUp.abort(new Error('there was no answer in time'));
      late.resolve(taken(address, `DNS did not answer within ${DNS_WITHIN_MS / 1000} s`));
    });
    try {
      return await Promise.race([judge(address, domain, ours, dns(giveUp.signal)), late.promise]);
    } finally {
      deadline.cancel();
      giveUp.abort();
    }
  }

  /** Our own door, and the servers of all routes, with the addresses that are known without asking. */
  async #ours(): Promise<Ours[]> {
    const { db, directory, settings } = this.#parts;
    const { smtp, probes } = settings();
    const known = new Map((await db.read('serverAddresses')).map(({ host, addresses }) => [host, addresses]));
    const servers = directory.all().flatMap(({ name, route }) =>
      route.map(({ host }) => ({
        host,
        // A route may name its server by its address.
        addresses: new Set([host, ...(known.get(host) ?? [])]),
        words: `${host}, which mail for ${name} goes to as well`,
      })),
    );
    const door = {
      host: ownName(smtp.hostname),
      addresses: new Set<string>(probes.relayAddresses),
      words: 'Mailward itself',
    };
    return [door, ...servers];
  }
}

const OTHERWISE = 'Give an address elsewhere, such as a private one, or a telephone number alone';

async function judge(
  address: string,
  domain: string,
  ours: readonly Ours[],
  dns: MailDns,
): Promise<AddressVerdict> {
  const mx = await dns.resolve(domain, 'MX');
  if (mx.status === 'could-not') return taken(address, mx.reason);
  if (mx.status === 'no-such-name')
    return {
      refused: `there is no domain ${domain}, so ${address} gets no mail: see whether it is misspelt`,
    };
  const exchanges = mx.records.map(({ data }) => data.exchange.toLowerCase().replace(/\.$/, ''));
  if (exchanges.length > 0 && exchanges.every((one) => one === ''))
    return { refused: `${domain} says that it takes no mail (null MX). ${OTHERWISE}` };
  // RFC 5321 §5.1: without an MX record the domain itself is meant.
  const hosts = [...new Set(exchanges.length === 0 ? [domain] : exchanges)].slice(0, MOST_EXCHANGES);
  const namesake = meeting(hosts, (one, host) => one.host === host, ours);
  if (namesake !== null) return dependent(address, namesake);

  const names = [...new Set(ours.map(({ host }) => host))].filter((host) => isAskedFor(host));
  const [theirs, own] = await Promise.all([addressesOfEach(hosts, dns), addressesOfEach(names, dns)]);
  const neighbour = meeting(
    hosts,
    (one, host) =>
      addressesIn(theirs.get(host)).some(
        (each) => one.addresses.has(each) || addressesIn(own.get(one.host)).includes(each),
      ),
    ours,
  );
  if (neighbour !== null) return dependent(address, neighbour);
  const answers = [...theirs.values()];
  if (answers.every(({ status }) => status === 'no-such-name' || status === 'no-data')) {
    const what = exchanges.length === 0 ? 'neither MX nor address' : 'no mail server that has an address';
    return { refused: `${domain} has ${what}, so ${address} gets no mail: see whether it is misspelt` };
  }
  const unknown = answers.find(({ status }) => status === 'could-not');
  return unknown === undefined ? { refused: null, address, doubt: '' } : taken(address, unknown.reason);
}

interface Meeting {
  /** The address's own server. */
  host: string;
  ours: Ours;
}

function meeting(
  hosts: readonly string[],
  meets: (one: Ours, host: string) => boolean,
  ours: readonly Ours[],
): Meeting | null {
  for (const host of hosts) {
    const one = ours.find((each) => meets(each, host));
    if (one !== undefined) return { host, ours: one };
  }
  return null;
}

function dependent(address: string, { host, ours }: Meeting): AddressVerdict {
  const provider = providerOfMx(host);
  if (provider?.does.includes('mail-host') !== true)
    return {
      refused: `mail to ${address} leads to ${ours.words}, and stops together with the office's. ${OTHERWISE}`,
    };
  // Thousands have such servers in common. That all of them are down is a rare reason for the office's mail to stop, but it is one.
  const { name } = provider;
  const doubt = `${address} is at ${name}, as the office's mail is: when all of ${name} is down, both are.`;
  return { refused: null, address, doubt };
}

/** Names of one label are known in the office alone. */
function isAskedFor(host: string): boolean {
  return isIP(host) === 0 && host.includes('.');
}

async function addressesOfEach(hosts: readonly string[], dns: MailDns): Promise<Map<string, Addresses>> {
  return new Map(await Promise.all(hosts.map(async (host) => [host, await dns.addresses(host)] as const)));
}

function addressesIn(answer: Addresses | undefined): string[] {
  return answer === undefined ? [] : [...answer.v4, ...answer.v6];
}

function taken(address: string, why: string): AddressVerdict {
  const reason = why.replace(/\.$/, '');
  return {
    refused: null,
    address,
    doubt: `Whether ${address} works when the office's mail does not could not be checked${reason === '' ? '' : `: ${reason}`}.`,
  };
}

/** A dot-string or a quoted one (RFC 5321 §4.1.2), or the same in UTF-8 (RFC 6531), 64 octets at most. */
function isLocalPart(local: string): boolean {
  return (
    Buffer.byteLength(local) <= 64 &&
    (/^[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}.]+(?:\.[^\s"(),:;<>@[\\\]\p{Cc}\p{Cf}.]+)*$/u.test(local) ||
      /^"(?:[^"\\\p{Cc}\p{Cf}]|\\[\x20-\x7e])*"$/u.test(local))
  );
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
