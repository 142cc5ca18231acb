// How wrong usage is told: what was typed wrong comes before what is missing, for it is most often the same thing.
import type { Command, Option } from 'commander';
import { nearest } from '../../shared/slip.ts';
import { programName } from './invocation.ts';

/** To be called once all commands are there. */
export function explainUsage(program: Command): void {
  const required = new Map<Command, Option[]>();
  for (const { command, path } of everyCommand(program, [])) {
    command.showHelpAfterError(`(${[programName(), ...path, '--help'].join(' ')} tells more)`);
    command.configureOutput({
      outputError: (words, write) => {
        write(
          words.replace(/^(error: unknown option '-([a-z][\w-]+)')$/m, (whole, _, name: string) => {
            const meant = nearest(name, longNames(command));
            return meant === null ? whole : `${whole}\n(Did you mean --${meant}?)`;
          }),
        );
      },
    });
    const options = command.options.filter(({ mandatory }) => mandatory);
    for (const option of options) option.mandatory = false;
    if (options.length > 0) required.set(command, options);
  }
  // Commander asks for a required option before it looks at those it does not know: whoever mistypes `--route` would be told that
  // it is missing. Here required options are asked for last.
  program.hook('preAction', (_, command) => {
    for (const option of required.get(command) ?? []) {
      if (command.getOptionValue(option.attributeName()) !== undefined) continue;
      command.error(`error: required option '${option.flags}' not specified`, {
        code: 'commander.missingMandatoryOptionValue',
      });
    }
  });
}

/** For `-json`: with two dashes Commander looks itself. */
function longNames(command: Command): { name: string; means: string }[] {
  return command.options.flatMap(({ long }) => {
    const name = long?.slice(2);
    return name === undefined ? [] : [{ name, means: name }];
  });
}

function everyCommand(command: Command, path: string[]): { command: Command; path: string[] }[] {
  return [{ command, path }, ...command.commands.flatMap((one) => everyCommand(one, [...path, one.name()]))];
}
