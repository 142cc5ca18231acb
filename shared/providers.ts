// Companies with a part in a domain's mail, told by the names of their servers: big mail hosts, filters, DNS hosts, registrars.
import { z } from 'zod';
import shipped from '../assets/providers.json' with { type: 'json' };
import { serverSoftwareSchema } from './server-software.ts';

export const providerTradeSchema = z.enum(['mail-host', 'mail-filter', 'dns-host', 'registrar']);
export type ProviderTrade = z.infer<typeof providerTradeSchema>;

/** A DNS host's own form for an MX record, in the words on its screen. */
export const mxFormSchema = z.object({
  /** The way there, from menu to menu. */
  place: z.string(),
  /** The field of the record's name, and what to type for the domain itself: `Host: @`. */
  host: z.string(),
  /** The field of the mail server's name. */
  value: z.string(),
  priority: z.string(),
  ttl: z.string(),
  /** Whether the mail server's name is to end with a dot. */
  dot: z.boolean(),
  /** Where the form is described: by the host, or by others. */
  source: z.url(),
});

const providerSchema = z.object({
  name: z.string(),
  does: z.array(providerTradeSchema).min(1),
  /** What its servers run, where the admin's steps depend on it. */
  software: serverSoftwareSchema.nullable(),
  /**
   * Domains of the hosts that its customers' MX and NS records name: each stands for itself and all names under it. `*` is any one label,
   * `#` in a label up to four digits.
   */
  mx: z.array(z.string()),
  ns: z.array(z.string()),
  /** The registrar as registries write it; case, full stops and commas do not count. */
  registrar: z.array(z.string()),
  /** Where its customers find help. */
  support: z.url(),
  /** Where its customers, or others, can read what stands here. */
  sources: z.array(z.url()).min(1),
  /** What else one should know of it; empty: nothing. */
  note: z.string().default(''),
  /** Where its form for an MX record is known. */
  form: mxFormSchema.optional(),
});
export type Provider = z.infer<typeof providerSchema>;

export const providerCatalogue = z
  .object({
    /** When it was last gone through. */
    date: z.iso.date(),
    /** How it was made. */
    about: z.string(),
    providers: z.array(providerSchema),
  })
  .parse(shipped);

/** Whose server an MX record names; null: nobody's that is known. */
export function providerOfMx(host: string): Provider | null {
  return providerCatalogue.providers.find(({ mx }) => mx.some((domain) => isWithin(host, domain))) ?? null;
}

/**
 * Who hosts the DNS of a domain with these name servers: the company that has more than half of them. Null: nobody that is known, or
 * several together, of whom none can be said to be the one to ask.
 */
export function providerOfNs(names: readonly string[]): Provider | null {
  return (
    providerCatalogue.providers.find(
      ({ ns }) =>
        names.filter((name) => ns.some((domain) => isWithin(name, domain))).length * 2 > names.length,
    ) ?? null
  );
}

/** The registrar of this name, as registries write it; null: none that is known. */
export function providerOfRegistrar(name: string): Provider | null {
  const wanted = registrarKey(name);
  return (
    providerCatalogue.providers.find(({ registrar }) =>
      registrar.some((one) => registrarKey(one) === wanted),
    ) ?? null
  );
}

function registrarKey(name: string): string {
  return name.toLowerCase().replace(/[.,]/g, '').replace(/\s+/g, ' ').trim();
}

/** By whole labels: `evil-google.com` and `google.com.evil.example` are not within `google.com`. */
function isWithin(host: string, domain: string): boolean {
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  const wanted = domain.split('.');
  const above = labels.slice(-wanted.length);
  return labels.length >= wanted.length && wanted.every((label, at) => isLabelLike(above[at] ?? '', label));
}

function isLabelLike(label: string, pattern: string): boolean {
  if (pattern === '*') return label !== '';
  const at = pattern.indexOf('#');
  if (at === -1) return label === pattern;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  const number = label.slice(before.length, label.length - after.length);
  return label === `${before}${number}${after}` && /^\d{1,4}$/.test(number);
}
