// `mailward classify`: what servers' replies mean, read on standard input.
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { classify } from '../../../shared/replies/classify.ts';
import { repliesIn } from '../../../shared/replies/pasted.ts';
import { globalsOf } from '../context.ts';
import { print, printJson } from '../terminal.ts';

export function classifyCommand(): Command {
  return new Command('classify')
    .description(
      'read replies on standard input and say what each means: one a line, or as a server sent them',
    )
    .action(async (_options: unknown, command: Command) => {
      const { json } = globalsOf(command);
      const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
      for await (const text of repliesIn(lines)) {
        // An empty line has no meaning, but a reader that counts lines needs its answer.
        const found = classify(text);
        if (json) printJson({ text, ...found });
        else {
          const lasting = found.temporary ? 'temporary' : 'permanent';
          // On one line, as the output is a table.
          const shown = text.replaceAll('\n', ' ');
          print([found.cause, lasting, found.software ?? '-', `by ${found.decidedBy}`, shown].join('\t'));
        }
      }
    });
}
