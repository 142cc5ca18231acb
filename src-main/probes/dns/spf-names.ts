// The names that an SPF record spells out (RFC 7208 §5, §6.1).

export interface SpfName {
  /** What leads to it. */
  term: 'a' | 'mx' | 'include' | 'exists' | 'ptr' | 'redirect';
  /** In lower case, without a final dot. */
  name: string;
}

/** Those that are made from the sender's address (`%{…}`) are not among them: they are other ones for each message. */
export function spfNames(record: string): SpfName[] {
  return [...record.matchAll(/[\s+~?-](a|mx|include|exists|ptr|redirect)[:=]([^\s/%]+)(?=[\s/]|$)/gi)].map(
    ([, term = '', name = '']) => ({
      term: term.toLowerCase() as SpfName['term'],
      name: name.toLowerCase().replace(/\.$/, ''),
    }),
  );
}
