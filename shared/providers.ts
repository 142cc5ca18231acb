// Companies with a part in a domain's mail, told by the names of their servers: big mail hosts, filters, DNS hosts, registrars.
import { z } from 'zod';
import shipped from '../assets/providers.json' with { type: 'json' };
import { serverSoftwareSchema } from './server-software.ts';

const providerSchema = z.object({
  name: z.string(),
  does: z.array(z.enum(['mail-host', 'mail-filter', 'dns-host', 'registrar'])).min(1),
  /** What its servers run, where the admin's steps depend on it. */
  software: serverSoftwareSchema.nullable(),
  /** Domains of the hosts that its customers' MX and NS records name: each stands for itself and all names under it. */
  mx: z.array(z.string()),
  ns: z.array(z.string()),
  /** The registrar as registries write it; case does not count. */
  registrar: z.array(z.string()),
  /** Where its customers find help. */
  support: z.url(),
  /** Where this was read. */
  source: z.url(),
});
export type Provider = z.infer<typeof providerSchema>;

export const providerCatalogue = z
  .object({
    /** When it was last gone through. */
    date: z.iso.date(),
    providers: z.array(providerSchema),
  })
  .parse(shipped);

/** Whose server an MX record names; null: nobody's that is known. */
export function providerOfMx(host: string): Provider | null {
  return providerCatalogue.providers.find(({ mx }) => mx.some((domain) => isWithin(host, domain))) ?? null;
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
