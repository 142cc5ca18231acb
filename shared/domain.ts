// A protected mail domain: its route, and what happens to its mail now (its mode).
import { z } from 'zod';
import { domainNameSchema, hostSchema, portSchema } from './names.ts';

/**
 * How TLS is used towards a destination.
 * `none`: never; `opportunistic`: when offered, any certificate; `require`: always, any certificate;
 * `verify`: always, and the certificate must be valid for the host.
 */
export const tlsPolicySchema = z.enum(['none', 'opportunistic', 'require', 'verify']);
export type TlsPolicy = z.infer<typeof tlsPolicySchema>;

/** One server that takes a domain's mail. */
export const destinationSchema = z.object({
  host: hostSchema,
  port: portSchema.default(25),
  tls: tlsPolicySchema.default('opportunistic'),
  /** Local address to connect from; null lets the system choose. */
  sourceAddress: z.union([z.ipv4(), z.ipv6()]).nullable().default(null),
});
export type Destination = z.infer<typeof destinationSchema>;

/** Destinations in order of preference: the next is used when the one before cannot be reached. */
export const routeSchema = z
  .array(destinationSchema)
  .min(1, 'a route needs at least one destination')
  .max(10, 'a route has ten destinations at most');
export type Route = z.infer<typeof routeSchema>;

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
});
export type Mode = z.infer<typeof modeSchema>;

export const domainSchema = z.object({
  name: domainNameSchema,
  createdAt: z.number().int(),
  route: routeSchema,
  mode: modeSchema,
});
export type Domain = z.infer<typeof domainSchema>;
