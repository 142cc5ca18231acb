// What `mx-propagation` finds: who has which MX records, until when, and what was there before a change.
import { z } from 'zod';
import { each, mxSet, time } from './form.ts';

/** How long an answer may be kept, s; null: it cannot, or earlier releases did not remember. */
const ttl = z.number().nullable().default(null);

const asked = {
  name: z.string().nullable(),
  address: z.string(),
  kind: z.enum(['authoritative', 'resolver']),
  /** Where a public resolver is, in words. */
  place: z.string().default(''),
};

/** What one of those asked says. */
export const mxServerViewSchema = z.discriminatedUnion('state', [
  z.object({ ...asked, state: z.literal('agrees'), mx: mxSet, ttl, until: z.null() }),
  z.object({
    ...asked,
    /** It has another set than most name servers. */
    state: z.literal('differs'),
    mx: mxSet,
    ttl,
    /** When it has to ask again, UTC ms; null: it has the zone itself. */
    until: time.nullable(),
  }),
  /** `silent`: no answer; `failed`: an answer, but no records. */
  z.object({ ...asked, state: z.enum(['silent', 'failed']), mx: z.null(), ttl, until: z.null() }),
]);
export type ServerView = z.infer<typeof mxServerViewSchema>;

const spreadSchema = z.object({
  /** The set that is to be everywhere: what most of the name servers have. */
  mx: mxSet,
  ttl,
  /** When this set was first seen, UTC ms; null: earlier releases did not remember. */
  since: time.nullable().default(null),
  /** By when all must agree, UTC ms; null: all do, or nobody can say. */
  until: time.nullable(),
  /** What was there before a change; null: no change was seen. */
  before: z.object({ mx: mxSet, ttl }).nullable().default(null),
  items: z.array(mxServerViewSchema),
});

export const mxPropagationFacts = {
  ...each(['agrees', 'servers-differ', 'unresolvable'], spreadSchema),
  spreading: spreadSchema.extend({ until: time }),
};
