// What `dane` finds; the finding's subject is the mail server.
import { z } from 'zod';
import { each } from './form.ts';

/** Of a TLSA record (RFC 6698 §2.1). */
const recordSchema = z.object({ usage: z.number(), selector: z.number(), matchingType: z.number() });

export const daneFacts = each(
  ['fine', 'unusable', 'malformed', 'mismatch', 'in-clear', 'unsigned', 'bogus', 'could-not-check'],
  z.object({ records: z.array(recordSchema) }),
);
