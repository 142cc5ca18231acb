// What `delegation` finds, and what it knows of each name server.
import { z } from 'zod';
import { duration, each, nothing } from './form.ts';

const serverSchema = z.object({
  name: z.string(),
  address: z.string(),
  isAuthoritative: z.boolean(),
  /** Whether it answers over this transport. */
  udp: z.boolean(),
  tcp: z.boolean(),
  /** Of its SOA record; null: it gave none. */
  serial: z.number().nullable(),
  tookMs: duration,
  /** Whether the zone above names it, and whether the zone itself does. */
  inParent: z.boolean(),
  inZone: z.boolean(),
});

/** `zone`: the one that holds the domain, which may be above it. */
const zoneSchema = z.object({
  zone: z.string(),
  /** The name servers as the zone above has them; null: it refers nobody. */
  parentNames: z.array(z.string()).nullable(),
  servers: z.array(serverSchema),
});

export const delegationFacts = {
  'no-such-domain': zoneSchema.pick({ zone: true }),
  'no-server-answers': zoneSchema.omit({ parentNames: true }),
  'ipv6-only': nothing,
  ...each(
    [
      'fine',
      'no-server-edns',
      'edns-dropped',
      'edns-refused',
      'options-dropped',
      'server-silent',
      'not-authoritative',
      'no-tcp',
      'name-is-alias',
      'only-aliases',
      'address-private',
      'names-differ',
      'serial-differs',
      'glue-wrong',
      'name-without-address',
      'one-server',
      'one-network',
    ],
    zoneSchema,
  ),
};
