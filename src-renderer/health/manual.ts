// The manual's pages on checks, as they are in docs/checks: each is fetched when somebody looks at it.

const pages = import.meta.glob<string>('../../docs/checks/*.md', { query: '?raw', import: 'default' });

/** A check's page as Markdown; null where there is none. */
export async function manualPage(check: string): Promise<string | null> {
  return (await pages[`../../docs/checks/${check}.md`]?.()) ?? null;
}

/** What the page says is to be done about a finding, as Markdown; null where it says nothing. */
export function remedyFor(page: string, code: string): string | null {
  const [, todo = ''] = page.split(/^## What to do$/m);
  for (const item of todo.split(/^- /m).slice(1)) {
    // "`missing`, `broken`: make a new key …"
    const [, codes = '', words = ''] = /^((?:`[\w-]+`(?:,? (?:and |or )?)?)+): ([\s\S]*)$/.exec(item) ?? [];
    if (codes.includes(`\`${code}\``)) return words.split(/\n\n(?!\s)/)[0]?.trim() ?? null;
  }
  return null;
}
