// How all mail is together: the state that the tray shows, and the one sentence of the home screen.
import type { DomainOverview, Overview } from '../../shared/overview.ts';
import { type HealthState, worst } from '../../shared/state.ts';
import { healthOfListener } from './flow.ts';

/** What an overview is judged by. */
export type OverallFacts = Pick<
  Overview,
  'domains' | 'listener' | 'storage' | 'fault' | 'settingsTrouble' | 'unknownSettings'
>;

export function overallOf(facts: OverallFacts): { state: HealthState; sentence: string } {
  const { domains, listener, storage, fault, settingsTrouble, unknownSettings } = facts;
  const state = worst([
    healthOfListener(listener),
    storage.state,
    fault === null && settingsTrouble === null ? 'ok' : 'attention',
    unknownSettings.length === 0 ? 'ok' : 'attention',
    ...domains.map((domain) => domain.state),
  ]);
  return {
    // While no mail has come through nobody knows that all is well.
    state: state === 'ok' && domains.every(({ liveSince }) => liveSince === null) ? 'not-applicable' : state,
    sentence: sentenceOf(facts),
  };
}

function sentenceOf({ domains, listener, storage, fault }: OverallFacts): string {
  if (storage.trouble)
    return `Mailward cannot store mail: ${storage.trouble.what}. Senders keep their mail and try again.`;
  if (!listener.listening)
    return `Mailward is not taking mail: ${listener.problem ?? 'the SMTP listener is stopped'}.`;
  const bad = domains.filter((domain) => !isWell(domain));
  // What stops mail is told before what only may.
  if (bad.length === 0 && fault !== null)
    return `Mailward had ${fault.count === 1 ? 'an internal error' : `${fault.count} internal errors`} and carried on; all mail it accepted is on disk. Restart it when convenient.`;
  if (domains.length === 0) return 'Mailward is ready. No domain is protected yet.';
  // The listener's trouble is everybody's: it is told once, and only when no domain has one of its own.
  if (bad.length === 0 && listener.problem !== null)
    return 'Mail is flowing, but the TLS certificate needs attention.';
  const [first] = bad;
  if (first && bad.length === 1) return first.sentence;
  if (bad.length > 1) {
    if (bad.length === domains.length)
      return `${bad.length === 2 ? 'Both' : `All ${bad.length}`} domains need attention.`;
    return `${bad.length} of ${domains.length} domains need attention.`;
  }
  const [only] = domains;
  if (domains.length === 1 && only) return only.sentence;
  const live = domains.filter(({ liveSince }) => liveSince !== null);
  const waiting = domains.length - live.length;
  if (live.length === 0) return `No mail has come through Mailward yet for any of ${domains.length} domains.`;
  if (waiting > 0)
    return `Mail is flowing for ${live.length === 1 ? (live[0]?.name ?? '') : `${live.length} domains`}; ${waiting === 1 ? 'one is' : `${waiting} are`} not live yet.`;
  return `Mail is flowing for ${domains.length === 2 ? 'both' : `all ${domains.length}`} domains.`;
}

/** All is well with the domain itself. */
function isWell(domain: DomainOverview): boolean {
  const { state } = domain.outbound;
  return (state === 'ok' || state === 'not-applicable') && domain.failed.count === 0;
}
