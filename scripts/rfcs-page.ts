// Writes docs/rfcs.md: every RFC that the code names, where, and what of it is only partly done: `npm run docs`. A test compares the two.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Title, and what is not done of it, or done otherwise; nothing where all that concerns Mailward is done. */
const rfcs: Readonly<Record<number, readonly [title: string, partly?: string]>> = {
  952: ['Host table: how a host may be called', 'as changed by RFC 1123'],
  1034: ['Domain names: concepts', 'a resolver for the checks only, without a cache beyond one run'],
  1035: ['Domain names: messages', 'the record types that mail depends on; others are shown by number'],
  1123: ['Requirements for hosts', 'names of hosts only'],
  1468: ['Japanese in seven bits', 'told apart in WHOIS answers; decoded by the platform'],
  1870: ['SMTP: SIZE'],
  1939: ['POP3', 'its greeting is told from SMTP’s'],
  2034: ['SMTP: enhanced status codes in replies'],
  2045: ['MIME: bodies', 'read as far as bounces need it; what is relayed is not changed'],
  2046: ['MIME: types', 'the same'],
  2047: ['MIME: encoded words in headers', 'decoded for people; never written into relayed mail'],
  2104: ['HMAC', 'from Node'],
  2136: ['DNS: dynamic update', 'its reply codes are named'],
  2181: ['DNS: clarifications'],
  2308: ['DNS: negative answers'],
  2544: ['Addresses for benchmarks', 'known as no place of the Internet'],
  2606: ['Reserved names'],
  2920: ['SMTP: PIPELINING'],
  3207: ['SMTP: STARTTLS', 'no client certificates'],
  3339: ['Dates'],
  3463: ['Enhanced status codes', 'read into causes; unknown details count as their class'],
  3464: ['Delivery status notifications', 'only failures are reported; no reports of delay or success'],
  3492: ['Punycode', 'from the platform'],
  3596: ['DNS: IPv6'],
  3597: ['DNS: unknown types'],
  3798: ['Disposition notifications', 'recognised as automatic; none is sent'],
  3834: ['Automatic replies', 'recognised; Mailward’s own say `Auto-Submitted`'],
  3848: ['SMTP: protocol names in Received'],
  3849: ['IPv6 addresses for documentation', 'known as nobody’s'],
  3912: ['WHOIS', 'free text: read by the habits of registries'],
  3915: ['EPP: grace periods', 'its states'],
  4034: ['DNSSEC: records', 'DS and DNSKEY are compared; signatures are left to validating resolvers'],
  4035: ['DNSSEC: protocol', 'the same'],
  4155: ['mbox', 'a line of it before a header is recognised'],
  4180: ['CSV'],
  4291: ['IPv6 addresses'],
  4343: ['DNS: case'],
  4954: ['SMTP: AUTH', 'its reply codes; Mailward neither offers nor uses it on the relay'],
  5321: [
    'SMTP',
    'a relay, no mail store: source routes are read and forgotten, VRFY says neither yes nor no, EXPN is not done; a bare CR or LF is refused (RFC 5321 §2.3.8) or, for old devices that an admin names, mended',
  ],
  5322: [
    'Internet messages',
    'header fields are read one by one; what is relayed is not mended, but for the trace and results on top',
  ],
  5731: ['EPP: domains', 'its states'],
  5737: ['IPv4 addresses for documentation', 'known as nobody’s'],
  5782: ['DNS blocklists'],
  5890: [
    'Internationalised names',
    'A-labels on the wire; U-labels are shown where nobody can be misled by them',
  ],
  5965: ['Abuse feedback reports', 'recognised as automatic; their content is not read'],
  6152: ['SMTP: 8BITMIME', 'a server without it is still given the message as it is: nothing is recoded'],
  6376: ['DKIM', 'checked by mailauth, within bounds on signatures and keys; Mailward does not sign'],
  6531: ['SMTP: SMTPUTF8', 'no downgrade: a recipient that needs it is refused where the server has it not'],
  6533: ['Delivery status notifications beyond ASCII'],
  6647: ['Greylisting', 'recognised, and waited for; not done to others'],
  6672: ['DNS: DNAME'],
  6698: ['DANE', 'TLSA for SMTP alone (RFC 7672)'],
  6761: ['Special names', 'known as no registry’s'],
  6762: ['Multicast DNS', 'the name `.local` is known as no registry’s'],
  6840: ['DNSSEC: clarifications', 'the AD bit of a resolver on a trusted way is believed'],
  6891: ['EDNS(0)'],
  7095: ['jCard', 'the registrar’s name'],
  7208: ['SPF', 'evaluated by mailauth; the check counts look-ups itself'],
  7480: ['RDAP: over HTTP', 'domains only'],
  7484: ['RDAP: the bootstrap’s first form', 'see RFC 9224'],
  7489: ['DMARC', 'evaluated by mailauth; no reports are sent or read yet'],
  7505: ['Null MX'],
  7672: ['DANE for SMTP', 'validation is the resolver’s'],
  7686: ['The name `.onion`', 'known as no registry’s'],
  7873: ['DNS: cookies', 'sent once to see whether servers bear it'],
  8020: ['DNS: nothing below what is not there'],
  8056: ['EPP and RDAP: states'],
  8301: ['DKIM: algorithms and key sizes'],
  8375: ['The name `home.arpa`', 'known as no registry’s'],
  8410: ['Ed25519 in certificates', 'the head of a key'],
  8460: ['TLS reports', 'the record is checked; reports are neither sent nor read yet'],
  8461: [
    'MTA-STS',
    'the domain’s own policy is checked; it is not applied on the way out, for the office’s server is named by its route',
  ],
  8463: ['DKIM: Ed25519'],
  8601: ['Authentication-Results', 'forged ones in our name are removed'],
  8617: ['ARC', 'checked by mailauth, within bounds; Mailward does not seal'],
  8624: ['DNSSEC: algorithms'],
  9051: ['IMAP', 'its greeting is told from SMTP’s'],
  9082: ['RDAP: queries', 'domains only'],
  9083: ['RDAP: answers', 'states, events, registrar'],
  9110: ['HTTP', 'from Node and undici; Retry-After is honoured'],
  9112: ['HTTP/1.1', 'from Node'],
  9224: ['RDAP: the bootstrap'],
  9637: ['IPv6 addresses for documentation, more of them', 'known as nobody’s'],
  9989: ['DMARC, as revised', 'the tree walk as mailauth does it'],
};

