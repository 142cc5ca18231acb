// A protected mail domain: its route, and what happens to its mail now (its mode).
import { z } from 'zod';
import { domainNameSchema, hostSchema, ipAddressSchema, portSchema } from './names.ts';

/**
 * How TLS is used towards a destination.
 * `none`: never; `opportunistic`: when offered, any certificate; `require`: always, any certificate;
 * `verify`: always, and the certificate must be valid for the host; `dane`: as the host's zone demands where it is signed
 * (RFC 7672), else as `opportunistic`.
 */
export const tlsPolicySchema = z.enum(['none', 'opportunistic', 'require', 'verify', 'dane']);
export type TlsPolicy = z.infer<typeof tlsPolicySchema>;

/** One server that takes a domain's mail. */
export const destinationSchema = z.object({
  host: hostSchema,
  port: portSchema.default(25),
  tls: tlsPolicySchema.default('opportunistic'),
  /** Local address to connect from; null lets the system choose. */
  sourceAddress: ipAddressSchema.nullable().default(null),
  /** The name we give in EHLO; null for the usual one (settings, `smtp.hostname`). */
  helo: hostSchema.nullable().default(null),
  /** Lower is used first, equal ones share the load; null: after the destination listed before. */
  priority: z.number().int().min(0).max(65_535).nullable().default(null),
  /** Whether commands may be said together (RFC 2920) where the server offers it; yes when left out. */
  pipelining: z.boolean().optional(),
});
export type Destination = z.infer<typeof destinationSchema>;

/** Destinations in order of preference: the next is used when those before cannot be reached or refuse the domain. */
export const routeSchema = z
  .array(destinationSchema)
  .min(1, 'a route needs at least one destination')
  .max(10, 'a route has ten destinations at most');
export type Route = z.infer<typeof routeSchema>;

/** A route's destinations in the order in which they are used, those that share the load together. */
export function byPriority(route: Route): Destination[][] {
  const groups = new Map<number, Destination[]>();
  let last = -1;
  for (const destination of route) {
    last = destination.priority ?? last + 1;
    groups.set(last, [...(groups.get(last) ?? []), destination]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
}

/** What a domain's mail does now. `hold` stores it until told; nothing expires while held. */
export const modeNameSchema = z.enum(['deliver', 'hold', 'reroute']);
export type ModeName = z.infer<typeof modeNameSchema>;

export const modeSchema = z.object({
  name: modeNameSchema,
  /** UTC milliseconds. */
  since: z.number().int(),
  /** Why it was set, in the admin's words; empty when nobody said. */
  reason: z.string().max(500),
  /** Where mail goes in mode `reroute`; null otherwise. */
  reroute: routeSchema.nullable(),
  /** When a reroute or hold ends by itself and mail is delivered again (UTC ms); null: when told. */
  until: z.number().int().nullable().default(null),
  /** Who set it. Mailward holds a domain's mail when its server stops taking it for the domain. */
  setBy: z.enum(['admin', 'mailward']).default('admin'),
  /** Set by Mailward: since when the server takes mail for the domain again (UTC ms); null while it does not. */
  homeSince: z.number().int().nullable().default(null),
});
export type Mode = z.infer<typeof modeSchema>;

/** What the admin says of a domain, where nobody else can be asked. */
export const profileSchema = z
  .object({
    /** When the registration ends (UTC ms), for a registry that does not say; null: ask the registry. */
    expiresAt: z.number().int().nullable().default(null),
    /** DKIM selectors with which the domain signs its mail. */
    selectors: z
      .array(z.string().regex(/^[\w-]{1,63}(\.[\w-]{1,63})*$/, 'expected a DKIM selector such as default'))
      .max(20)
      .default([]),
  })
  .prefault({});

export const domainSchema = z.object({
  name: domainNameSchema,
  createdAt: z.number().int(),
  route: routeSchema,
  mode: modeSchema,
  profile: profileSchema,
});
export type Domain = z.infer<typeof domainSchema>;

/** A destination's name led elsewhere than before: evidence that a server moved. */
export const serverMoveSchema = z.object({
  /** When it was noticed, UTC ms. */
  at: z.number().int(),
  host: z.string(),
  before: z.array(z.string()),
  after: z.array(z.string()),
});
export type ServerMove = z.infer<typeof serverMoveSchema>;
