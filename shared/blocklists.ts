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
      return 'it answers 127.255.255.255: it was asked too often, or by one who is not registered with it';
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
  /** No listing though the list knows the entry: it speaks well of it, or neither well nor ill. */
  harmless: z.boolean().default(false),
  /** Not a listing but a complaint about the question. */
  error: z.boolean().default(false),
});
type Code = z.infer<typeof codeSchema>;

/** Page that an entry was compared with. Null: with none. */
const source = z.url().nullable();

/** Day on which an entry was compared with what is published, as `YYYY-MM-DD`; null: not yet. */
const checked = z.string().nullable();

export const blocklistSchema = z.object({
  zone: z.string(),
  checked,
  source,
  name: z.string(),
  /** What it lists. */
  lists: z.array(z.enum(['ipv4', 'ipv6', 'domain'])).min(1),
  /** How much a listing weighs for those who receive mail: 3 refused by many, 2 by some, 1 by few. */
  weight: z.number().int().min(1).max(3),
  /** By address (`127.0.0.4`) or range of last octets (`127.0.0.4-7`), `*` for all others. With `bits`, by power of two in the last octet. */
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
  /** Domain of which all zones ended with it. */
  all: z.string().nullable().default(null),
  checked,
  source,
  name: z.string(),
  ended: z.string(),
  means: z.string(),
});
export type DeadList = z.infer<typeof deadListSchema>;

/** A list whose answers do not mean that somebody sends spam: of good senders, or grades for all. */
export const otherListSchema = z.object({
  zone: z.string(),
  checked,
  source,
  name: z.string(),
  /** What it lists instead, to follow its name: `it lists good senders`. */
  means: z.string(),
});
export type OtherList = z.infer<typeof otherListSchema>;

export const blocklistCatalogueSchema = z.object({
  source: z.string(),
  /** Day on which it was written, as `YYYY-MM-DD`. */
  made: z.string(),
  lists: z.array(blocklistSchema),
  others: z.array(otherListSchema),
  dead: z.array(deadListSchema),
});

export interface CodeMeaning {
  code: string;
  means: string;
  minor: boolean;
  harmless: boolean;
  error: boolean;
  /** The list gives it no meaning that is known: whether it is a listing is open. `means` then follows the list's name. */
  unknown: boolean;
}

/** What a list means by one answer; several things with `bits`. */
export function meaningsOf({ codes, bits }: Pick<Blocklist, 'codes' | 'bits'>, code: string): CodeMeaning[] {
  const known = codes[code] ?? inRange(codes, code);
  if (known !== undefined) return [{ code, ...known, unknown: false }];
  if (!isListing(code)) return [errorOf(code)];
  if (bits) return meaningsOfBits(codes, code);
  const other = codes['*'];
  return [other === undefined ? unknownOf(code) : { code, ...other, unknown: false }];
}

/** What a list's answer about one entry comes to. */
export interface ListReading {
  /** Why the answer counts for nothing, to follow the list's name; null: it counts. */
  error: string | null;
  /** What the entry is listed for; empty: it is not, or nobody knows. */
  listed: readonly CodeMeaning[];
  /** Codes of which nobody knows whether they are a listing. */
  unknown: readonly CodeMeaning[];
  /** What the list says of the entry that is no listing. */
  harmless: readonly CodeMeaning[];
}

/** Any list that the catalogue does not know: whatever is a listing by RFC 5782 is one. */
const anyList = blocklistSchema
  .pick({ codes: true, bits: true })
  .parse({ codes: { '*': { means: 'it is listed' } } });

/**
 * Reads all records of an answer together.
 * @param list null: one that the catalogue does not know.
 */
export function readAnswer(list: Blocklist | null, codes: readonly string[]): ListReading {
  const meanings = codes.flatMap((code) => meaningsOf(list ?? anyList, code));
  return {
    error: meanings.find(({ error }) => error)?.means ?? null,
    listed: meanings.filter(({ error, harmless, unknown }) => !error && !harmless && !unknown),
    unknown: meanings.filter(({ unknown }) => unknown),
    harmless: meanings.filter(({ harmless }) => harmless),
  };
}

function inRange(codes: Readonly<Record<string, Code>>, code: string): Code | undefined {
  const [network, last] = split(code);
  for (const [key, meaning] of Object.entries(codes)) {
    const [of, octets] = split(key);
    const [from, to] = octets.split('-');
    if (to !== undefined && of === network && Number(from) <= Number(last) && Number(last) <= Number(to))
      return meaning;
  }
  return undefined;
}

/** First three octets, and what follows. */
function split(code: string): [string, string] {
  const at = code.lastIndexOf('.');
  return [code.slice(0, at), code.slice(at + 1)];
}

function meaningsOfBits(codes: Readonly<Record<string, Code>>, code: string): CodeMeaning[] {
  let left = Number(split(code)[1]);
  const parts: CodeMeaning[] = [];
  for (const [key, meaning] of Object.entries(codes)) {
    const bit = Number(split(key)[1]);
    if ((left & bit) === 0) continue;
    left &= ~bit;
    parts.push({ code, ...meaning, unknown: false });
  }
  return left === 0 && parts.length > 0 ? parts : [...parts, unknownOf(code)];
}

function errorOf(code: string): CodeMeaning {
  const means = whyNoListing(code);
  return { code, means, minor: false, harmless: false, error: true, unknown: false };
}

function unknownOf(code: string): CodeMeaning {
  const means = `it answers ${code}, and what that means is not known`;
  return { code, means, minor: false, harmless: false, error: false, unknown: true };
}
