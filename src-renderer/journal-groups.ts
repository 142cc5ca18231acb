// The kinds of changes in three groups, by where they come from: what readers pick from, and what each looks like.
import { journalKindSchema, type JournalKind } from '../shared/journal.ts';

export type JournalGroup = 'dns' | 'server' | 'here';

const groups: Readonly<Record<JournalKind, JournalGroup>> = {
  mx: 'dns',
  'name-servers': 'dns',
  serial: 'dns',
  ds: 'dns',
  registrar: 'dns',
  'registration-end': 'dns',
  'registration-state': 'dns',
  addresses: 'server',
  banner: 'server',
  software: 'server',
  certificate: 'server',
  replies: 'server',
  'server-state': 'server',
  added: 'here',
  removed: 'here',
  route: 'here',
  mode: 'here',
  'way-back': 'here',
  'first-mail': 'here',
  'mx-change': 'dns',
  profile: 'here',
  contacts: 'here',
  settings: 'here',
};

/** `short` stands beside each change, `long` where one is picked, `mark` where the chart says what its marks are. */
export const groupWords: Readonly<Record<JournalGroup, { short: string; long: string; mark: string }>> = {
  dns: { short: 'DNS', long: 'DNS and registration', mark: 'change in DNS or the registration' },
  server: { short: 'Server', long: 'Your server', mark: 'change at your server' },
  here: { short: 'Here', long: 'Done here', mark: 'change made here' },
};

export const journalGroups = Object.keys(groupWords) as JournalGroup[];

export function groupOf(kind: JournalKind): JournalGroup {
  return groups[kind];
}

export function kindsOf(group: JournalGroup): JournalKind[] {
  return journalKindSchema.options.filter((kind) => groups[kind] === group);
}
