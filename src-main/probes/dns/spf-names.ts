// The names that an SPF record leads receivers to (RFC 7208 §4.6.1, §5, §6.1).

export interface SpfName {
  /** What leads to it. */
  term: 'a' | 'mx' | 'include' | 'exists' | 'ptr' | 'redirect';
  /** In lower case, without a final dot. */
  name: string;
}

/**
 * What stands after `all`, and `redirect` beside it, is never looked at. Names that are made from the sender's address (`%{…}`) are
 * other ones for each message and left out.
 * @param domain whose record it is: what `a`, `mx` and `ptr` mean when they name nothing.
 */
export function spfNames(record: string, domain: string): SpfName[] {
  const names: SpfName[] = [];
  const put = (term: string, name: string) => {
    const plain = name.toLowerCase().replace(/\.$/, '');
    if (plain !== '') names.push({ term: term.toLowerCase() as SpfName['term'], name: plain });
  };
  let redirect: string | null = null;
  for (const term of record.split(/[ \t]+/)) {
    if (/^[+?~-]?all$/i.test(term)) return names;
    const [, mechanism, named] =
      /^[+?~-]?(a|mx|include|exists|ptr)(?::([^/%]+))?(?:\/[\d/]*)?$/i.exec(term) ?? [];
    if (mechanism !== undefined && (named !== undefined || /^(?:a|mx|ptr)$/i.test(mechanism)))
      put(mechanism, named ?? domain);
    redirect ??= /^redirect=([^/%]+)$/i.exec(term)?.[1] ?? null;
  }
  if (redirect !== null) put('redirect', redirect);
  return names;
}
