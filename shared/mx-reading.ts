// A domain's MX records as they were read at one time, from whom, and what they mean for where its mail goes.
import { z } from 'zod';
import { routeSchema } from './domain.ts';
import { mxRecord, type MxSet } from './facts/form.ts';

/** A server that MX records name, and where it is. */
const exchangeSchema = z.object({
  host: z.string(),
  v4: z.array(z.string()),
  v6: z.array(z.string()),
  /** Why it has no address that the world reaches; empty: it has one. */
  trouble: z.string().default(''),
});

/** The exact record set, as all name servers that answered have it. */
export const mxReadingSchema = z.object({
  /** UTC ms. */
  at: z.number().int(),
  /** In the order of preference; empty: there are none. A null MX (RFC 7505) is one record with exchange `.`. */
  records: z.array(mxRecord),
  /** How long they may be kept, s; null: not said. */
  ttl: z.number().int().nullable(),
  /** What the domain is an alias for (CNAME), where the records are another name's; null: its own. */
  alias: z.string().nullable(),
  /** The name servers that said so. */
  from: z.array(z.object({ name: z.string(), address: z.string() })),
  /** Whether the zone's records are signed. `broken`: resolvers that check signatures refuse them; `unknown`: could not be found out. */
  dnssec: z.enum(['signed', 'unsigned', 'broken', 'unknown']),
  exchanges: z.array(exchangeSchema),
});
export type MxReading = z.infer<typeof mxReadingSchema>;

/**
 * What came of reading. `differs`: the name servers have different sets, so that no set is the domain's. `could-not`: it says nothing of the
 * domain.
 */
export type MxRead =
  | {
      status: 'read';
      reading: MxReading;
      /** Hosts among its exchanges that are Mailward. */
      own: string[];
    }
  | { status: 'no-such-domain' }
  | { status: 'differs'; sets: { name: string; mx: MxSet }[] }
  | { status: 'could-not'; reason: string };

/** What the MX records say of where mail goes today. */
const mxMeaningKindSchema = z.enum([
  /** A server of the office's own, or of its vendor. */
  'server',
  /** A big mail host whose customers have many domains: Microsoft 365, Google Workspace. */
  'mail-host',
  /** A filtering service, behind which the office's own server stands unseen. */
  'mail-filter',
  /** Mailward already, and nobody else. */
  'mailward',
  /** Mailward, and others beside it. */
  'mailward-and-others',
  /** No MX records: mail goes to the domain's own address. */
  'no-mx',
  /** The domain says that it takes no mail (RFC 7505). */
  'null-mx',
  'no-such-domain',
  /** No server that they name can be reached. */
  'nowhere',
  /** The name servers do not agree. */
  'differs',
  /** They could not be read. */
  'unknown',
]);

export const mxMeaningSchema = z.object({
  kind: mxMeaningKindSchema,
  /** One sentence: where mail goes today. */
  summary: z.string(),
  /** What that means for the route, and what to do; sentences. */
  advice: z.array(z.string()),
  /** What Mailward would deliver to, by host name; null: the admin has to say. */
  route: routeSchema.nullable(),
});
export type MxMeaning = z.infer<typeof mxMeaningSchema>;

/** A look at a domain's MX; `reading` is null where it could not be read. */
export const mxLookSchema = z.object({ reading: mxReadingSchema.nullable(), meaning: mxMeaningSchema });
export type MxLook = z.infer<typeof mxLookSchema>;

/** The MX records to go back to: as they were before Mailward stood in front. A later reading never replaces them. */
export const wayBackSchema = z.object({
  /** When it was kept, UTC ms. */
  keptAt: z.number().int(),
  /** `read`: from DNS when the domain came into care; `admin`: said by hand. */
  origin: z.enum(['read', 'admin']),
  reading: mxReadingSchema,
});
export type WayBack = z.infer<typeof wayBackSchema>;
