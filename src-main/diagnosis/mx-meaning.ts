// What a domain's MX records mean for where Mailward should deliver its mail.
import { destinationSchema, type Destination } from '../../shared/domain.ts';
import { mxWords } from '../../shared/facts/form.ts';
import { toUnicodeName } from '../../shared/idn.ts';
import type { MxMeaning, MxRead } from '../../shared/mx-reading.ts';
import { type Provider, providerOfMx } from '../../shared/providers.ts';

/** A route has no more destinations (shared/domain.ts). */
const MOST_DESTINATIONS = 10;
/** Records that a sentence names; the others are counted. */
const MOST_NAMED = 4;

type Reading = Extract<MxRead, { status: 'read' }>['reading'];
type Exchange = Reading['exchanges'][number];

/** @param name the domain, in A-labels. */
export function meaningOfMx(name: string, read: MxRead): MxMeaning {
  const domain = toUnicodeName(name);
  switch (read.status) {
    case 'could-not':
      return {
        kind: 'unknown',
        summary: `The MX records of ${domain} could not be read: ${read.reason.replace(/\.$/, '')}.`,
        advice: ['Try again later, or say yourself which server takes the domain’s mail.'],
        route: null,
      };
    case 'no-such-domain':
      return {
        kind: 'no-such-domain',
        summary: `There is no domain ${domain}: DNS does not know it.`,
        advice: [
          'Check the spelling. If it is right, the domain has expired or has never been registered: nobody can send mail to it.',
        ],
        route: null,
      };
    case 'differs': {
      const sets = [...new Set(read.sets.map(({ mx }) => mxWords(mx)))];
      return {
        kind: 'differs',
        summary: `The name servers of ${domain} do not agree on its MX records: ${sets.slice(0, MOST_NAMED).join('; ')}.`,
        advice: [
          'If the records were changed a short while ago, try again in an hour. If not, ask whoever hosts the domain’s DNS to mend its name servers first.',
        ],
        route: null,
      };
    }
    case 'read':
      return meaningOfSet(domain, read.reading, new Set(read.own));
  }
}

function meaningOfSet(domain: string, reading: Reading, own: ReadonlySet<string>): MxMeaning {
  const { records, exchanges } = reading;
  if (records.length > 0 && records.every(({ exchange }) => exchange === '.')) {
    return {
      kind: 'null-mx',
      summary: `${domain} says that it takes no mail (null MX).`,
      advice: [
        'Nobody sends mail to this domain at present. Say yourself which server will take it.',
        'The way back is this record: put back, it stops all mail for the domain.',
      ],
      route: null,
    };
  }
  const others = exchanges.filter(({ host }) => !own.has(host));
  if (exchanges.length > 0 && others.length === 0) {
    return {
      kind: 'mailward',
      summary: `Mail for ${domain} comes to Mailward already: ${listed(exchanges)}.`,
      advice: [
        'So the records do not say where your own server is: name it yourself.',
        `What the records were before is not known either. Write them down with \`mailward domain way-back ${domain}\`, so that they can be put back one day.`,
      ],
      route: null,
    };
  }
  const usable = others.filter(({ trouble }) => trouble === '');
  const named = hostsOf(records);
  if (usable.length === 0) {
    const [first] = others;
    const why = others.map(({ host, trouble }) => `${host}: ${trouble}`).slice(0, MOST_NAMED);
    const isUnknown = others.some(({ trouble }) => trouble.includes('could not be found out'));
    return {
      kind: isUnknown ? 'unknown' : 'nowhere',
      summary:
        records.length === 0
          ? `${domain} has no MX records, and ${first?.trouble.replace(/^it /, 'the domain itself ') ?? 'no address'}: mail has nowhere to go.`
          : `No server that the MX records of ${domain} name can be used (${why.join('; ')}).`,
      advice: [
        isUnknown
          ? 'Try again later, or say yourself which server takes the domain’s mail.'
          : 'Mail from outside does not arrive today. Say yourself which server should have it; an address inside your own network is fine when you give it by hand.',
      ],
      route: null,
    };
  }
  const route = routeOf(reading, usable);
  const left = usable.slice(MOST_DESTINATIONS);
  const notes = [
    ...others
      .filter(({ trouble }) => trouble !== '')
      .map(({ host, trouble }) => `${host} is left out of the route: ${trouble}.`),
    ...(left.length > 0
      ? [
          `The records name ${usable.length} servers; a route has ${MOST_DESTINATIONS} at most, so ${left.length === 1 ? 'one is' : `${left.length} are`} left out: ${listed(left)}.`,
        ]
      : []),
  ];
  if (others.length < exchanges.length) {
    return {
      kind: 'mailward-and-others',
      summary: `Mail for ${domain} comes to Mailward, and to ${listed(usable)} beside it.`,
      advice: [
        `The others become the route: ${listed(usable)}. As long as the MX records name them, senders may go there directly and past Mailward.`,
        `These records are not a way back to a time before Mailward. If you know what they were, write them down with \`mailward domain way-back ${domain}\`.`,
        ...notes,
      ],
      route,
    };
  }
  if (records.length === 0) {
    return {
      kind: 'no-mx',
      summary: `${domain} has no MX records, so mail goes to the domain’s own address.`,
      advice: [
        `The route is ${domain} itself. Make sure that a mail server runs there, and not only a web server.`,
        ...notes,
      ],
      route,
    };
  }
  const provider = providerOf(usable);
  if (provider?.does.includes('mail-filter') === true) {
    return {
      kind: 'mail-filter',
      summary: `Mail for ${domain} goes to ${provider.name}, a filtering service, which passes it on to your own server.`,
      advice: [
        'Which server that is, the records do not say: name it yourself, as you have entered it at the service.',
        'A route to the service itself would work too; your mail is filtered twice then.',
        ...notes,
      ],
      route: null,
    };
  }
  if (provider !== null) {
    return {
      kind: 'mail-host',
      summary: `Mail for ${domain} goes to ${provider.name}: ${listed(usable)}.`,
      advice: [adviceFor(provider), ...notes],
      route,
    };
  }
  return {
    kind: 'server',
    summary: `Mail for ${domain} goes to ${named}.`,
    advice: notes,
    route,
  };
}

