// The public resolvers whose view of a domain is asked: those of the settings, or the list that comes with Mailward.
import list from '../../../assets/public-resolvers.json' with { type: 'json' };
import type { ProbesSettings } from '../../../shared/settings-probes.ts';

export interface PublicResolver {
  /** Who runs it; null for one that the settings name by its address. */
  name: string | null;
  /** Where it answers from, in words; empty when not known. */
  place: string;
  address: string;
}

export function publicResolvers({ publicResolvers: own }: ProbesSettings): readonly PublicResolver[] {
  if (own.length > 0) return own.map((address) => ({ name: null, place: '', address }));
  return list.resolvers;
}
