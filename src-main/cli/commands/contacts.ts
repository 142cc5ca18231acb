// `mailward contacts`: whom to turn to on the day that mail stops.
import { Command } from 'commander';
import type { ListedContact } from '../../../shared/contacts.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { typed } from '../invocation.ts';
import { print, printError, printJson, printTable } from '../terminal.ts';
import { readName } from '../read-name.ts';

/** What may be said of a contact; what is not given stays as it is, or empty. */
interface Details {
  name?: string;
  domain?: string;
  role?: string;
  phone?: string;
  mail?: string;
  note?: string;
}

export function contactsCommand(): Command {
  const contacts = new Command('contacts').description('whom to turn to on the day that mail stops');

  contacts
    .command('list [domain]')
    .description('list them, by name; with a domain its own and those of every domain')
    .action(async (domain: string | undefined, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const wanted = domain === undefined ? null : readName(domain);
      const found = await withEngine(globals, ({ client }) => client.contacts.list({ domain: wanted }));
      if (globals.json) {
        found.forEach(printJson);
        return;
      }
      if (found.length === 0) {
        print(`There is no contact yet. Add one: ${typed('contacts add --name NAME --phone NUMBER')}`);
        return;
      }
      printTable(
        ['ID', 'NAME', 'OF', 'ROLE', 'PHONE', 'MAIL', 'NOTE'],
        found.map((one) => [
          String(one.id),
          one.name,
          one.domain ?? 'every domain',
          ...[one.role, one.phone, one.mail, one.note].map((text) => (text === '' ? '-' : text)),
        ]),
      );
      for (const { trouble } of found) if (trouble !== '') print(trouble);
    });

  describing(contacts.command('add'), 'its name')
    .description('write down a person')
    .action(async (details: Details, command: Command) => {
      if (details.name === undefined) throw new Ended(EXIT.usage, 'a contact needs --name NAME');
      await put(null, details, command);
    });

  describing(contacts.command('change <id>'), 'another name')
    .description('change what is written down of a person; what is not given stays as it is')
    .action(async (id: string, details: Details, command: Command) => {
      if (Object.keys(details).every((key) => key === 'json' || key === 'data'))
        throw new Ended(EXIT.usage, 'say what is to be changed, such as --phone NUMBER');
      await put(readId(id), details, command);
    });

  contacts
    .command('remove <id>')
    .description('strike a person out')
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readId(id);
      await withEngine(globals, ({ client }) => client.contacts.remove({ id: wanted }));
      if (globals.json) printJson({ removed: wanted });
      else print(`Contact ${wanted} is removed.`);
    });

  return contacts;
}

function describing(command: Command, name: string): Command {
  return command
    .option('--name <name>', name)
    .option('--domain <domain>', 'whose contact it is; none: of every domain')
    .option('--role <role>', 'what for, such as "mail admin"')
    .option('--phone <number>', 'telephone number')
    .option('--mail <address>', 'a mail address that does not depend on the office’s mail; none: none')
    .option('--note <words>', 'what else one should know');
}

async function put(id: number | null, details: Details, command: Command): Promise<void> {
  const globals = globalsOf(command);
  const { name, domain, role, phone, mail, note } = details;
  const given = {
    ...(name === undefined ? {} : { name }),
    ...(domain === undefined ? {} : { domain: domain === 'none' ? null : readName(domain) }),
    ...(role === undefined ? {} : { role }),
    ...(phone === undefined ? {} : { phone }),
    ...(mail === undefined ? {} : { mail: mail === 'none' ? '' : mail }),
    ...(note === undefined ? {} : { note }),
  };
  const { contact, doubt } = await withEngine(globals, async ({ client }) => {
    const before =
      id === null ? null : (await client.contacts.list({ domain: null })).find((one) => one.id === id);
    if (before === undefined)
      throw new Ended(
        EXIT.problem,
        `there is no contact ${id ?? ''}; \`mailward contacts list\` has them all`,
      );
    return client.contacts.put({ ...(before ?? { name: '' }), ...given, id });
  });
  if (globals.json) printJson({ ...contact, doubt });
  else {
    print(`Contact ${contact.id} is ${id === null ? 'added' : 'changed'}: ${contactWords(contact)}`);
    if (doubt !== '') printError(`mailward: ${doubt}`);
  }
}

/** On one line, without its note. */
export function contactWords({ name, role, phone, mail }: ListedContact): string {
  return [name, role, phone, mail].filter((part) => part !== '').join(', ');
}

function readId(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new Ended(EXIT.usage, `"${text}" is not a contact's number; \`mailward contacts list\` has them`);
  return Number(text);
}
