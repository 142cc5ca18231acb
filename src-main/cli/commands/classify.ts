// `mailward classify`: what servers' replies mean, one a line on standard input.
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { classify } from '../../../shared/replies/classify.ts';
import { globalsOf, plain, print, printJson } from '../context.ts';

export function classifyCommand(): Command {
  return new Command('classify')
    .description('read replies on standard input, one a line, and say what each means')
    .action(async (_options: unknown, command: Command) => {
      const { json } = globalsOf(command);
      for await (const line of createInterface({
        input: process.stdin,
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        // An empty line has no meaning, but a reader that counts lines needs its answer.
        const found = classify(line);
        if (json) printJson({ text: line, ...found });
        else {
          const lasting = found.temporary ? 'temporary' : 'permanent';
          print(
            [found.cause, lasting, found.software ?? '-', `by ${found.decidedBy}`, plain(line)].join('\t'),
          );
        }
      }
    });
}
