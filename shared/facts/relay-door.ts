// What `relay-door` finds; its findings have no facts.
import { each, nothing } from './form.ts';

export const relayDoorFacts = each(['closed', 'open', 'not-for-us', 'refused'], nothing);
