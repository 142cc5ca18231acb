// What `server-open-relay` finds; its findings have no facts.
import { each, nothing } from './form.ts';

export const serverOpenRelayFacts = each(['closed', 'relays-for-us'], nothing);
