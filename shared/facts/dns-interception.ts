// What `dns-interception` finds; its findings have no facts.
import { each, nothing } from './form.ts';

export const dnsInterceptionFacts = each(['genuine', 'intercepted'], nothing);
