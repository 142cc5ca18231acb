// What is told to the log, in lines that a test can look at.
import { Emitter } from '../../src-main/events/emitter.ts';
import { errorWords, faultWords, type Fault, type Log, type Note } from '../../src-main/events/fault.ts';

/** A log that adds a line for each fault and each note. */
export function logInto(lines: string[]): Log {
  return {
    fault: (fault) => lines.push(faultWords(fault)),
    note: ({ words }) => lines.push(words),
  };
}

/** Events of which faults and notes are told to such a log, and what listeners throw too. */
export function eventsInto<Events extends { fault: Fault; note: Note }>(lines: string[]): Emitter<Events> {
  const log = logInto(lines);
  const events = new Emitter<Events>((error, event) => lines.push(`${String(event)}: ${errorWords(error)}`));
  events.on('fault', log.fault);
  events.on('note', log.note);
  return events;
}
