// What the journal says of what is done here: a domain that is another than before, settings that are, in short words and without secrets.
import type { Destination, Domain, Mode, Profile } from '../../shared/domain.ts';
import type { JournalKind } from '../../shared/journal.ts';
import type { Contact } from '../../shared/contacts.ts';
import { mxWords } from '../../shared/facts/form.ts';
import type { MxChange } from '../../shared/mx-change.ts';
import type { WayBack } from '../../shared/mx-reading.ts';
import { formatHostPort } from '../../shared/names.ts';
import type { EngineEvents } from './events.ts';
import type { Noted } from './journal.ts';
import { SECRET_SETTINGS, type Settings } from '../../shared/settings.ts';

export interface DoneHere {
  kind: JournalKind;
  subject: string;
  /** Null: there was nothing, or nothing is there now. */
  before: string | null;
  after: string | null;
}

/** What is said of a change whose values are nobody's business. */
export const CHANGED = 'changed';

/** A domain that was added (`before` is null) or is another than before, in the order in which people ask. */
export function changesOfDomain(domain: Domain, before: Domain | null): DoneHere[] {
  if (before === null) return [{ kind: 'added', subject: '', before: null, after: typedRoute(domain.route) }];
  const changes = [
    { kind: 'route', subject: '', before: typedRoute(before.route), after: typedRoute(domain.route) },
    { kind: 'mode', subject: '', before: modeText(before.mode), after: modeText(domain.mode) },
    ...changesOfProfile(domain.profile, before.profile),
  ] satisfies DoneHere[];
  return changes.filter((one) => one.before !== one.after);
}

/** A route as it is typed behind `mailward domain route DOMAIN`: what was there before can be put back. */
export function typedRoute(route: readonly Destination[]): string {
  return route
    .map(({ host, port, tls, sourceAddress, helo, priority, pipelining }) =>
      [
        formatHostPort(host, port),
        ...(tls === 'opportunistic' ? [] : [`tls=${tls}`]),
        ...(sourceAddress === null ? [] : [`source=${sourceAddress}`]),
        ...(helo === null ? [] : [`helo=${helo}`]),
        ...(priority === null ? [] : [`priority=${priority}`]),
        ...(pipelining === false ? ['pipelining=no'] : []),
      ].join(','),
    )
    .join(' ');
}

/** `reroute to HOST:PORT until 2026-03-01T08:00:00.000Z: the reason`; a hold that Mailward made says so. */
function modeText({ name, reroute, until, reason, setBy }: Mode): string {
  return [
    name,
    ...(name === 'hold' && setBy === 'mailward' ? [' by Mailward'] : []),
    ...(name === 'reroute' ? [` to ${typedRoute(reroute ?? [])}`] : []),
    ...(until === null ? [] : [` until ${isoTime(until)}`]),
    ...(reason === '' ? [] : [`: ${reason}`]),
  ].join('');
}

function isoTime(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : 'the end of time';
}

function changesOfProfile(profile: Profile, before: Profile): DoneHere[] {
  const text = ({ expiresAt, selectors, hosting, software }: Profile) => ({
    expiresAt: expiresAt === null ? null : isoTime(expiresAt).slice(0, 10),
    selectors: selectors.join(', ') || null,
    hosting,
    software,
  });
  const [is, was] = [text(profile), text(before)];
  const said = (Object.keys(is) as (keyof typeof is)[]).map(
    (part): DoneHere => ({ kind: 'profile', subject: part, before: was[part], after: is[part] }),
  );
  // Telephone and customer numbers are looked up where they stand.
  const parts = Object.keys(profile.support) as (keyof Profile['support'])[];
  const support = parts
    .filter((part) => JSON.stringify(profile.support[part]) !== JSON.stringify(before.support[part]))
    .map((part): DoneHere => ({ kind: 'profile', subject: `support.${part}`, before: null, after: CHANGED }));
  return [...said, ...support];
}

/** A setting by its path (`smtp.hostname`), as it may be shown; null for a secret. */
export function settingTexts(settings: Settings): Map<string, string | null> {
  const texts = new Map<string, string | null>();
  for (const [section, values] of Object.entries(settings))
    for (const [key, value] of Object.entries(values as Record<string, unknown>)) {
      const path = `${section}.${key}`;
      texts.set(path, SECRET_SETTINGS.has(path) ? null : settingText(value));
    }
  return texts;
}

function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.map(settingText).join(', ') || 'none';
  if (value === '') return 'none';
  // A web address may carry a password, or a key in its question.
  return String(value)
    .replace(/(https?:\/\/)[^/?#\s]*@/gi, '$1…@')
    .replace(/(https?:\/\/[^?\s]*\?)\S+/gi, '$1…');
}

export interface ChangedSetting {
  path: string;
  /** Null: not to be shown, or nothing of what may be shown is another. */
  shown: { before: string; after: string } | null;
}

export function changedSettings(after: Settings, before: Settings): ChangedSetting[] {
  const [is, was] = [settingTexts(after), settingTexts(before)];
  const raw = (settings: Settings, path: string) => {
    const [section = '', key = ''] = path.split('.');
    return JSON.stringify((settings as unknown as Record<string, Record<string, unknown>>)[section]?.[key]);
  };
  return [...is].flatMap(([path, text]): ChangedSetting[] => {
    if (raw(after, path) === raw(before, path)) return [];
    const former = was.get(path) ?? null;
    const isShown = text !== null && former !== null && text !== former;
    return [{ path, shown: isShown ? { before: former, after: text } : null }];
  });
}

/** The MX records to go back to are known, or others. */
export function wayBackEntry({ domain, before, wayBack, by }: EngineEvents['wayBackKept']): Noted {
  const words = (kept: WayBack | null) => (kept === null ? null : mxWords(kept.reading.records));
  return { domain, kind: 'way-back', before: words(before), after: words(wayBack), by };
}

/** People to turn to: who is new, another or gone. Telephone numbers stay out of the journal. */
export function contactEntry({ before, after, by }: EngineEvents['contactChanged']): Noted {
  const domain = after?.domain ?? before?.domain ?? '';
  const words = (contact: Contact | null) =>
    contact === null ? null : [contact.name, contact.role].filter(Boolean).join(', ');
  return {
    domain,
    kind: 'contacts',
    subject: after?.name ?? before?.name ?? '',
    before: words(before),
    after: words(after),
    by,
  };
}

/** A change of MX records that is watched, stage by stage. */
export function mxChangeEntry({ change, before, by }: EngineEvents['mxChange']): Noted {
  const words = (one: MxChange | null) => (one === null ? null : `${one.stage}: ${mxWords(one.wanted)}`);
  const domain = change?.domain ?? before?.domain ?? '';
  const source = by.who === 'world' ? 'check' : 'action';
  return { domain, kind: 'mx-change', before: words(before), after: words(change), by, source };
}
