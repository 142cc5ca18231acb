// A lint rule: a type that src-main or shared exports has a name that no other exported type there has.
import { globSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..');
const declared = /^export (?:abstract )?(?:interface|type|class) (\w+)/gm;

/** Each exported type's name, with the files that declare one. Read once a run. */
function declarations() {
  const files = new Map();
  for (const file of globSync('{src-main,shared}/**/*.ts', { cwd: root })) {
    for (const [, name] of readFileSync(join(root, file), 'utf8').matchAll(declared))
      files.set(name, new Set(files.get(name)).add(file.replaceAll(sep, '/')));
  }
  return files;
}

let known;

export const oneNameOneThing = {
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    'ExportNamedDeclaration > :matches(TSInterfaceDeclaration, TSTypeAliasDeclaration, ClassDeclaration)': (
      node,
    ) => {
      known ??= declarations();
      const here = relative(root, context.filename).replaceAll(sep, '/');
      const others = [...(known.get(node.id.name) ?? [])].filter((file) => file !== here);
      if (others.length > 0)
        context.report({
          node: node.id,
          message: `Rule 'one-name-one-thing': ${others.join(', ')} exports a type of this name too.`,
        });
    },
  }),
};
