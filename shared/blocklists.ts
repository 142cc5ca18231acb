// Public blocklists (RFC 5782): what their answers mean, and the form of the catalogue that comes with Mailward.
import { z } from 'zod';

/**
 * Whether an answer is a listing. Lists answer in 127.0.0.0/8; 127.255.255.x are their error codes, and 127.0.0.1 means nothing
 * (RFC 5782 §2.1), or that the question was refused.
 */
export function isListing(code: string): boolean {
  return code.startsWith('127.') && !code.startsWith('127.255.255.') && code !== '127.0.0.1';
}

/** Why an answer is no listing, to follow the list's name. */
export function whyNoListing(code: string): string {
  switch (code) {
    case '127.255.255.250':
      return 'it answers 127.255.255.250: the key is not in use';
    case '127.255.255.251':
      return 'it answers 127.255.255.251: the key was used too often';
    case '127.255.255.252':
      return 'it answers 127.255.255.252: the zone’s name is misspelt';
    case '127.255.255.254':
      return 'it answers 127.255.255.254: it does not serve public resolvers, use one of your own';
    case '127.255.255.255':
      return 'it answers 127.255.255.255: it was asked too often';
    default:
      return code.startsWith('127.')
        ? `it answers ${code}, which is an error and no listing`
        : `it answers ${code}, which no blocklist does: the zone is gone, or DNS is redirected`;
  }
}

const codeSchema = z.object({
  /** What is said of the one who is listed, to follow "because": `it sent spam`. */
  means: z.string(),
  /** Listed by rule, not for anything done (an Internet provider's range, a neighbour): few refuse mail for it. */
  minor: z.boolean().default(false),
  /** Not a listing but a complaint about the question. */
  error: z.boolean().default(false),
});

/** Day on which an entry was compared with what is published, as `YYYY-MM-DD`; null: not yet. */
const checked = z.string().nullable();

export const blocklistSchema = z.object({
  zone: z.string(),
  checked,
  name: z.string(),
  /** What it lists. */
  lists: z.array(z.enum(['ipv4', 'ipv6', 'domain'])).min(1),
  /** How much a listing weighs for those who receive mail: 3 refused by many, 2 by some, 1 by few. */
  weight: z.number().int().min(1).max(3),
  /** By address (`127.0.0.4`), `*` for all others. With `bits`, by power of two in the last octet. */
  codes: z.record(z.string(), codeSchema),
  bits: z.boolean().default(false),
  /** An entry that is always listed, and one that never is. RFC 5782 §5, or the list's own. */
  testPoints: z.object({ listed: z.string(), clean: z.string() }),
  /** Where one asks to be taken off. */
  removal: z.string(),
  /** Who may ask it, and what it does, in a sentence. */
  policy: z.string(),
  /** The zone to ask when a key is known, `KEY` in the key's place; `required`: without one it is not asked. */
  keyed: z.object({ zone: z.string(), required: z.boolean(), from: z.string() }).nullable().default(null),
});
export type Blocklist = z.infer<typeof blocklistSchema>;

export const deadListSchema = z.object({
  zone: z.string(),
  checked,
  name: z.string(),
  ended: z.string(),
  means: z.string(),
});
export type DeadList = z.infer<typeof deadListSchema>;

export const blocklistCatalogueSchema = z.object({
  source: z.string(),
  /** Day on which it was written, as `YYYY-MM-DD`. */
  made: z.string(),
  lists: z.array(blocklistSchema),
  dead: z.array(deadListSchema),
});

export interface Meaning {
  code: string;
  means: string;
  minor: boolean;
  error: boolean;
}

/** What a list means by an answer. A code that the catalogue does not know is a listing of its own kind. */
export function meaningsOf({ codes, bits }: Blocklist, code: string): Meaning[] {
  const exact = codes[code];
  if (exact !== undefined) return [{ code, ...exact }];
  if (!isListing(code)) return [{ code, means: whyNoListing(code), minor: false, error: true }];
  const last = Number(code.split('.')[3]);
  const parts = bits
    ? Object.entries(codes).filter(([each]) => (last & Number(each.split('.')[3])) !== 0)
    : [];
  // An error among the bits makes the rest doubtful too.
  if (parts.length > 0) return parts.map(([, meaning]) => ({ code, ...meaning }));
  const other = codes['*'] ?? {
    means: 'for a reason that the list does not name',
    minor: true,
    error: false,
  };
  return [{ code, ...other }];
}
