// Every protected domain's recipients in figures.
import type { RecipientsOverview } from '../../shared/recipients.ts';
import type { Settings } from '../../shared/settings.ts';
import type { Clock } from '../clock/clock.ts';
import type { Callout } from '../relay/policy/callout.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { IncomingBounces } from '../relay/policy/incoming-bounces.ts';
import type { LearnedRecipients } from '../relay/policy/learned.ts';
import type { Database } from '../storage/database.ts';

export interface RecipientsOverviewParts {
  clock: Clock;
  db: Database;
  directory: Directory;
  settings: () => Settings;
  learned: LearnedRecipients;
  callout: Callout;
  incomingBounces: IncomingBounces;
}

export async function recipientsOverview(parts: RecipientsOverviewParts): Promise<RecipientsOverview[]> {
  const { clock, db, directory, learned, callout, incomingBounces } = parts;
  const [entries, bounces] = await Promise.all([
    db.read('recipientCounts', { now: clock.now(), rule: learned.rule }),
    db.read('bounceCounts'),
  ]);
  return directory.all().map((domain) => {
    const { name } = domain;
    const entry = (state: string) =>
      entries.find((row) => row.domain === name && row.state === state)?.count ?? 0;
    const bounce = (state: string) =>
      bounces.find((row) => row.domain === name && row.state === state)?.count ?? 0;
    return {
      domain: name,
      listed: entry('listed'),
      failing: entry('failing'),
      allowed: entry('allowed'),
      refused: learned.refused(name),
      paused: whyPaused(name, parts),
      callout: { ...callout.counts(name), server: callout.serverKind(domain) },
      bounces: { sent: bounce('sent'), suppressed: bounce('suppressed') },
      backscatter: incomingBounces.counts(name),
    };
  });
}

/** Why nothing is learned of a domain's recipients; null when it is. */
function whyPaused(name: string, { settings, learned }: RecipientsOverviewParts): string | null {
  if (!settings().recipients.learn) return 'Learning is switched off in the settings.';
  return learned.serverFails(name)
    ? `Most recipients of ${name} are refused at once, so it is taken for the server’s fault and nothing is learned.`
    : null;
}
