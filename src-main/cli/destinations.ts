// Destinations as they are written on the command line: `HOST[:PORT][,NAME=VALUE…]`, and how they are shown again.
import { destinationSchema, tlsPolicySchema, type Destination, type TlsPolicy } from '../../shared/domain.ts';
import { formatHostPort, parseHostPort } from '../../shared/names.ts';
import { Ended, EXIT } from './context.ts';

const POLICIES = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(tlsPolicySchema.options);
const LONGEST_ROUTE = 10;

/** What a destination is, for the end of a command's help. */
export const DESTINATION_HELP = `
A destination is HOST or HOST:PORT (25 if none is given), then, after commas, what is special about it:
  tls=${tlsPolicySchema.options.join('|')}
                   encryption towards this server; without it --tls holds
  source=ADDRESS   one of this machine's addresses, to connect from
  helo=NAME        the name to greet with
  priority=NUMBER  lower is used first, equal ones share the mail; without it as listed
  pipelining=yes|no
                   whether commands may be said together; without it yes, where it is offered
For example: mail.example.com:25,tls=verify,source=192.0.2.7,helo=relay.example.com,priority=10`;

export const TLS_OPTION = [
  '--tls <policy>',
  `${POLICIES}, for destinations that do not say`,
  'opportunistic',
] as const;

/** Reads the destinations of a route; `tls` is the policy of those that name none. Ends the command when one is wrong. */
export function readRoute(texts: readonly string[], tls: string): Destination[] {
  const policy = readPolicy(tls);
  if (texts.length > LONGEST_ROUTE)
    throw new Ended(EXIT.usage, `a route has ${LONGEST_ROUTE} destinations at most`);
  return texts.map((text) => readDestination(text, policy));
}

function readPolicy(text: string): TlsPolicy {
  const policy = tlsPolicySchema.safeParse(text);
  if (!policy.success) throw new Ended(EXIT.usage, `"${text}" is not a TLS policy; expected ${POLICIES}`);
  return policy.data;
}

/** An option's key in a destination, how its value is read, and what it should have been. */
const OPTIONS: Readonly<
  Record<string, { key: keyof Destination; read: (value: string) => unknown; expected: string }>
> = {
  tls: { key: 'tls', read: String, expected: POLICIES },
  source: {
    key: 'sourceAddress',
    read: (value) => value.replace(/^\[(.*)\]$/, '$1'),
    expected: "one of this machine's IP addresses, e.g. 192.0.2.7",
  },
  helo: { key: 'helo', read: String, expected: 'a host name, e.g. relay.example.com' },
  priority: {
    key: 'priority',
    read: (value) => (/^\d{1,5}$/.test(value) ? Number(value) : value),
    expected: 'a whole number from 0 to 65535',
  },
  pipelining: {
    key: 'pipelining',
    read: (value) => (value === 'yes' ? true : value === 'no' ? false : value),
    expected: 'yes or no',
  },
};

function readDestination(text: string, tls: TlsPolicy): Destination {
  const wrong = (words: string) => new Ended(EXIT.usage, words);
  const [address = '', ...options] = text.split(',');
  const given = new Map<keyof Destination, unknown>([['tls', tls]]);
  const seen = new Set<string>();
  for (const option of options) {
    const equals = option.indexOf('=');
    const name = (equals < 0 ? option : option.slice(0, equals)).trim();
    const known = OPTIONS[name];
    if (!known || !Object.hasOwn(OPTIONS, name))
      throw wrong(
        `"${name}" in "${text}" is not an option of a destination; expected ${Object.keys(OPTIONS).join(', ')}`,
      );
    if (seen.has(name)) throw wrong(`"${text}" says ${name} twice`);
    seen.add(name);
    const value = equals < 0 ? '' : option.slice(equals + 1).trim();
    const read = known.read(value);
    if (!destinationSchema.shape[known.key].safeParse(read).success || value === '')
      throw wrong(`"${value}" in "${text}" is no value for ${name}; expected ${known.expected}`);
    given.set(known.key, read);
  }
  try {
    return destinationSchema.parse({ ...Object.fromEntries(given), ...parseHostPort(address, 25) });
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

/** A route on one line. */
export function routeWords(route: readonly Destination[]): string {
  return route.map((one) => formatHostPort(one.host, one.port)).join(', then ');
}

/** A destination with all that differs from the usual. */
export function destinationWords(one: Destination): string {
  const more = [
    `TLS ${one.tls}`,
    ...(one.sourceAddress === null ? [] : [`from ${one.sourceAddress}`]),
    ...(one.helo === null ? [] : [`HELO ${one.helo}`]),
    ...(one.priority === null ? [] : [`priority ${one.priority}`]),
    ...(one.pipelining === false ? ['no pipelining'] : []),
  ];
  return `${formatHostPort(one.host, one.port)} (${more.join(', ')})`;
}
