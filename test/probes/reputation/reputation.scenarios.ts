// Scenarios of the blocklist check: lists that list, lists that do not work, and lists that lie.
import { scenarios } from '../scenario.ts';

/** Addresses of the public Internet, to be asked about and never to be reached. */
export const good = '93.184.215.14';
export const spammer = '93.184.215.66';
export const spammer6 = '2606:2800:21f:cb07::66';
export const dynamic = '93.184.215.77';
export const neighbour = '93.184.215.88';
/** Whom a list knows, and speaks no ill of. */
export const praised = '93.184.215.90';
/** Whom a list gives a code that is in nobody's table. */
export const puzzling = '93.184.215.91';
export const puzzlingSpammer = '93.184.215.92';

/** What the lab's lists list; all of them keep their test points, but those of `broken`. */
export const listed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'zen.spamhaus.org': { [spammer]: '127.0.0.4', [spammer6]: '127.0.0.3', [dynamic]: '127.0.0.10' },
  'bl.spamcop.net': { [spammer]: '127.0.0.2', [puzzling]: '127.0.0.99', [puzzlingSpammer]: '127.0.0.99' },
  'dnsbl-2.uceprotect.net': { [neighbour]: '127.0.0.2' },
  'dnsbl.dronebl.org': { [puzzlingSpammer]: '127.0.0.19' },
  'hostkarma.junkemailfilter.com': { [praised]: '127.0.0.5' },
  'multi.surbl.org': {
    'bad.example': '127.0.0.80',
    'throwaway.example': '127.0.0.4',
    'refused.example': '127.0.0.65',
  },
};

/** Answers every question so. */
export const broken: Readonly<Record<string, string>> = {
  'psbl.surriel.com': '127.0.0.2',
  'bl.mailspike.net': '127.255.255.254',
  'multi.uribl.com': '127.0.0.1',
  'dbl.spamhaus.org': '127.0.1.255',
  'dnsbl-1.uceprotect.net': '93.184.215.200',
};
/** Nobody knows this one any more. */
export const gone = 'b.barracudacentral.org';

export interface ReputationWorld {
  /** Default: `office.example`, which is on no list. */
  domain?: string;
  /** The office's server. Default: a good address. */
  host?: string;
  /** The relay's address. */
  relay?: string;
  /** `all`: every list answers every question with an error; `cut`: no packet comes back. */
  trouble?: 'all' | 'cut';
}

export default scenarios<ReputationWorld>('blocklists', [
  { name: 'on no list that works; some lists lie, complain or are gone', finds: ['clean'], world: {} },
  { name: 'the server is on two lists', finds: ['clean', 'listed'], world: { host: spammer } },
  { name: 'the relay is on a list, by IPv6', finds: ['clean', 'listed'], world: { relay: spammer6 } },
  { name: 'the address is listed by rule', finds: ['clean', 'listed-minor'], world: { host: dynamic } },
  {
    name: 'the address is listed for its neighbours',
    finds: ['clean', 'listed-minor'],
    world: { host: neighbour },
  },
  {
    name: 'the domain is on a list, for two reasons in one answer',
    finds: ['clean', 'listed'],
    world: { domain: 'bad.example' },
  },
  {
    name: 'the domain is on a list for what it is',
    finds: ['clean', 'listed-minor'],
    world: { domain: 'throwaway.example' },
  },
  {
    name: 'a list refuses the question about the domain, and has other bits set as well',
    finds: ['clean', 'could-not-check'],
    world: { domain: 'refused.example' },
  },
  {
    name: 'a list says that the address should be on no list',
    finds: ['clean'],
    world: { host: praised },
  },
  {
    name: 'a list answers with a code of which nobody knows the meaning',
    finds: ['clean', 'could-not-check'],
    world: { host: puzzling },
  },
  {
    name: 'one list answers with such a code, and the address is on another',
    finds: ['clean', 'listed-minor'],
    world: { host: puzzlingSpammer },
  },
  {
    name: 'there is no domain, and the server is in the office’s own network',
    finds: ['not-applicable'],
    world: { domain: '', host: '192.168.1.10' },
  },
  { name: 'every list complains about the question', finds: ['could-not-check'], world: { trouble: 'all' } },
  { name: 'the network is down', finds: ['could-not-check'], world: { trouble: 'cut' } },
]);
