// `mailward classify`: what servers' replies mean, read on standard input.
import { Command } from 'commander';
import { classify } from '../../../shared/replies/classify.ts';
import { repliesIn } from '../../../shared/replies/pasted.ts';
import { Ended, EXIT, globalsOf } from '../context.ts';
import { print, printJson } from '../terminal.ts';

/** More of a line is not kept, characters: as of a server's reply. */
const LONGEST_LINE = 1_048_576;

export function classifyCommand(): Command {
  return new Command('classify')
    .description(
      'read replies on standard input and say what each means: one a line, or as a server sent them',
    )
    .action(async (_options: unknown, command: Command) => {
      const { json } = globalsOf(command);
      for await (const text of repliesIn(linesOf(process.stdin.setEncoding('utf8')))) {
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

/** The lines of a text, without their ends; that of a line which is longer than can be kept is passed over. */
async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string> {
  let line = '';
  let held = '';
  try {
    for await (const chunk of input) {
      const text = held + chunk;
      // What ends with CR may go on with LF.
      held = text.endsWith('\r') ? '\r' : '';
      const parts = (held === '' ? text : text.slice(0, -1)).split(/\r\n|[\r\n\u2028\u2029]/);
      for (const [at, part] of parts.entries()) {
        if (at > 0) {
          yield line;
          line = '';
        }
        if (line.length < LONGEST_LINE) line += part.slice(0, LONGEST_LINE - line.length);
      }
    }
  } catch (error) {
    throw new Ended(EXIT.couldNotCheck, `cannot read standard input: ${(error as Error).message}`);
  }
  if (line !== '' || held !== '') yield line;
}