function adviceFor({ name, software }: Provider): string {
  switch (software) {
    case 'microsoft365':
      return `${name} judges mail by who hands it over. Before the MX changes, it must be told that Mailward is the office’s own gateway (an inbound connector with Mailward’s address and enhanced filtering); otherwise it takes Mailward for the sender of all spam.`;
    case 'google-workspace':
      return `${name} judges mail by who hands it over. Before the MX changes, Mailward’s address must be entered as an inbound gateway; otherwise it takes Mailward for the sender of all spam.`;
    default:
      return `${name} serves many domains. Before the MX changes, ask whether it takes mail for your domain from Mailward, and without limits: some hosts stop taking a domain’s mail once its MX points elsewhere.`;
  }
}

/** The company whose servers these are, if they are all of one. */
function providerOf(usable: readonly Exchange[]): Provider | null {
  const [first, ...rest] = usable.map(({ host }) => providerOfMx(host));
  return first !== undefined && rest.every((one) => one?.name === first?.name) ? first : null;
}

/** By host name, so that a new address is followed; in the records' order of preference. */
function routeOf({ records }: Reading, usable: readonly Exchange[]): Destination[] {
  const preferenceOf = (host: string) => records.find(({ exchange }) => exchange === host)?.preference ?? 0;
  const chosen = usable.slice(0, MOST_DESTINATIONS);
  const preferences = chosen.map(({ host }) => preferenceOf(host));
  // Listed in order they need no numbers; those of equal preference share the load.
  const share = new Set(preferences).size < preferences.length;
  return chosen.map(({ host }) =>
    destinationSchema.parse({ host, ...(share ? { priority: preferenceOf(host) } : {}) }),
  );
}

function hostsOf(records: Reading['records']): string {
  return listed([...new Set(records.map(({ exchange }) => exchange))].map((host) => ({ host })));
}

function listed(exchanges: readonly { host: string }[]): string {
  const hosts = exchanges.map(({ host }) => host);
  const shown =
    hosts.length > MOST_NAMED
      ? [...hosts.slice(0, MOST_NAMED - 1), `${hosts.length - MOST_NAMED + 1} others`]
      : hosts;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}
