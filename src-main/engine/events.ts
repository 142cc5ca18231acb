// What happens in the engine, for everybody who wants to know: all that happens to mail, and to domains, clock and storage.
import type { Contact } from '../../shared/contacts.ts';
import type { Domain } from '../../shared/domain.ts';
import type { Finding } from '../../shared/finding.ts';
import type { Actor } from '../../shared/journal.ts';
import type { MxChange } from '../../shared/mx-change.ts';
import type { WayBack } from '../../shared/mx-reading.ts';
import type { RelayEvents } from '../relay/events.ts';
import type { StorageEvents } from '../storage/events.ts';

export interface EngineEvents extends RelayEvents, StorageEvents {
  /** A domain is new (`before` is null), or another than before: written down, and known to whoever asks the directory. */
  domainChanged: { domain: Domain; before: Domain | null; by: Actor };
  /** A domain is not protected any more. */
  domainRemoved: { name: string; by: Actor };
  /** A domain's first mail came through to its own server. */
  wentLive: { domain: string; at: number };
  /** A change of MX records is watched from now on (`before` is null), is in another stage, or is not watched any more (`change` is null). */
  mxChange: { change: MxChange | null; before: MxChange | null; by: Actor };
  /** The MX records that a domain can go back to are known, or others than before. */
  wayBackKept: { domain: string; before: WayBack | null; wayBack: WayBack; by: Actor };
  /** A check of a domain, protected or not, ended, and was not given up. */
  checked: { domain: string; findings: readonly Finding[] };
  /** A contact is new (`before` is null), another than before, or gone (`after` is null): written down. */
  contactChanged: { before: Contact | null; after: Contact | null; by: Actor };
  /** The clock jumped by `by` ms (negative: back), just now: times in memory move with it. What waits on disk was not planned anew yet. */
  clockJumped: { by: number };
  /** What waits on disk was planned anew after a jump, or could not be. */
  replanned: null;
  /** The machine slept: what was due meanwhile is due now. */
  woke: null;
  /** Waiting mail was counted. */
  counted: null;
}
