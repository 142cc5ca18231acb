// Writes docs/settings.md from the settings' schema: `npm run docs`. A test compares the two.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { settingsSchema } from '../shared/settings.ts';

interface Node {
  type?: string;
  description?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  enum?: unknown[];
  items?: Node;
  anyOf?: Node[];
  properties?: Record<string, Node>;
}

/** The manual's page on settings, as Markdown. */
export function settingsPage(): string {
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  const defaults = settingsSchema.parse({}) as Record<string, Record<string, unknown>>;
  const sections = Object.entries(schema.properties ?? {}).map(([name, section]) => {
    const rows = Object.entries(section.properties ?? {}).map(
      ([key, node]) =>
        `| \`${name}.${key}\` | ${kind(node)} | \`${JSON.stringify(defaults[name]?.[key])}\` | ${node.description ?? ''} |`,
    );
    return `## \`${name}\`\n\n${section.description ?? ''}\n\n| setting | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `# Settings

<!-- Made from shared/settings.ts by \`npm run docs\`; changes made here are lost. -->

Settings live in \`settings.json\` in the data folder, as one JSON object. What the file does not say has its default; with
no file all have. Change them on the Settings screen, or edit the file: a running Mailward takes over what is
new in it within a second or so. While the file is wrong it goes on with the settings it had, says so (log, home screen, \`mailward status\`), and
saves nothing over it; a file that was removed counts at the next start. What was changed meanwhile, in the file or in another window, is never
saved over: the screen shows it and asks again. A file that is a link is read, and written by you alone. Saving writes what was changed
and what the file said already, in its order; defaults are not written, so that a later version's better ones come into effect. Changes to
\`smtp\` take effect at the next start.

A wrong value is refused at the start with its key and what was expected, and the file is left as it is. A key that is no setting
(a slip of the keyboard, or a setting of a newer version) does not stop the start: it has no effect, stays in the file, and is told with the setting
that was meant most likely: in the log, on the home screen and by \`mailward status\`.

\`mailward …\` on this page stands for \`npm run -s mailward -- …\` in a checkout ([the command line](../README.md#the-command-line)).

\`\`\`json
{ "smtp": { "host": "0.0.0.0", "port": 25 }, "delivery": { "expireDays": 7 } }
\`\`\`

${sections.join('\n')}`;
}

function kind(node: Node): string {
  if (node.anyOf) return [...new Set(node.anyOf.map(kind))].join(' or ');
  if (node.enum) return node.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (node.type === 'array')
    return `list of ${kind(node.items ?? {})}, ${node.minItems ?? 0} to ${node.maxItems ?? 'any number'}`;
  if (node.type === 'integer') return `number, ${node.minimum ?? 'any'} to ${node.maximum ?? 'any'}`;
  if (node.type === 'boolean') return 'true or false';
  return 'text';
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '..', 'docs', 'settings.md'), settingsPage());
