// The blocklists that are known: those that are asked, those that list something else, and those that are dead.
import shipped from '../assets/blocklists.json' with { type: 'json' };
import { blocklistCatalogueSchema } from './blocklists.ts';
import type { Blocklist, DeadList, OtherList } from './blocklists.ts';

export const blocklistCatalogue = blocklistCatalogueSchema.parse(shipped);

/**
 * What is known of a list.
 * @param zone as in a mail server's settings; zones under a list's own count as the list, and so does the one asked with a key.
 * @returns null for one that the catalogue does not know.
 */
export function listOf(zone: string): { list: Blocklist } | { other: OtherList } | { dead: DeadList } | null {
  const name = zone.toLowerCase().replace(/\.$/, '');
  const under = (domain: string) => name === domain || name.endsWith(`.${domain}`);
  const list = blocklistCatalogue.lists.find(
    (each) => under(each.zone) || (each.keyed !== null && under(each.keyed.zone.replace('KEY.', ''))),
  );
  if (list !== undefined) return { list };
  // A blocklist of the same operator may be under it.
  const other = blocklistCatalogue.others.find((each) => each.zone === name);
  if (other !== undefined) return { other };
  const dead = blocklistCatalogue.dead.find(
    (each) => under(each.zone) || (each.all !== null && under(each.all)),
  );
  return dead === undefined ? null : { dead };
}

/** A zone's name as others may see it: a key in it is a secret. Knows the zones of those whose keys go into the name. */
export function withoutKey(zone: string): string {
  const labels = zone.split('.');
  const isKeyed = blocklistCatalogue.lists.some(({ keyed }) => {
    // One operator has many zones, and all take the key at the same place.
    const [, , ...operator] = keyed?.zone.split('.') ?? [];
    return operator.length > 0 && labels.length === operator.length + 2 && zone.endsWith(operator.join('.'));
  });
  return isKeyed ? ['KEY', ...labels.slice(1)].join('.') : zone;
}
