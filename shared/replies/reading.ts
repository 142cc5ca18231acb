// A reply made readable for rules: codes found, lines joined, addresses masked, letters folded; every character knows its origin.

/** Characters that stand for what was masked. Private use, so that no server's words can collide with them. */
export const mask = {
  address: '\uE000',
  ip: '\uE001',
  host: '\uE002',
  url: '\uE003',
  list: '\uE004',
} as const;

/** Longer replies are read to here only: a server that has not said why by then will not. Bounds the work, too. */
export const readLimit = 8192;

export type Stage = 'connect' | 'helo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'message';

export interface Span {
  start: number;
  end: number;
}

/** A text under rewriting, with the place in `source` where each of its characters comes from. */
interface Traced {
  text: string;
  origin: number[];
}

export interface ReplyReading {
  /** The reply as it came, to `readLimit`, in Unicode NFKC: what evidence is quoted from. */
  source: string;
  /** What rules read: lower case, no accents, no codes, masks for addresses and hosts. */
  text: string;
  /** Whether any of it is in a script that puts no spaces between words (Japanese, Chinese). */
  unspaced: boolean;
  /** The SMTP reply code (200–599), or null. */
  code: number | null;
  /** The enhanced code of RFC 3463, or null. */
  enhanced: string | null;
  /** What the text itself says about the command it answers ("in reply to RCPT TO command"). */
  stage: Stage | null;
  quote: (span: Span) => string;
}

function rewrite(input: Traced, pattern: RegExp, to: (match: string, at: number) => string): Traced {
  let text = '';
  const origin: number[] = [];
  let last = 0;
  for (const match of input.text.matchAll(pattern)) {
    if (match[0] === '') continue;
    text += input.text.slice(last, match.index);
    for (let i = last; i < match.index; i++) origin.push(input.origin[i] ?? 0);
    const replacement = to(match[0], match.index);
    const first = input.origin[match.index] ?? 0;
    const final = input.origin[match.index + match[0].length - 1] ?? first;
    // Same length keeps each character's own origin; otherwise the ends keep theirs, so that a quote spans the whole.
    for (let i = 0; i < replacement.length; i++) {
      if (replacement.length === match[0].length) origin.push(input.origin[match.index + i] ?? first);
      else origin.push(i === replacement.length - 1 ? final : first);
    }
    text += replacement;
    last = match.index + match[0].length;
  }
  text += input.text.slice(last);
  for (let i = last; i < input.text.length; i++) origin.push(input.origin[i] ?? 0);
  return { text, origin };
}

/** UTF-8 that was read as Latin-1 ("EmpfÃ¤nger") is read again; anything else is left as it is. */
function unscramble(text: string): string {
  if (!/[\u00C2-\u00EF][\u0080-\u00BF]/.test(text)) return text;
  if (/[^\u0000-\u00FF]/.test(text)) return text;
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  const decoded = new TextDecoder('utf-8').decode(bytes);
  return decoded.includes('\uFFFD') ? text : decoded;
}

const listLabel =
  /^(?:dns|rhs|multi|[a-z]{0,3})(?:bl|rbl)\d{0,2}$|spamhaus|spamcop|^sorbs$|barracudacentral|abuseat|uceprotect|surbl|uribl|blackl|blockl|dnsbl|rblsmtpd|mailspike|spamrats|backscatterer|senderscore|senderbase|hostkarma|manitu|invaluement|truncate|njabl|spameatingmonkey/;

function isList(name: string): boolean {
  return name.split(/[./?&=_-]/).some((label) => listLabel.test(label));
}

/** `NotFound` and `RESOLVER.ADR.RecipNotFound` are words written together. */
function splitWords(text: string): string {
  return text.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
}

