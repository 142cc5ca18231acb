// The contract's part about domains: what comes into care, where its mail goes, and what is known of it.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import {
  destinationSchema,
  domainSchema,
  modeNameSchema,
  profileSchema,
  routeSchema,
  serverMoveSchema,
} from '../domain.ts';
import { knownSchema } from '../known.ts';
import { mxLookSchema, wayBackSchema } from '../mx-reading.ts';
import { domainNameSchema } from '../names.ts';
import { preflightSchema } from '../preflight.ts';

const errors = { NOT_FOUND: { status: 404 }, CONFLICT: { status: 409 }, REFUSED: { status: 422 } } as const;
const call = oc.errors(errors);

const named = z.object({ name: domainNameSchema });

export const domainsContract = {
  list: call.output(z.array(domainSchema)),
  /** Reads a domain's MX from its name servers, and says what that means for a route. Of any domain. */
  look: call.input(named).output(mxLookSchema),
  /**
   * Protects a domain. Without a route the present MX says where its mail is delivered; REFUSED where it does not. What was read, now or by
   * a look within five minutes before, is kept as the way back.
   */
  add: call.input(named.extend({ route: routeSchema.optional() })).output(domainSchema),
  setRoute: call.input(named.extend({ route: routeSchema })).output(domainSchema),
  setMode: call
    .input(
      named.extend({
        mode: modeNameSchema,
        reason: z.string().max(500).default(''),
        reroute: z.array(destinationSchema).min(1).max(10).nullable().default(null),
        /** When mail is delivered again by itself (UTC ms, in the future); null: when told. Not for mode `deliver`. */
        until: z.number().int().nullable().default(null),
      }),
    )
    .output(domainSchema),
  /** What the admin says of the domain; replaces what was said before. */
  setProfile: call.input(named.extend({ profile: profileSchema })).output(domainSchema),
  /** What is known of the domain without being told: from what checks found, and from replies. Asks nobody. */
  known: call.input(named).output(knownSchema),
  /** The MX records to go back to; null: none are known. */
  wayBack: call.input(named).output(wayBackSchema.nullable()),
  /** Says by hand which MX records to go back to. */
  setWayBack: call
    .input(
      named.extend({
        records: z
          .array(z.object({ preference: z.number().int().min(0).max(65_535), exchange: z.string().max(255) }))
          .min(1)
          .max(100),
        /** Seconds. */
        ttl: z.number().int().min(0).max(2_147_483_647).nullable().default(null),
      }),
    )
    .output(wayBackSchema),
  /** Asks all that has to be so before the MX may be changed. Takes about 15 s, and changes nothing. */
  preflight: call.input(named).output(preflightSchema),
  /** What the last one came to; null: there was none. */
  lastPreflight: call.input(named).output(preflightSchema.nullable()),
  /** When addresses of the routes' host names changed, newest first; null: of every domain. */
  moves: call.input(z.object({ name: domainNameSchema.nullable() })).output(z.array(serverMoveSchema)),
  /** Refused while the domain still has mail that waits. */
  remove: call.input(named).output(z.object({ removed: z.literal(true) })),
};
