// An option that means nothing with what was asked is refused and not passed over: whoever gave it meant something by it.
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { checkCommand } from '../../src-main/cli/commands/check.ts';
import { contactsCommand } from '../../src-main/cli/commands/contacts.ts';
import { domainCommand } from '../../src-main/cli/commands/domain.ts';
import { queueCommand } from '../../src-main/cli/commands/queue.ts';
import { serveCommand } from '../../src-main/cli/commands/serve.ts';
import { Ended, EXIT } from '../../src-main/cli/context.ts';

/** How a command line ends that is refused before any data folder is looked for. */
async function refusal(args: string[]): Promise<string> {
  const program = new Command('mailward').exitOverride();
  for (const command of [
    checkCommand(),
    contactsCommand(),
    domainCommand(),
    queueCommand(),
    serveCommand(),
  ]) {
    for (const one of [command, ...command.commands])
      one.exitOverride().option('--data <dir>').option('--json');
    program.addCommand(command);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    expect(error.exit).toBe(EXIT.usage);
    return error.message;
  }
  throw new Error(`mailward ${args.join(' ')} was not refused`);
}

describe('is refused, with what it goes with', () => {
  const nowhere = ['--data', '/nonexistent/mailward'];
  it.each([
    [['domain', 'mode', 'example.com', 'deliver', '--to', 'spare.example'], '--to goes with reroute'],
    [['domain', 'mode', 'example.com', 'hold', '--to', 'spare.example'], '--to goes with reroute'],
    [['domain', 'mode', 'example.com', 'hold', '--tls', 'verify'], '--tls goes with reroute'],
    [['domain', 'mode', 'example.com', 'deliver', '--until', '4h'], '--until goes with hold and reroute'],
    [['domain', 'mode', 'example.com', 'reroute'], 'reroute needs --to'],
    [['domain', 'profile', 'example.com', '--selectors', 'none', 'default'], 'or none alone'],
    [['domain', 'profile', 'example.com', '--hosting', 'rented'], 'expected owned, hosted or none'],
    [['domain', 'profile', 'example.com', '--software', 'sendmale'], 'expected postfix, exim'],
    [['domain', 'profile', 'example.com', '--vendor', 'fax=3'], '"fax=3" does not go with --vendor'],
    [['domain', 'profile', 'example.com', '--vendor', 'none', 'phone=3'], '"none" does not go with --vendor'],
    [
      ['domain', 'profile', 'example.com', '--dns-host', 'web=help'],
      '--dns-host web: expected a web address',
    ],
    [['contacts', 'add', '--phone', '112'], 'a contact needs --name'],
    [['contacts', 'change', '1'], 'say what is to be changed'],
    [['contacts', 'change', 'Ann', '--phone', '112'], '"Ann" is not a contact\'s number'],
    [['queue', 'retry', 'A1', '--quarantined'], '--quarantined goes with release --domain'],
    [['queue', 'retry', '--domain', 'example.com', '--quarantined'], '--quarantined goes with release'],
    [['queue', 'reroute', 'A1', '--to', 'spare.example', '--state', 'held'], '--state goes with --domain'],
    [['queue', 'export', 'A1', '--json'], '--json goes with --output'],
    [['queue', 'release', 'A1', '--domain', 'example.com'], 'say which'],
    [['check', '--list', 'mx-set'], '--list has them all'],
    [['check', '--list', '--verbose'], '--list has them all'],
    [['check', 'mx-set', 'example.com', '--every', '30'], '--every goes with --follow'],
    [['check', 'mx-propagation', 'example.com', '--follow', '--verbose'], '--verbose does not go with'],
    [['serve', '--demo'], '--data does not go with --demo'],
  ])('%j', async (args, words) => {
    expect(await refusal([...args, ...nowhere])).toContain(words);
  });
});
