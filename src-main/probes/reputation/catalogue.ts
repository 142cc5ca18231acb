// The blocklists that are asked, and those that are dead, for the admin who asks why a list is not among them.
import shipped from '../../../assets/blocklists.json' with { type: 'json' };
import { blocklistCatalogueSchema } from '../../../shared/blocklists.ts';
import type { Blocklist, DeadList } from '../../../shared/blocklists.ts';

export const blocklistCatalogue = blocklistCatalogueSchema.parse(shipped);

/**
 * What is known of a list.
 * @param zone as in a mail server's settings; zones under a list's own count as the list.
 * @returns null for one that the catalogue does not know.
 */
export function listOf(zone: string): { list: Blocklist } | { dead: DeadList } | null {
  const name = zone.toLowerCase().replace(/\.$/, '');
  const is = (each: { zone: string }) => name === each.zone || name.endsWith(`.${each.zone}`);
  const list = blocklistCatalogue.lists.find(is);
  if (list !== undefined) return { list };
  const dead = blocklistCatalogue.dead.find(is);
  return dead === undefined ? null : { dead };
}
