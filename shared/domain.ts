// A protected mail domain: its route, and what happens to its mail now (its mode).
import { z } from 'zod';
import { domainNameSchema, hostSchema, ipAddressSchema, portSchema, webAddressSchema } from './names.ts';
import { serverSoftwareSchema } from './server-software.ts';

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

const line = (most: number) => z.string().trim().max(most).default('');

/** Whom to call at a company that has a part in the domain's mail, and what they want to know from a caller. */
export const supportSchema = z
  .object({
    company: line(200),
    phone: line(100),
    /** A mail address; empty: none. */
    mail: line(320),
    web: webAddressSchema.default(''),
    /** The customer or contract number that their support asks for. */
    customer: line(100),
    note: line(1000),
  })
  .prefault({});
export type Support = z.infer<typeof supportSchema>;

/** Companies with a part in a domain's mail: who rents out or cares for the server, who hosts its DNS, who registered it, who connects the office. */
export const supportPartSchema = z.enum(['vendor', 'dnsHost', 'registrar', 'internetProvider']);
export type SupportPart = z.infer<typeof supportPartSchema>;

/** What the admin says of a domain, where nobody else can be asked, or where others are mistaken. */
export const profileSchema = z
  .object({
    /** When the registration ends (UTC ms), for a registry that does not say; null: ask the registry. */
    expiresAt: z.number().int().nullable().default(null),
    /** DKIM selectors with which the domain signs its mail. */
    selectors: z
      .array(z.string().regex(/^[\w-]{1,63}(\.[\w-]{1,63})*$/, 'expected a DKIM selector such as default'))
      .max(20)
      .default([]),
    /** `owned`: the office runs its server itself; `hosted`: a vendor does, and must be called. Null: nobody said. */
    hosting: z.enum(['owned', 'hosted']).nullable().default(null),
    /** What the server runs; null: as it seems to be from outside. */
    software: serverSoftwareSchema.nullable().default(null),
    support: z
      .object({
        vendor: supportSchema,
        dnsHost: supportSchema,
        registrar: supportSchema,
        internetProvider: supportSchema,
      } satisfies Record<SupportPart, z.ZodType>)
      .prefault({}),
  })
  .prefault({});
export type Profile = z.infer<typeof profileSchema>;

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
