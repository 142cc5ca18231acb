// What `unknown-recipient` finds; its findings have no facts.
import { each, nothing } from './form.ts';

export const unknownRecipientFacts = each(['tells-apart', 'takes-all'], nothing);