function maskUrl(url: string): string {
  const lower = url.toLowerCase();
  // Where Spamhaus sends those whose resolver it does not answer.
  if (lower.includes('/returnc/')) return ` ${mask.list} ${unanswered} `;
  if (isList(lower.slice(0, 300)) || /banned|denyip|block-?lookup|dnsbl|ipcheck|rbl[/?]|delist/.test(lower))
    return ` ${mask.list} `;
  const page = /[?&]p=([A-Za-z]{3,40})/.exec(url);
  return page?.[1] === undefined ? ` ${mask.url} ` : ` ${mask.url} . ${splitWords(page[1])} . `;
}

/** Stands for a blocklist's way of saying that it does not answer whoever asked. */
const unanswered = 'query refused';

function maskHost(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1);
  if (/[a-z]/.test(last) && /[A-Z]/.test(last)) return splitWords(name.replaceAll('.', ' . '));
  const lower = name.toLowerCase();
  if (!isList(lower)) return mask.host;
  // These list what links point to, not who connects.
  return /surbl|uribl/.test(lower) ? `url ${mask.list}` : mask.list;
}

/** What software puts around another server's reply. It says where, not why. */
const wrapping: readonly RegExp[] = [
  /\b[245]\.\d\.\d - [A-Za-z ]{1,60}(?= [245]\d\d-)/g,
  /\(in reply to [A-Za-z ]{1,40} command\)/gi,
  /\b(?:SMTP error from )?remote (?:mail )?server (?:after|said|returned|response)\b[^:\n]{0,80}:/gi,
  /\bafter (?:RCPT TO|MAIL FROM|initial connection|HELO|EHLO|end of data|pipelined [A-Z ]{1,20})\b/gi,
  /\b(?:connect to|host) \S{1,255}(?: ?\[[0-9A-Fa-f.:]{3,45}\])?(?::\d{1,5})?:? (?:said|refused to talk to me|server refused to talk to me):?/gi,
  /\b(?:server )?refused to talk to me:?/gi,
  /\bRemote server returned (?:unknown recipient or mailbox unavailable|message denied by administrative policy) ->/gi,
  /\bRecipient address rejected: (?:unverified|undeliverable) address:/gi,
  /\(delivery attempts: \d{1,6}\)/gi,
  /\bTransaction failed(?: \(id=\w{1,40}\))?,? (?:maximum|up to) \d{1,5} recipients listed below:?/gi,
  /\b(?:relay|proto|delay|dsn)=\S{1,255}/gi,
  /\(state \d{1,3}\)\.?/gi,
];

/** Names of a spam filter's tests, two or more: RCVD_IN_XBL and RDNS_NONE add to a score, and none is the reason. */
const testNames =
  /\b[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,6}(?:[=:][\d.-]{1,8})?(?:[ ,;|]{1,3}[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){0,6}(?:[=:][\d.-]{1,8})?){1,40}\b/g;

const stageWords: readonly (readonly [RegExp, Stage])[] = [
  [/in reply to end of data|after end of data|sending message body/i, 'message'],
  [/in reply to rcpt to|after (?:pipelined )?rcpt to|\[rcpt_to\]/i, 'rcpt'],
  [/in reply to mail from|after (?:pipelined )?mail from|\[mail_from\]/i, 'mail'],
  [/in reply to data|after data\b/i, 'data'],
  [/in reply to (?:helo|ehlo)|after (?:helo|ehlo)/i, 'helo'],
  [/in reply to starttls|after starttls/i, 'starttls'],
  [/refused to talk to me|after initial connection/i, 'connect'],
];

