// Names of domains, hosts and ports as people type them, brought to the one form that Mailward stores.
import { z } from 'zod';

/**
 * A host name label per RFC 1123, with the underscore that real zones use.
 * Labels are 1–63 octets; the whole name is at most 253 (RFC 1035 §2.3.4, without the root dot).
 */
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** What most names look like, and already is as we store it. */
const PLAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LONGEST = 253;

/** Characters, in any script: of more no name of 253 octets comes, and bringing them to A-labels takes long. */
const LONGEST_TYPED = 1_000;

/**
 * Brings a domain name to lower-case A-label form without a trailing dot; returns null when it is not one.
 * IDNs are converted by the platform's URL parser (UTS 46), which both Node and the browser carry.
 */
export function toDomainName(input: string): string | null {
  if (input.length > LONGEST_TYPED) return null;
  // Every message brings a handful of names, and nearly all are of this kind.
  if (input.length <= LONGEST && PLAIN.test(input)) return input;
  const trimmed = input.trim().replace(/\.$/, '');
  if (trimmed === '' || /[\s/\\?#@:[\]%]/.test(trimmed)) return null;
  let ascii = trimmed.toLowerCase();
  if (/[^\x20-\x7e]/.test(ascii)) {
    try {
      ascii = new URL(`http://${ascii}`).hostname;
    } catch {
      return null;
    }
  }
  if (ascii.length > LONGEST) return null;
  const labels = ascii.split('.');
  if (!labels.every((part) => label.test(part))) return null;
  // An all-numeric last label is an IPv4 address or a typo for one, never a domain (RFC 1123 §2.1).
  if (/^\d+$/.test(labels.at(-1) ?? '')) return null;
  return ascii;
}

/** A mail domain: at least two labels. */
export const domainNameSchema = z.string().transform((value, context) => {
  const name = toDomainName(value);
  if (!name?.includes('.')) {
    context.addIssue({
      code: 'custom',
      message: `${whatIsWrong(value, name)}; ${expected(value)}`,
    });
    return z.NEVER;
  }
  return name;
});

/** The domain in what was typed instead: an address, a web address, a name with a port. */
function expected(value: string): string {
  const inside = value
    .slice(0, LONGEST_TYPED)
    .replace(/^\s*[a-z][a-z0-9+.-]{0,20}:(?:\/\/)?(?=[^\d])/i, '')
    .replace(/[/?#][^]*$/, '')
    .replace(/^[^]*@/, '')
    .replace(/:\d{0,5}$/, '')
    .replace(/^[\s<"'([*.]+|[\s>"')\].,;]+$/g, '');
  const name = toDomainName(inside);
  return name?.includes('.') ? `did you mean ${name}?` : 'expected something like example.com';
}

/** What people most often type instead of a domain name. @param name it as a host's name, when it can be one. */
function whatIsWrong(value: string, name: string | null): string {
  if (value.trim() === '') return 'there is no domain name here';
  if (value.includes('@')) return `"${clip(value)}" is an address; a domain is only the part after the @`;
  if (value.includes('://')) return `"${clip(value)}" is a web address, not a domain name`;
  const bare = value.trim().replace(/^\[(.*)\]$/, '$1');
  if (ipv4.safeParse(bare).success || ipv6.safeParse(bare).success)
    return `"${clip(value)}" is an IP address, not a domain name`;
  if (name !== null) return `"${clip(value)}" is a single label; a mail domain has at least one dot`;
  if (bare.length > 253) return `"${clip(value)}" is too long: a domain name has 253 characters at most`;
  return `"${clip(value)}" is not a domain name`;
}

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();

/** An IPv4 or IPv6 address. */
export const ipAddressSchema = z.union([ipv4, ipv6], { error: 'expected an IP address such as 192.0.2.1' });

/** An IP address, or a network in CIDR notation. */
export const networkSchema = z.union([ipv4, ipv6, z.cidrv4(), z.cidrv6()], {
  error: 'expected an IP address or a network such as 192.0.2.0/24',
});

const WEB_ADDRESS = 'expected a web address such as http://127.0.0.1:11333';

/** A URL of HTTP or HTTPS, or nothing. */
export const webAddressSchema = z.union(
  [z.literal(''), z.url({ protocol: /^https?$/, error: WEB_ADDRESS })],
  { error: WEB_ADDRESS },
);

/** A host: a name (one label is allowed, as in `localhost`), an IPv4 or an IPv6 address (brackets allowed). */
export const hostSchema = z.string().transform((value, context) => {
  const bare = value.trim().replace(/^\[(.*)\]$/, '$1');
  if (ipv4.safeParse(bare).success || ipv6.safeParse(bare).success) return bare.toLowerCase();
  const name = toDomainName(bare);
  if (name === null) {
    context.addIssue({
      code: 'custom',
      message: `"${clip(value)}" is neither a host name nor an IP address; expected something like mail.example.com or 192.0.2.1`,
    });
    return z.NEVER;
  }
  return name;
});

/**
 * A host as it names itself in SMTP (RFC 5321 §4.1.2, §4.1.3): a domain name, or an address in brackets. Systems take any octets for their
 * own name; what can be neither, and would be refused or break a line, becomes `localhost`.
 */
export function smtpName(host: string): string {
  // Every message asks for it, and a name is seen to be one sooner than to be no address.
  if (/^[\d.]+$/.test(host) && ipv4.safeParse(host).success) return `[${host}]`;
  if (host.includes(':') && ipv6.safeParse(host).success) return `[IPv6:${host}]`;
  return toDomainName(host) ?? 'localhost';
}

/** A TCP port, 1–65535. */
export const portSchema = z
  .number({ error: 'expected a port number from 1 to 65535' })
  .int('expected a port number from 1 to 65535')
  .min(1, 'expected a port number from 1 to 65535')
  .max(65535, 'expected a port number from 1 to 65535');

/** A host and port as typed: `host`, `host:port`, `[v6]`, `[v6]:port`. */
export interface HostPort {
  host: string;
  port: number;
}

/**
 * Reads `HOST[:PORT]`. Throws an `Error` that says what was expected.
 * @param defaultPort used when no port is given; without it a port is required.
 * @param allowZero lets port 0 through: "any free port", for listeners.
 */
export function parseHostPort(input: string, defaultPort?: number, allowZero = false): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)|([0-9a-f:.]*::?[0-9a-f:.]*))(?::(\d{1,5}))?$/i.exec(input.trim());
  const hostText = match?.[1] ?? match?.[2] ?? match?.[3];
  const portText = match?.[4];
  const expected = defaultPort === undefined ? 'HOST:PORT' : 'HOST or HOST:PORT';
  if (hostText === undefined) throw new Error(`"${clip(input)}" is not an address; expected ${expected}`);
  const host = hostSchema.safeParse(hostText);
  if (!host.success) throw new Error(host.error.issues[0]?.message ?? `expected ${expected}`);
  const port = portText === undefined ? defaultPort : Number(portText);
  if (port === undefined) throw new Error(`"${clip(input)}" has no port; expected ${expected}`);
  if (!Number.isInteger(port) || port > 65535 || (port < 1 && !(allowZero && port === 0))) {
    throw new Error(
      `"${clip(input)}" has no valid port; expected a number from ${allowZero ? 0 : 1} to 65535`,
    );
  }
  return { host: host.data, port };
}

/** Writes a host and port so that `parseHostPort` reads it back. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A name server to ask: `127.0.0.1`, `127.0.0.1:5353`, `::1` or `[::1]:53`. */
export const resolverAddress = z
  .string()
  .max(100)
  .regex(
    /^(\d+\.\d+\.\d+\.\d+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)$/,
    'expected the address of a name server, such as 127.0.0.1 or [::1]:53',
  );
