// Styles: each belongs to the component beside it, so that no screen looks different by which screens were seen before it.
import { describe, expect, test } from 'vitest';

const styles = Object.entries(
  import.meta.glob<string>('../../src-renderer/**/*.css', { query: '?raw', import: 'default', eager: true }),
).map(([path, text]) => ({ path: short(path), rules: rulesOf(text), text }));
const sources = Object.entries(
  import.meta.glob<string>('../../src-renderer/**/*.{ts,tsx}', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
).map(([path, text]) => ({ path: short(path), text }));
const modules = styles.filter(({ path }) => path.endsWith('.module.css'));

function short(path: string): string {
  return path.replace('../../src-renderer/', '');
}

interface Rule {
  selectors: string[];
  properties: string[];
}

/** The rules of a style with their selectors, those within `@media` too. */
function rulesOf(text: string): Rule[] {
  const rules: Rule[] = [];
  const plain = text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/@keyframes [^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}/g, '');
  for (const [, head = '', body = ''] of plain.matchAll(/([^{};]+)\{([^{}]*)\}/g)) {
    // A comma within brackets is not between two selectors.
    const selectors = head.split(/,(?![^(]*\))/).map((one) => one.trim());
    const properties = [...body.matchAll(/(?:^|;)\s*([\w-]+)\s*:/g)].map(([, name = '']) => name);
    rules.push({ selectors, properties });
  }
  return rules;
}

function classesIn(selector: string): string[] {
  return [...selector.replaceAll(/"[^"]*"/g, '').matchAll(/\.([A-Za-z][\w-]*)/g)].map(
    ([, name = '']) => name,
  );
}

function classesOf(style: { rules: readonly Rule[] }): Set<string> {
  return new Set(style.rules.flatMap(({ selectors }) => selectors.flatMap(classesIn)));
}

/** What is set of an element for its having this class. */
function setBy(style: { rules: readonly Rule[] }, name: string): string[] {
  const isSubject = (selector: string) => {
    const last = selector.split(/[\s>+~]+(?![^(]*\))/).at(-1) ?? '';
    return !last.includes('::') && classesIn(last).includes(name);
  };
  return style.rules
    .filter(({ selectors }) => selectors.some(isSubject))
    .flatMap(({ properties }) => properties)
    .filter((property) => !property.startsWith('--'));
}

/** A source that looks names up: with what styles, and each call with its names. */
const users = sources.flatMap(({ path, text }) => {
  const called = /classesOf\(([\w, ]+)\)/.exec(text)?.[1]?.split(', ') ?? null;
  if (called === null || path === 'classes.ts') return [];
  const own = called.map((variable) => {
    const file = new RegExp(`import ${variable} from '([^']+)'`).exec(text)?.[1] ?? '';
    const from = new URL(file, `https://page.example/${path}`).pathname.slice(1);
    const style = modules.find((each) => each.path === from);
    if (style === undefined) throw new Error(`${path}: ${variable} is no style`);
    return style;
  });
  const calls = [...text.matchAll(/\bcss\(([^()]*)\)/g)].map(([, names = '']) =>
    [...names.matchAll(/'([^']*)'/g)].map(([, name = '']) => name),
  );
  return [{ path, own, calls }];
});

describe('the styles of the screens', () => {
  test('are read at all', () => {
    expect(modules.length).toBeGreaterThan(30);
    expect(users.length).toBeGreaterThan(30);
    expect(users.flatMap(({ calls }) => calls).length).toBeGreaterThan(200);
  });

  test('are all beside a component, but for the base, which knows no class', () => {
    expect(styles.filter((style) => !modules.includes(style)).map(({ path }) => path)).toEqual([
      'styles/base.css',
    ]);
    const base = styles.find(({ path }) => path === 'styles/base.css');
    expect(base && [...classesOf(base)].map((name) => `.${name}`)).toEqual([]);
    // Every rule of a module is about a class of its own, and of no other style.
    for (const { path, rules, text } of modules) {
      expect(text, path).not.toContain(':global');
      const loose = rules.flatMap(({ selectors }) => selectors.filter((one) => classesIn(one).length === 0));
      expect(loose, path).toEqual([]);
    }
  });

  test('come along with what they are for: none is loaded for its effect but the base', () => {
    for (const { path, text } of sources.filter(({ path }) => path !== 'main.tsx'))
      expect(/import '[^']*\.css'/.exec(text)?.[0], path).toBeUndefined();
  });

  test('have every class that is asked for, each in one of the styles alone', () => {
    for (const { path, own, calls } of users)
      for (const name of calls.flat()) {
        const known = own.filter((style) => classesOf(style).has(name)).map((style) => style.path);
        expect(known.length, `${path}: '${name}' is in ${known.join(' and ') || 'none of its styles'}`).toBe(
          1,
        );
      }
  });

  test('have no class that nobody asks for', () => {
    for (const style of modules) {
      const asked = new Set(
        users.filter(({ own }) => own.includes(style)).flatMap(({ calls }) => calls.flat()),
      );
      expect(
        [...classesOf(style)].filter((name) => !asked.has(name)),
        style.path,
      ).toEqual([]);
    }
  });

  test('do not meet: what one sets of an element no other sets too, whichever was loaded first', () => {
    for (const { path, own, calls } of users)
      for (const names of calls) {
        const set = names.flatMap((name) =>
          own
            .filter((style) => classesOf(style).has(name))
            .map((style) => ({ name, style, properties: setBy(style, name) })),
        );
        for (const [index, one] of set.entries())
          for (const other of set.slice(index + 1).filter(({ style }) => style !== one.style)) {
            const both = one.properties.filter((property) =>
              other.properties.some(
                (each) =>
                  each === property || each.startsWith(`${property}-`) || property.startsWith(`${each}-`),
              ),
            );
            expect(both, `${path}: '${one.name}' and '${other.name}'`).toEqual([]);
          }
      }
  });
});

test('colours are said in the theme alone', () => {
  for (const { path, text } of [...styles, ...sources].filter(({ path }) => path !== 'theme.ts'))
    expect(/#[0-9a-fA-F]{3,8}\b(?![^\n]*\bhref)/.exec(text)?.[0], path).toBeUndefined();
});
