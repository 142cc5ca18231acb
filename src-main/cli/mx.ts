// MX records on the command line: as they were read, what they mean, and as an admin types them.
import type { MxLook, MxReading, WayBack } from '../../shared/mx-reading.ts';
import { typed, withTyped } from './invocation.ts';
import { Ended, EXIT } from './context.ts';
import { formatTime, print, printTable } from './terminal.ts';

/** The end of a command that cannot add a domain, for its records do not say where its mail is to be delivered. */
export function notRoutable(name: string, { meaning }: MxLook): Ended {
  const exit = meaning.kind === 'unknown' ? EXIT.couldNotCheck : EXIT.problem;
  const byHand = typed(`domain add ${name} --route HOST[:PORT]`);
  return new Ended(
    exit,
    `${name} was not added. ${[meaning.summary, ...meaning.advice].join(' ')} By hand: ${byHand}`,
  );
}

export function printLook({ reading, meaning }: MxLook): void {
  print(meaning.summary);
  if (reading !== null) printReading(reading);
  for (const advice of meaning.advice) print(`- ${withTyped(advice)}`);
}

function printReading(reading: MxReading): void {
  if (reading.records.length > 0) {
    printTable(
      ['PREFERENCE', 'SERVER', 'ADDRESSES'],
      reading.records.map(({ preference, exchange }) => {
        const found = reading.exchanges.find(({ host }) => host === exchange);
        const addresses = [...(found?.v4 ?? []), ...(found?.v6 ?? [])].join(' ');
        return [String(preference), exchange === '.' ? '. (none)' : exchange, addresses || '-'];
      }),
    );
  }
  const names = [...new Set(reading.from.map(({ name, address }) => `${name} (${address})`))];
  const alias = reading.alias === null ? '' : `; ${reading.alias} has them, of which the domain is an alias`;
  print(`Read ${formatTime(reading.at)} from ${names.join(', ')}${alias}.`);
  print(`${ttlWords(reading.ttl)} ${dnssecWords[reading.dnssec]}`);
}

const dnssecWords: Readonly<Record<MxReading['dnssec'], string>> = {
  signed: 'The zone is signed (DNSSEC).',
  unsigned: 'The zone is not signed (DNSSEC).',
  broken: 'The zone is signed (DNSSEC), but its signatures do not hold.',
  unknown: 'Whether the zone is signed (DNSSEC) is not known.',
};

function ttlWords(ttl: number | null): string {
  return ttl === null
    ? 'How long others may keep them is not known.'
    : `Others may keep them for ${ttl} seconds (TTL).`;
}

/** @param running whether a Mailward runs that reads what is not known yet. */
export function printWayBack(wayBack: WayBack | null, running: boolean): void {
  if (wayBack === null) {
    print(
      running
        ? 'Way back: not known yet. The present MX records are read and kept as soon as they can be.'
        : 'Way back: not known yet. The present MX records are read and kept when Mailward runs.',
    );
    return;
  }
  const { records } = wayBack.reading;
  const how =
    wayBack.origin === 'admin'
      ? `said by hand ${formatTime(wayBack.keptAt)}`
      : `as read ${formatTime(wayBack.reading.at)}`;
  const ttl = wayBack.reading.ttl === null ? '' : `, TTL ${wayBack.reading.ttl}`;
  if (records.length === 0) print(`Way back: no MX records (${how})`);
  records.forEach(({ preference, exchange }, index) => {
    print(
      `${index === 0 ? 'Way back:' : '         '} ${preference} ${exchange}${index === 0 ? ` (${how}${ttl})` : ''}`,
    );
  });
}

/** Reads `10 mail.example.com`, one text a record, or the two parts of each as texts of their own. */
export function readRecords(texts: readonly string[]): { preference: number; exchange: string }[] {
  const words = texts.flatMap((text) => text.trim().split(/\s+/));
  const pairs = words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? '']] : []));
  return pairs.map(([preference = '', exchange = '']) => {
    if (!/^\d{1,5}$/.test(preference) || Number(preference) > 65_535 || exchange === '')
      throw new Ended(
        EXIT.usage,
        `"${[preference, exchange].join(' ').trim()}" is not an MX record; expected a preference and a server such as "10 mail.example.com"`,
      );
    return { preference: Number(preference), exchange };
  });
}

/** Reads a TTL, s. */
export function readSeconds(text: string): number {
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(seconds <= 2_147_483_647))
    throw new Ended(EXIT.usage, `"${text}" is not a TTL; expected a number of seconds such as 3600`);
  return seconds;
}
