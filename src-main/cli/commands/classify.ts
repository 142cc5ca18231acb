// `mailward classify`: what servers' replies mean, read on standard input.
import { Command } from 'commander';
import { causeSchema } from '../../../shared/cause.ts';
import { classify, type Classification } from '../../../shared/replies/classify.ts';
import { repliesIn } from '../../../shared/replies/pasted.ts';
import { Ended, EXIT, globalsOf } from '../context.ts';
import { print, printError, printJson } from '../terminal.ts';

/** More of a line is not kept, characters: as of a server's reply. */
const LONGEST_LINE = 1_048_576;

export function classifyCommand(): Command {
  return new Command('classify')
    .description(
      'say what servers’ replies mean; they are read from standard input, as the servers sent them',
    )
    .action(async (_options: unknown, command: Command) => {
      const { json } = globalsOf(command);
      if (process.stdin.isTTY)
        printError('Paste a server’s reply, then press Ctrl-D (on Windows Ctrl-Z and Enter).');
      let isFirst = true;
      let strangers = 0;
      let replies = 0;
      for await (const text of repliesIn(linesOf(process.stdin.setEncoding('utf8')))) {
        // An empty line has no meaning, but a reader that counts lines needs its answer.
        const found = classify(text);
        if (!isReply(found)) strangers += text.trim() === '' ? 0 : 1;
        else replies++;
        if (json) printJson({ text, ...found });
        else {
          if (isFirst) print(row(HEADINGS));
          print(row([...meaning(found), text.replaceAll('\n', ' ')]));
        }
        isFirst = false;
      }
      if (strangers > 0 && replies === 0)
        throw new Ended(
          EXIT.usage,
          'that is not a server’s reply; expected one as it stands in a log or a bounce, such as "550 5.1.1 <bob@example.com>: user unknown"',
        );
    });
}

const HEADINGS = ['CAUSE', 'KIND', 'SOFTWARE', 'DECIDED BY', 'REPLY'];
/** Answers are given as their replies come: the columns are as wide as the usual words. */
const WIDTHS = [Math.max(...causeSchema.options.map((cause) => cause.length)), 10, 12, 13];

/** On one line, as the output is a table. */
function row(cells: readonly string[]): string {
  return cells
    .map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0))
    .join('  ')
    .trimEnd();
}

/** Whether a text has anything of a reply: a code, or words that servers use. */
function isReply({ code, enhanced, decidedBy }: Classification): boolean {
  return code !== null || enhanced !== null || decidedBy !== 'none';
}

function meaning(found: Classification): string[] {
  const { cause, temporary, software, decidedBy, code } = found;
  if (!isReply(found)) return ['-', 'no reply', '-', '-'];
  // RFC 5321 §4.2.1: what begins with 2 or 3 is no refusal.
  if (decidedBy === 'none' && code !== null && code < 400)
    return ['-', 'no refusal', software ?? '-', 'code'];
  return [cause, temporary ? 'temporary' : 'permanent', software ?? '-', decidedBy];
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
