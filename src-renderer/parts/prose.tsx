// The manual's Markdown as it is written in docs: headings, paragraphs, lists, tables, code, and links within the manual.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { classesOf } from '../classes.ts';
import styles from './prose.module.css';
import blockStyles from './blocks.module.css';
import foldingStyles from './folding.module.css';

const css = classesOf(styles, blockStyles, foldingStyles);

/** Markdown as elements; what is a comment there is left out. */
export function Prose({ text }: { text: string }) {
  const blocks = text
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== '');
  // The blocks of a fixed text have fixed places.
  return (
    <article className={css('prose')}>
      {blocks.map((block, index) => (
        <Block key={index} block={block.replace(/^\n+|\n+$/g, '')} />
      ))}
    </article>
  );
}

function Block({ block }: { block: string }) {
  const heading = /^#+ (.*)$/.exec(block);
  if (heading !== null) return <h2>{inline(heading[1] ?? '')}</h2>;
  if (block.startsWith('```'))
    return <pre className={css('quote')}>{block.replaceAll(/^```.*\n?/gm, '')}</pre>;
  if (block.startsWith('| ')) return <Table lines={block.split('\n')} />;
  if (block.startsWith('- ')) {
    const items = block.slice(2).split(/\n- /);
    return (
      <ul>
        {items.map((item, index) => (
          <li key={index}>{inline(item)}</li>
        ))}
      </ul>
    );
  }
  return <p>{inline(block)}</p>;
}

function Table({ lines }: { lines: readonly string[] }) {
  const cells = (line: string) =>
    line
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
  const [head = '', , ...rows] = lines;
  const headings = cells(head);
  return (
    <table className={css('folding')}>
      <thead>
        <tr>
          {headings.map((cell) => (
            <th key={cell} scope="col">
              {inline(cell)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {cells(row).map((cell, column) => (
              <td key={column} data-label={headings[column]}>
                {inline(cell)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Code, links and strong words within a line. */
export function inline(text: string): ReactNode[] {
  return text
    .replaceAll(/\s+/g, ' ')
    .split(/(`[^`]+`|\[[^\]]+\]\([^)]+\)|\*\*[^*]+\*\*)/)
    .map((part, index) => {
      if (part.startsWith('`')) return <code key={index}>{part.slice(1, -1)}</code>;
      if (part.startsWith('**')) return <b key={index}>{part.slice(2, -2)}</b>;
      const link = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part);
      if (link === null) return part;
      const [, words = '', target = ''] = link;
      const check = /^(?:checks\/)?([\w-]+)\.md(?:#.*)?$/.exec(target)?.[1];
      if (check !== undefined)
        return (
          <Link key={index} to="/manual/checks/$check" params={{ check }}>
            {inline(words)}
          </Link>
        );
      if (!target.startsWith('https://')) return <span key={index}>{inline(words)}</span>;
      return (
        <a key={index} href={target} target="_blank" rel="noreferrer noopener">
          {inline(words)}
        </a>
      );
    });
}
