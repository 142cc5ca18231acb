// What `server-moved` finds: what a server, or the MX records, were when last seen, and what has changed since.
import { z } from 'zod';
import { each, mxSet, time } from './form.ts';

/** One thing: as it was last seen, as it was before that, and when the change was seen. */
export interface Aspect<T> {
  now: T;
  before: T | null;
  changedAt: number | null;
}

function aspect<T extends z.ZodType>(of: T) {
  return z.object({ now: of, before: of.nullable(), changedAt: time.nullable() });
}

const bannerSchema = z.object({ name: z.string(), software: z.string().nullable() });
export type SeenBanner = z.infer<typeof bannerSchema>;

const certificateSchema = z.object({
  /** SHA-256. */
  fingerprint: z.string(),
  names: z.array(z.string()),
  issuer: z.string(),
  expiresAt: time,
});
export type SeenCertificate = z.infer<typeof certificateSchema>;

/** What is remembered of one server. Null: not seen so far. */
const serverSchema = z.object({
  host: z.string(),
  addresses: aspect(z.array(z.string())),
  /** Where the greeting and the certificate were seen. */
  at: z.string().nullable(),
  banner: aspect(bannerSchema).nullable(),
  /** Within it, null: the server offers no encryption. */
  certificate: aspect(certificateSchema.nullable()).nullable(),
  /** When the name led elsewhere than before, oldest first. */
  changes: z.array(time),
});
export type SeenServer = z.infer<typeof serverSchema>;

/** What is remembered of the MX records. */
const recordsSchema = z.object({ mx: aspect(mxSet) });
export type SeenMx = z.infer<typeof recordsSchema>;

export const serverMovedFacts = {
  ...each(['unchanged', 'first-seen'], z.union([serverSchema, recordsSchema])),
  ...each(['renewed', 'rotates', 'moved', 'replaced', 'nobody-there'], serverSchema),
  'moved-away': serverSchema.extend({
    /** A name that the server had, and where that leads now. */
    elsewhere: z.object({ name: z.string(), addresses: z.array(z.string()) }),
  }),
  ...each(['mx-leads-here', 'mx-changed'], recordsSchema),
};
