// What `mail-loop` finds; its findings have no facts.
import { each, nothing } from './form.ts';

export const mailLoopFacts = each(['none', 'is-us', 'same-name', 'loops'], nothing);
