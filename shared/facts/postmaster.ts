// What `postmaster` finds; its findings have no facts.
import { each, nothing } from './form.ts';

export const postmasterFacts = each(['there', 'missing', 'full'], nothing);
