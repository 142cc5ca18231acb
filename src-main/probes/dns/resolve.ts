// Our answers in the form of Node's own resolver, for libraries that ask that way.
import type { Dns, Resolution } from './dns.ts';
import type { DataOf, DnsRecord, RecordType } from './message.ts';

/**
 * A function that answers as `dns.promises.resolve(name, type)` does, and fails with its codes: `ENOTFOUND` for a name that is
 * not there, `ENODATA` for one without such records, `ETIMEOUT` when nobody answered, else `ESERVFAIL`.
 * @param seen told of each answer, for the evidence.
 */
export function nodeResolve(
  dns: Dns,
  seen: (resolution: Resolution) => void = () => undefined,
): (name: string, type: string) => Promise<unknown> {
  return async (name, type) => {
    const resolution = await dns.resolve(name, type as RecordType);
    seen(resolution);
    const { status, why, records } = resolution;
    if (status === 'answer') return type === 'SOA' ? nodeForm(records[0]) : records.map(nodeForm);
    const code =
      status === 'no-such-name'
        ? 'ENOTFOUND'
        : status === 'no-data'
          ? 'ENODATA'
          : why === 'network'
            ? 'ETIMEOUT'
            : 'ESERVFAIL';
    throw Object.assign(new Error(`query${type} ${code} ${name}`), {
      code,
      hostname: name,
      syscall: `query${type}`,
    });
  };
}

function nodeForm(record: DnsRecord | undefined): unknown {
  if (record === undefined) return null;
  const { type, data } = record;
  switch (type) {
    case 'MX': {
      const { preference, exchange } = data as DataOf['MX'];
      // The null MX (RFC 7505) has an empty name there.
      return { priority: preference, exchange: exchange === '.' ? '' : exchange };
    }
    case 'TXT':
      return (data as Buffer[]).map((part) => part.toString('utf8'));
    case 'SOA': {
      const soa = data as DataOf['SOA'];
      return {
        ...{ nsname: soa.mname, hostmaster: soa.rname, serial: soa.serial, refresh: soa.refresh },
        ...{ retry: soa.retry, expire: soa.expire, minttl: soa.minimum },
      };
    }
    case 'SRV': {
      const { target, ...rest } = data as DataOf['SRV'];
      return { ...rest, name: target };
    }
    case 'TLSA': {
      const { usage, selector, matchingType, certificate } = data as DataOf['TLSA'];
      const copy = new Uint8Array(certificate);
      return { certUsage: usage, selector, match: matchingType, data: copy.buffer };
    }
    case 'CAA': {
      const { flags, tag, value } = data as DataOf['CAA'];
      return { critical: flags, [tag]: value };
    }
    default:
      return data;
  }
}
