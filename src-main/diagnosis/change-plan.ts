// What an admin is to enter at the DNS host so that mail comes by way of Mailward, or past it again as before.
import type { ModeName } from '../../shared/domain.ts';
import { mxWords, type MxSet } from '../../shared/facts/form.ts';
import { toUnicodeName } from '../../shared/idn.ts';
import type { ChangeDirection, ChangePlan } from '../../shared/mx-change.ts';
import type { MxReading, WayBack } from '../../shared/mx-reading.ts';
import type { Preflight } from '../../shared/preflight.ts';
import { providerOfNs } from '../../shared/providers.ts';
import { LONGEST_TTL } from './preflight-items.ts';

/** While the records are changed a mistake must not last, s. */
const TTL_OF_A_CHANGE = 300;
const PREFERENCE = 10;

export interface PlanInput {
  /** The domain, in A-labels. */
  name: string;
  direction: ChangeDirection;
  /** The present records; null: they could not be read. */
  reading: MxReading | null;
  wayBack: WayBack | null;
  preflight: Preflight | null;
  /** Mailward's name; empty: it has none. */
  hostname: string;
  mode: ModeName;
}

export function changePlan(input: PlanInput): ChangePlan | { refused: string } {
  const { direction, reading } = input;
  const add = wantedOf(input);
  if ('refused' in add) return add;
  const wanted = new Set(add.records.map(textOf));
  const remove = reading === null ? null : reading.records.filter((record) => !wanted.has(textOf(record)));
  const there = new Set((reading?.records ?? []).map(textOf));
  return {
    direction,
    remove,
    add: add.records,
    ttl: TTL_OF_A_CHANGE,
    host: hostOf(reading),
    warnings: warningsOf(input, reading !== null && remove?.length === 0 && there.size === wanted.size),
  };
}

function wantedOf({
  name,
  direction,
  wayBack,
  hostname,
}: PlanInput): { records: MxSet } | { refused: string } {
  if (direction === 'in') {
    return hostname === ''
      ? {
          refused:
            'Mailward has no name that an MX record could have: say under which name the world reaches it (setting `smtp.hostname`), and give that name an address in DNS',
        }
      : { records: [{ preference: PREFERENCE, exchange: hostname }] };
  }
  if (wayBack === null) {
    return {
      refused: `what the MX records of ${toUnicodeName(name)} were before Mailward is not known; say it with \`mailward domain way-back ${name} "10 mail.example.com"\``,
    };
  }
  return wayBack.reading.records.length === 0
    ? {
        refused: `${toUnicodeName(name)} had no MX records before Mailward: take those out that name it, and mail goes to the domain’s own address again`,
      }
    : { records: wayBack.reading.records };
}

function hostOf(reading: MxReading | null): ChangePlan['host'] {
  const names = [...new Set((reading?.from ?? []).map(({ name }) => name))];
  const provider = names.length === 0 ? null : providerOfNs(names);
  if (provider === null) return null;
  const { name, support, form } = provider;
  if (form === undefined) return { name, support, form: null };
  const { place, host, value, priority, ttl, dot } = form;
  return { name, support, form: { place, host, value, priority, ttl, dot } };
}

function warningsOf({ direction, reading, wayBack, preflight, mode }: PlanInput, isThere: boolean): string[] {
  const warnings: string[] = [];
  if (isThere) return ['The records are as they should be already.'];
  if (reading === null)
    warnings.push(
      'The present MX records could not be read: compare them with these yourself before you change them.',
    );
  if (direction === 'in') {
    if (preflight === null)
      warnings.push('Nothing has been checked yet: run the pre-flight first, for a mistake costs mail.');
    else if (preflight.result !== 'ready') warnings.push(preflight.summary);
    if (wayBack === null)
      warnings.push('No way back is known: write the present records down before you change them.');
    if (reading !== null && (reading.ttl ?? 0) > LONGEST_TTL)
      warnings.push(
        `Others may keep the present records for ${reading.ttl ?? 0} seconds: lower their TTL to ${TTL_OF_A_CHANGE} first, and wait that long.`,
      );
  } else {
    warnings.push(
      mode === 'hold'
        ? 'Mail that still comes to Mailward is held: deliver it again when your server takes it.'
        : 'Mail that still comes to Mailward goes on to your server as before, until nobody can have the old records any more. Do not remove the domain before.',
    );
  }
  const alias = reading?.alias ?? null;
  if (alias !== null)
    warnings.push(
      `The domain is an alias (CNAME) of ${alias}: the records have to be changed there, or the alias taken out.`,
    );
  return warnings;
}

function textOf(record: MxSet[number]): string {
  return mxWords([record]);
}
