// What holds mail, since when, and what ends that, in the command line's words: by itself, or by which command.
import type { Domain } from '../../shared/domain.ts';
import { endOfHold, endWords, type HoldEnd, type HolderOfMail } from '../../shared/holding.ts';
import type { MessageSummary } from '../../shared/message.ts';
import type { Reached } from './context.ts';
import { typed } from './invocation.ts';
import { formatTime } from './terminal.ts';

export interface Holds {
  /** A held message's state, for a table. */
  state: (row: MessageSummary) => string;
  /** What holds the mail of a domain that is on hold, and what ends that; null when it is not on hold. */
  ofDomain: (name: string) => { why: string; ends: string } | null;
  /** The same of one message. */
  ofMessage: (by: HolderOfMail, name: string, id: string) => { why: string; ends: string };
}

/** What the domains' modes and the settings say of held mail. */
export async function readHolds({ client, running }: Pick<Reached, 'client' | 'running'>): Promise<Holds> {
  const [domains, { autoHold }] = await Promise.all([client.domains.list(), client.settings.get()]);
  return holdsOf(domains, autoHold.deliverAgain, running);
}

/** `deliverAgain`: the setting `autoHold.deliverAgain`; `running`: whether anything can happen by itself. */
export function holdsOf(domains: readonly Domain[], deliverAgain: boolean, running: boolean): Holds {
  const endOf = (name: string): HoldEnd | null => {
    const domain = domains.find((one) => one.name === name);
    return domain ? endOfHold(domain.mode, deliverAgain) : null;
  };

  function ofDomain(name: string) {
    const mode = domains.find((one) => one.name === name)?.mode;
    const end = endOf(name);
    if (!mode || !end) return null;
    const byItself = end.by === 'time' || end.by === 'server';
    const ends = [
      endWords(end, name, formatTime),
      ...(byItself && !running ? [' (for that Mailward must run, and it is not running)'] : []),
      `; ${byItself ? 'sooner' : 'at once'}: ${typed(`domain mode ${name} deliver`)}`,
    ];
    const by = mode.setBy === 'mailward' ? ' by Mailward itself' : '';
    return {
      why: `all mail of ${name} is held${by}${mode.reason === '' ? '' : ` (${mode.reason})`}`,
      ends: ends.join(''),
    };
  }

  return {
    ofDomain,
    ofMessage(by, name, id) {
      switch (by) {
        case 'hand':
          return {
            why: 'held by hand',
            ends: `until you release it: ${typed(`queue release ${id}`)}`,
          };
        case 'repair':
          return {
            why: 'held by `mailward repair`: a part of its content is lost',
            ends: `until you release it as it is: ${typed(`queue release ${id}`)}`,
          };
        case 'reroute':
          return {
            why: 'being sent to another server',
            ends: `until that server takes or refuses it; back to the domain’s route: ${typed(`queue release ${id}`)}`,
          };
        case 'domain':
          return (
            ofDomain(name) ?? {
              // Between the change of a mode and that of its mail.
              why: `held with all mail of ${name}, which is on hold no more`,
              ends: `until Mailward comes to it; at once: ${typed(`queue release ${id}`)}`,
            }
          );
      }
    },
    state({ state, heldBy, via, domains: of }) {
      if (via !== undefined) return `${state} (by way of ${via})`;
      if (state !== 'held' || heldBy === undefined) return state;
      if (heldBy === 'hand') return 'held (by hand)';
      if (heldBy === 'repair') return 'held (damaged)';
      const end = of.map(endOf).find((one) => one !== null);
      if (end?.by === 'time') return `held (until ${formatTime(end.at)})`;
      return end?.by === 'server' ? 'held (until the server takes it)' : 'held (with its domain)';
    },
  };
}
