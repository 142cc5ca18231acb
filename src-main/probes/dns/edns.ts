// Do a zone's name servers hear questions as resolvers ask them: with EDNS (RFC 6891), for signatures, and some with a cookie?
//
// Since 2019 resolvers no longer ask again without EDNS when nothing comes back (dnsflagday.net): to them such a server is dead.
import type { NameServer } from './authority.ts';
import { isSpeaker, speaksIn } from './speakers.ts';
import type { Dns } from './dns.ts';
import type { Exchange } from './transport.ts';

/**
 * `deaf`: only questions without EDNS, or without asking for signatures, get an answer of use; `refuses`: EDNS is refused in a way
 * that resolvers cope with by asking again; `no-options`: questions with an option are lost.
 */
export interface EdnsFault {
  server: NameServer;
  kind: 'deaf' | 'refuses' | 'no-options';
  /** What the server does with such questions, in words that follow its name. */
  does: string;
  /** The question as it is asked, what came of it, and the same asked so that there is an answer. */
  asked: Exchange[];
}

/** What is wrong with how a server hears; null for nothing, and for one that gives no answer however it is asked. */
export async function ednsFaultOf(dns: Dns, server: NameServer, zone: string): Promise<EdnsFault | null> {
  const plainly = () => dns.ask(server, zone, 'SOA', { edns: false });
  if (!isSpeaker(server)) {
    if (server.soa.reply === null) return null;
    const plain = await plainly();
    return speaksIn(plain)
      ? { server, kind: 'deaf', does: doesWith(server.soa, 'with EDNS'), asked: [server.soa, plain] }
      : null;
  }
  const [signed, cookie] = await Promise.all([
    dns.ask(server, zone, 'SOA', { dnssec: true }),
    dns.ask(server, zone, 'SOA', { cookie: true }),
  ]);
  // Packets get lost. Once is nothing.
  const anew = { again: true, giveUpMs: 2_000, repeatMs: 700 };
  if (isLost(signed)) {
    const [again, plain] = await Promise.all([
      dns.ask(server, zone, 'SOA', { dnssec: true, ...anew }),
      plainly(),
    ]);
    if (!isLost(again) || !speaksIn(plain)) return null;
    const what = server.soa.reply?.edns === null ? 'with EDNS' : 'that ask for signatures';
    return { server, kind: 'deaf', does: doesWith(again, what), asked: [signed, again, plain] };
  }
  if (signed.refusedEdns !== null) {
    const does = `answers ${signed.refusedEdns} to questions with EDNS`;
    return { server, kind: 'refuses', does, asked: [signed] };
  }
  if (!isLost(cookie)) return null;
  const again = await dns.ask(server, zone, 'SOA', { cookie: true, ...anew });
  return isLost(again)
    ? { server, kind: 'no-options', does: doesWith(again, 'with a cookie'), asked: [again, signed] }
    : null;
}

/** Nothing of use came back; what TCP alone could give is another matter. */
function isLost(exchange: Exchange): boolean {
  const isOdd = exchange.reply?.rcode === 'BADCOOKIE' || exchange.failure === 'cancelled';
  return !isOdd && !exchange.isCutOff && !speaksIn(exchange);
}

function doesWith({ reply }: Exchange, what: string): string {
  if (reply === null) return `does not answer questions ${what}`;
  return `answers ${reply.rcode === 'NOERROR' ? 'with nothing' : reply.rcode} to questions ${what}`;
}
