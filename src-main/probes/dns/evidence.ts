// DNS answers in words: what was asked, of whom, and the exact answer, as an expert would read it from a terminal.
import type { Evidence } from '../../../shared/finding.ts';
import type { DataOf, DnsRecord } from './message.ts';
import type { Exchange, QueryFailure, NameServerAddress } from './transport.ts';

/** An exchange for the record. */
export function evidenceOf(exchange: Exchange): Evidence {
  const { question, server, via, at } = exchange;
  const how = [
    ...(question.class === 'CH' ? ['class CH'] : []),
    ...(via === 'tcp' ? ['over TCP'] : []),
    ...(question.unchecked === true ? ['without validation'] : []),
    ...(question.edns === false ? ['without EDNS'] : []),
    ...(question.cookie === true ? ['with a cookie'] : []),
    ...(question.dnssec === true && question.recursive !== true ? ['with signatures'] : []),
  ];
  return {
    asked: `${question.type} ${question.name}${how.length === 0 ? '' : ` (${how.join(', ')})`}`,
    of: serverText(server),
    at,
    answer: answerText(exchange),
  };
}

/** `ns1.example.com (192.0.2.1)`, with the port where it is not DNS's own. */
export function serverText({ name, address, port }: NameServerAddress): string {
  const where = port === 53 ? address : `${address}, port ${port}`;
  return name === null ? where : `${name} (${where})`;
}

/** Reply code, flags and records; or why there is none. */
export function answerText({ reply, failure, tookMs, via, refusedEdns }: Exchange): string {
  if (reply === null) return failureText(failure ?? 'timeout', tookMs, via);
  const flags = [
    ...(reply.aa ? ['authoritative'] : []),
    ...(reply.ra ? ['recursion available'] : []),
    ...(reply.ad ? ['validated'] : []),
  ];
  const head = `${refusedEdns === null ? '' : `${refusedEdns} to EDNS; without it `}${[reply.rcode, ...flags].join(', ')}`;
  const records = reply.answers.length > 0 ? reply.answers : reply.authorities;
  return [head, ...records.slice(0, 20).map(recordText)].join('\n');
}

function failureText(failure: QueryFailure, tookMs: number, via: 'udp' | 'tcp'): string {
  switch (failure) {
    case 'timeout':
      return `no answer within ${(tookMs / 1000).toFixed(1)} s`;
    case 'refused':
      return via === 'tcp' ? 'connection refused' : 'nobody listens there (port unreachable)';
    case 'unreachable':
      return 'no way there from this network';
    case 'closed':
      return 'the connection was closed without an answer';
    case 'garbled':
      return 'an answer that could not be read';
    case 'cancelled':
      return 'not waited for';
    case 'unaskable':
      return 'not asked: not a name that DNS can have';
  }
}

/** A record as in a zone file. */
export function recordText({ name, ttl, type, data }: DnsRecord): string {
  return `${name} ${ttl} ${type} ${dataText(type, data)}`;
}

function dataText(type: string, data: unknown): string {
  if (typeof data === 'string') return data;
  switch (type) {
    case 'MX': {
      const { preference, exchange } = data as DataOf['MX'];
      return `${preference} ${exchange}`;
    }
    case 'TXT':
      return (data as Buffer[]).map((part) => JSON.stringify(part.toString('latin1'))).join(' ');
    case 'SOA': {
      const soa = data as DataOf['SOA'];
      return `${soa.mname} ${soa.rname} ${soa.serial} ${soa.refresh} ${soa.retry} ${soa.expire} ${soa.minimum}`;
    }
    case 'DS': {
      const ds = data as DataOf['DS'];
      return `${ds.keyTag} ${ds.algorithm} ${ds.digestType} ${ds.digest.toString('hex')}`;
    }
    case 'DNSKEY': {
      const { flags, protocol, algorithm, key } = data as DataOf['DNSKEY'];
      return `${flags} ${protocol} ${algorithm} ${key.toString('base64')}`;
    }
    case 'RRSIG': {
      const { typeCovered, algorithm, expiration, keyTag, signersName } = data as DataOf['RRSIG'];
      return `${typeCovered} ${algorithm} until ${new Date(expiration * 1000).toISOString()} ${keyTag} ${signersName}`;
    }
    case 'TLSA': {
      const { usage, selector, matchingType, certificate } = data as DataOf['TLSA'];
      return `${usage} ${selector} ${matchingType} ${certificate.toString('hex')}`;
    }
    case 'CAA': {
      const { flags, tag, value } = data as DataOf['CAA'];
      return `${flags} ${tag} ${JSON.stringify(value)}`;
    }
    case 'SRV': {
      const { priority, weight, port, target } = data as DataOf['SRV'];
      return `${priority} ${weight} ${port} ${target}`;
    }
    default:
      return Buffer.isBuffer(data) ? `\\# ${data.length} ${data.toString('hex')}` : JSON.stringify(data);
  }
}