const leading =
  /^[\s"'<(]{0,9}(?:(?:smtp|x-[a-z0-9-]{1,30})\s{0,3};\s{0,3})?[\s"'<(#]{0,9}([2-5]\d\d)(?:[ \t#-]|$)[ \t"'#<(]{0,9}(?:([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?/i;
const inner =
  /(?:[:;<>"'#]|said|^|\n|- )[ \t]{0,3}([45]\d\d)(?:[ \t#-]|$)[ \t"'#<(]{0,9}(?:([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?/;
const paired = /(?:^|[^\d.])([45]\d\d)[ #-]{1,3}([45]\.\d{1,3}\.\d{1,3})(?![\d.])/;
const lone = /(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])/;

function findCodes(text: string): { code: number | null; enhanced: string | null } {
  let found = leading.exec(text);
  // A greeting's 220 in front of the refusal is not the refusal.
  if (found === null || !/[45]/.test(found[1]?.[0] ?? '')) {
    found = paired.exec(text) ?? inner.exec(text) ?? found;
  }
  const code = found?.[1] === undefined ? null : Number(found[1]);
  return { code, enhanced: found?.[2] ?? lone.exec(text)?.[1] ?? null };
}

/** Reads a raw reply. Never throws; linear in the text's length, and bounded by `readLimit`. */
export function read(raw: string): ReplyReading {
  const begun = raw
    .slice(0, readLimit * 2)
    .trim()
    .slice(0, readLimit);
  // Compatibility forms can be many letters long (U+FDFA is 18), so the limit holds after this step, too.
  const source = unscramble(begun.normalize('NFKC').slice(0, readLimit));
  const codes = findCodes(source);
  const stage = stageWords.find(([pattern]) => pattern.test(source))?.[1] ?? null;

  let traced: Traced = { text: source, origin: Array.from({ length: source.length }, (_, i) => i) };
  for (const pattern of wrapping) traced = rewrite(traced, pattern, () => ' ');
  traced = rewrite(traced, /\b(?:https?:\/\/|www\.)[^\s<>"'\])]{1,400}/gi, maskUrl);
  traced = rewrite(
    traced,
    /[^\s<>@,;:()[\]"'`]{1,64}@[A-Za-z0-9\u0080-\u2FFF-]{1,63}(?:\.[A-Za-z0-9\u0080-\u2FFF-]{1,63}){0,8}/g,
    () => mask.address,
  );
  if (/spam|score|hits|points/i.test(source)) traced = rewrite(traced, testNames, () => ' ');
  // Postfix's word for a client without a name.
  traced = rewrite(traced, /\bunknown(?=\[[0-9A-Fa-f.:]{3,45}\])/g, () => mask.host);
  // Blocklists answer out of 127.255.255.0/24 to say that the question itself was wrong.
  traced = rewrite(traced, /\b127\.255\.255\.\d{1,3}\b/g, () => ` ${unanswered} `);
  traced = rewrite(traced, /\b\d{1,3}(?:\.\d{1,3}){3}\b/g, () => mask.ip);
  traced = rewrite(traced, /\b[0-9a-f]{1,4}(?::{1,2}[0-9a-f]{1,4}){3,7}\b/gi, () => mask.ip);
  // Codes, wherever a line of a reply began before somebody joined the lines.
  traced = rewrite(traced, /\b[245]\d\d[ #-]{0,3}[245]\.\d{1,3}\.\d{1,3}\b/g, () => ' ');
  traced = rewrite(traced, /(?<![\w.])#?[245]\.\d{1,3}\.\d{1,3}\b/g, () => ' ');
  traced = rewrite(traced, /(?:^|(?<=[\n"';:]))[ \t]{0,3}[2-5]\d\d(?:[ -]|$)|(?<= )[2-5]\d\d-(?=\S)/g, (m) =>
    ' '.repeat(m.length),
  );
  traced = rewrite(
    traced,
    /\b[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,8}\.[A-Za-z][A-Za-z-]{1,62}\b/g,
    maskHost,
  );
  traced = rewrite(traced, /(?<=[a-z])(?=[A-Z])[A-Z]/g, (m) => ` ${m}`);
  // One fold a character keeps origins simple. A sharp s and ligatures become two letters.
  traced = rewrite(traced, /[^\u0000-\u0040\u005B-\u007F]/g, fold);
  traced = rewrite(traced, /\bcan ?not\b|\bcan['’´`]?t\b/g, () => 'can not');
  traced = rewrite(
    traced,
    /n['’´`]t\b|(?<=\b(?:does|is|do|could|was|has|did|are|would|should|have))nt\b/g,
    () => ' not',
  );
  traced = rewrite(traced, /\be[- ]mail/g, () => 'email');
  traced = rewrite(traced, /\s+/g, () => ' ');
  const { text, origin } = traced;
  const quote = ({ start, end }: Span): string => {
    const from = origin[start] ?? 0;
    const to = (origin[end - 1] ?? source.length - 1) + 1;
    return source
      .slice(from, Math.min(to, from + 240))
      .replaceAll(/\s+/g, ' ')
      .trim();
  };
  return { source, text, unspaced: hasUnspaced(text), ...codes, stage, quote };
}

/**
 * Clauses that say what to do, where to read on, or what a measure is good for: "please make sure that your SPF record …",
 * "to protect our users from spam, …". They name things that need not be the reason. One that names a blocklist stays: there
 * the link is the reason.
 */
const advice = new RegExp(
  [
    String.raw`(?<=(?:^|[.!?;:,)\]\uE003-]) ?)(?:(?:`,
    [
      'please (?:be sure|make sure|ensure|check|verify|confirm|review|visit|see|refer|contact|call|report|note|consult|read|go to)',
      'if you (?:feel|think|believe|consider|have questions|need|want)',
      'if this (?:is|was) (?:not|an error|a mistake|in error)',
      '(?:for|see|visit|more) (?:more |further |additional )?(?:info(?:rmation)?|help|assistance|details|explanation|support)',
      'learn more',
      'bitte (?:pr[uü]e?fen|wenden|besuchen|lesen|kontaktieren|stellen|achten|[uü]e?berpr[uü]e?fen)',
      'weitere informationen|n[aä]e?here informationen|falls sie (?:meinen|glauben|denken)',
      'veuillez (?:verifier|contacter|consulter|visiter)|pour plus d|si vous pensez',
      'por favor,? (?:verifique|contacte|consulte|compruebe|asegurese|visite)|para mas informacion|si cree',
      '请(?:检查|参考|查看|访问|联系|核对|确认)',
    ].join('|'),
    String.raw`)[^.!?;。\uE003\uE004]{0,300}(?:[.!?;。\uE003]|$)|(?:`,
    [
      '(?:in order )?to (?:best |better |help )?(?:protect|reduce|prevent|fight|combat|preserve)',
      'um (?=[^,.]{1,200} zu )|afin de (?:proteger|preserver|limiter)|para (?:proteger|reducir)',
    ].join('|'),
    String.raw`) [^.!?;,\uE004]{0,200},)`,
  ].join(''),
  'g',
);

/** The same reply with its advice left out, every other character in its place; null where it gives none. */
export function withoutAdvice(reading: ReplyReading): ReplyReading | null {
  // A full stop in its place, so that what stood before and after stays apart.
  const text = reading.text.replaceAll(advice, (clause) =>
    '. '.padEnd(clause.length).slice(0, clause.length),
  );
  return text === reading.text ? null : { ...reading, text };
}

/**
 * The reply's first clause, and the rest: two readings with every character in its place, or null where there is but one clause.
 * What a server found comes first, and what led it there or what may be done follows in brackets or in another sentence.
 */
export function firstClause(reading: ReplyReading): { first: ReplyReading; rest: ReplyReading } | null {
  const end = /.[.,;!?](?= )| [([]| --? /s.exec(reading.text);
  if (end === null || end.index < 4) return null;
  const at = end.index + 1;
  return {
    first: { ...reading, text: reading.text.slice(0, at) },
    rest: { ...reading, text: ' '.repeat(at) + reading.text.slice(at) },
  };
}

export const hasUnspaced = (text: string): boolean => /[\u2E80-\uDFFF\uF900-\uFFEF]/.test(text);

function fold(char: string): string {
  if (char === 'ß') return 'ss';
  if (char === 'œ') return 'oe';
  if (char === 'æ') return 'ae';
  // Only Latin accents go: Japanese voicing marks change the word.
  return char
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036F]/g, '')
    .normalize('NFC')
    .toLowerCase();
}
