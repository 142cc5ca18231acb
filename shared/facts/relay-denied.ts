// What `relay-denied` finds, and what the server answered.
import { z } from 'zod';
import { nothing } from './form.ts';

export const relayDeniedFacts = {
  home: nothing,
  'relay-denied': z.object({ answer: z.string() }),
};