/** The numbers of RFCs that a text names: `RFC 5321 §4.5`, `RFC 3464, 3834, 6533`, `RFC 7480–7484`. */
export function rfcsIn(text: string): number[] {
  return [...text.matchAll(/RFCs? (\d{3,5}(?:(?:, | and |–)\d{3,5}\b)*)/g)].flatMap(([, numbers = '']) =>
    numbers.split(/, | and |–/).map(Number),
  );
}

/** Folders of the product whose files name each RFC. */
export function rfcsInCode(): Map<number, string[]> {
  const found = new Map<number, Set<string>>();
  for (const part of ['shared', 'src-main', 'src-renderer']) {
    for (const entry of readdirSync(join(root, part), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const folder = relative(root, dirname(path)).replaceAll('\\', '/');
      for (const number of rfcsIn(readFileSync(path, 'utf8')))
        found.set(number, (found.get(number) ?? new Set()).add(folder));
    }
  }
  return new Map([...found].map(([number, where]) => [number, [...where].toSorted()]));
}

/** The manual's page, as Markdown. Throws when the code names an RFC that has no row here, or a row is of none. */
export function rfcsPage(): string {
  const named = rfcsInCode();
  const unknown = [...named.keys()].filter((number) => !(number in rfcs));
  const gone = Object.keys(rfcs).filter((number) => !named.has(Number(number)));
  if (unknown.length > 0) throw new Error(`scripts/rfcs-page.ts lacks RFC ${unknown.join(', ')}`);
  if (gone.length > 0)
    throw new Error(`scripts/rfcs-page.ts has RFC ${gone.join(', ')}, which no code names`);
  const rows = Object.entries(rfcs).map(([number, [title, partly = '']]) => {
    const where = (named.get(Number(number)) ?? []).map((folder) => `\`${folder}\``).join(', ');
    return `| [${number}](https://www.rfc-editor.org/rfc/rfc${number}) | ${title} | ${where} | ${partly} |`;
  });
  return `# RFCs

Made by \`npm run docs\` from the code and \`scripts/rfcs-page.ts\`. Every RFC that the code names, the folders of the files that name it, and what of it is only
partly done or done otherwise; nothing in the last column: all that concerns Mailward is done.

| RFC | about | named in | only partly |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

if (import.meta.main) writeFileSync(join(root, 'docs/rfcs.md'), rfcsPage());
