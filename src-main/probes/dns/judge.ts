// What a server's answer is worth to a resolver: an answer, a way further down, or nothing.
import { canonical, isWithin, pick } from './message.ts';
import type { DnsRecord } from './message.ts';
import type { Exchange } from './transport.ts';
import { labelsOf } from './wire.ts';

/** A name's answer, or the way to it. Negative ones carry how long they may be kept, s; null when the server did not say. */
export type Judgement =
  | { kind: 'answer' }
  | { kind: 'alias'; to: string; record: DnsRecord<'CNAME'> }
  | { kind: 'no-data'; ttl: number | null; zone: string | null }
  | { kind: 'no-such-name'; ttl: number | null; zone: string | null }
  | { kind: 'referral'; zone: string; servers: readonly string[] };

/** `useless`: silence, refusal, or a server that does not have the zone. `unsure`: an answer without authority. */
export type Assessment =
  | Judgement
  | { kind: 'useless'; because: string }
  | { kind: 'unsure'; otherwise: Judgement };

/** Judges what a server of `zone` answered; records that are not its to give count for nothing. */
export function judge(exchange: Exchange, zone: string): Assessment {
  const { reply, question } = exchange;
  const name = canonical(question.name);
  if (reply === null) return { kind: 'useless', because: exchange.failure ?? 'no answer' };
  if (reply.rcode !== 'NOERROR' && reply.rcode !== 'NXDOMAIN') {
    return { kind: 'useless', because: reply.rcode };
  }
  const sure = (judgement: Judgement): Assessment =>
    reply.aa ? judgement : { kind: 'unsure', otherwise: judgement };

  if (pick(reply.answers, question.type, name).length > 0) return sure({ kind: 'answer' });
  const alias = pick(reply.answers, 'CNAME', name)[0] ?? renamed(name, pick(reply.answers, 'DNAME'));
  if (alias !== undefined) return sure({ kind: 'alias', to: alias.data, record: alias });

  const soa = pick(reply.authorities, 'SOA').find(
    (record) => isWithin(name, record.name) && isWithin(record.name, zone),
  );
  // RFC 2308, section 5: the lesser of the record's own lifetime and its last field.
  const ttl = soa === undefined ? null : Math.min(soa.ttl, soa.data.minimum);
  const owner = soa?.name ?? null;
  if (reply.rcode === 'NXDOMAIN') {
    return reply.aa ? { kind: 'no-such-name', ttl, zone: owner } : useless('NXDOMAIN without authority');
  }

  const below = pick(reply.authorities, 'NS').filter(
    (record) =>
      record.name !== zone &&
      isWithin(record.name, zone) &&
      isWithin(name, record.name) &&
      !(question.type === 'DS' && record.name === name),
  );
  const [first] = below;
  if (first !== undefined && soa === undefined && reply.answers.length === 0) {
    const servers = below.filter((record) => record.name === first.name).map(({ data }) => data);
    return { kind: 'referral', zone: first.name, servers: [...new Set(servers)] };
  }
  if (reply.aa) return { kind: 'no-data', ttl, zone: owner };
  return useless(soa === undefined ? 'not authoritative' : 'no data, without authority');
}

/** The alias that a DNAME record makes of a name below it (RFC 6672, section 2.2), where the server has left that to us. */
function renamed(name: string, records: readonly DnsRecord<'DNAME'>[]): DnsRecord<'CNAME'> | undefined {
  const record = records.find((each) => each.name !== name && isWithin(name, each.name));
  if (record === undefined) return undefined;
  const own = labelsOf(name).slice(0, -labelsOf(record.name).length || undefined);
  const data = [...own, ...labelsOf(record.data)].join('.');
  return { ...record, name, type: 'CNAME', data };
}

function useless(because: string): Assessment {
  return { kind: 'useless', because };
}
