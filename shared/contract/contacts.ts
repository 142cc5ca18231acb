// The contract's part about contacts (src-main/engine/contact-procedures.ts).
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { contactInputSchema, listedContactSchema } from '../contacts.ts';
import { domainNameSchema } from '../names.ts';

const errors = { NOT_FOUND: { status: 404 }, REFUSED: { status: 422 } } as const;
const call = oc.errors(errors);

/** What is to be known of a contact's address all the same, as what could not be found out of it; empty: nothing, or there is no address. */
const doubt = z.string();

export const contactsContract = {
  /** By name; with a domain, its own and those of every domain. */
  list: call.input(z.object({ domain: domainNameSchema.nullable() })).output(z.array(listedContactSchema)),
  /**
   * Adds a contact, or changes the one with this id. REFUSED when its mail address depends on a protected domain or its server, or its domain
   * takes no mail.
   */
  put: call
    .input(contactInputSchema.extend({ id: z.number().int().nullable().default(null) }))
    .output(z.object({ contact: listedContactSchema, doubt })),
  remove: call.input(z.object({ id: z.number().int() })).output(z.object({ removed: z.literal(true) })),
};
