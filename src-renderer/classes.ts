// Class names: what a component calls a thing in its own style (a CSS module beside it), as the page knows it.

/** What Vite makes of a CSS module: the page's class for each name in the file. */
type ModuleStyles = Readonly<Record<string, string>>;

/**
 * The look-up for a component's style and those that it shares. What is false is left out, so that a name can depend on something.
 * That every name exists, and in one of the styles alone, is tested (test/renderer/styles.test.ts).
 */
export function classesOf(...styles: readonly ModuleStyles[]): (...names: (string | false)[]) => string {
  return (...names) =>
    names.flatMap((name) => (name === false ? [] : styles.flatMap((style) => style[name] ?? []))).join(' ');
}
