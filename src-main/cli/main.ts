// The command line's entry: `mailward COMMAND`. One file a command in commands/.
import { ORPCError } from '@orpc/client';
import { Command, CommanderError } from 'commander';
import { StorageError } from '../engine/engine.ts';
import { DataDirUnusable } from '../engine/lock.ts';
import { BrokenSettings } from '../settings/settings.ts';
import { checkCommand, diagnoseCommand } from './commands/check.ts';
import { classifyCommand } from './commands/classify.ts';
import { contactsCommand } from './commands/contacts.ts';
import { domainCommand } from './commands/domain.ts';
import { journalCommand } from './commands/journal.ts';
import { logCommand } from './commands/log.ts';
import { queueCommand } from './commands/queue.ts';
import { recipientsCommand } from './commands/recipients.ts';
import { repairCommand } from './commands/repair.ts';
import { serveCommand } from './commands/serve.ts';
import { statusCommand } from './commands/status.ts';
import { tokenCommand } from './commands/token.ts';
import { errorMessage } from '../events/fault.ts';
import { Ended, EXIT } from './context.ts';
import { CannotWrite } from '../settings/replace-file.ts';
import { programName, withTyped } from './invocation.ts';
import { explainUsage } from './usage.ts';
import { printError } from './terminal.ts';
import { version } from './version.ts';

const program = new Command(programName())
  .description("Keeps a small office's mail arriving.")
  .version(version)
  .option('--data <dir>', 'the data folder (or MAILWARD_DATA)')
  .option('--json', 'print JSON: one object, or one a line where the answer is a list')
  .exitOverride();

for (const command of [
  serveCommand(),
  domainCommand(),
  queueCommand(),
  recipientsCommand(),
  contactsCommand(),
  logCommand(),
  journalCommand(),
  statusCommand(),
  checkCommand(),
  diagnoseCommand(),
  classifyCommand(),
  tokenCommand(),
  repairCommand(),
]) {
  // Subcommands end like the program: with our exit status, not by leaving the process.
  for (const one of [command, ...command.commands]) {
    one.exitOverride().option('--data <dir>', 'the data folder').option('--json', 'print JSON');
  }
  program.addCommand(command);
}
explainUsage(program);

// Whatever we write is for this user's eyes: mail, and the token that opens it.
process.umask(0o077);
// Whoever reads our output may stop reading (`| head`): that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.fine);
  printError(`mailward: ${new CannotWrite('the output', error).message}; what was written is not whole`);
  process.exit(EXIT.problem);
});

// A log that nobody reads any more must not end the service.
process.stderr.on('error', () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  }
  const words = wrongInput(error) ?? errorMessage(error);
  printError(`mailward: ${withTyped(words)}`);
  if (error instanceof Ended) return error.exit;
  if (error instanceof ORPCError) return error.code === 'BAD_REQUEST' ? EXIT.usage : EXIT.problem;
  // Only a command that asks something can fail to find it out; `serve` that does not come up is a problem.
  if (error instanceof DataDirUnusable || error instanceof BrokenSettings || error instanceof StorageError) {
    return process.argv.includes('serve') ? EXIT.problem : EXIT.couldNotCheck;
  }
  return EXIT.problem;
}

/** What was wrong with the input of a call, in the contract's words; null when that is not what went wrong. */
function wrongInput(error: unknown): string | null {
  if (!(error instanceof ORPCError)) return null;
  const { issues } = (error.data ?? {}) as { issues?: { path?: unknown[]; message?: unknown }[] };
  if (!Array.isArray(issues) || issues.length === 0) return null;
  return issues
    .slice(0, 5)
    .map(({ path = [], message }) => `${path.join('.') || 'what was given'}: ${String(message)}`)
    .join('; ');
}
