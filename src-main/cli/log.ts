// The log of a service: a line of JSON for each fault and each note, for people and for what collects logs.
import pino from 'pino';
import { plain } from '../../shared/unseen.ts';
import { errorKind, errorTrace, errorWords, faultWords, type Log } from '../events/fault.ts';
import { withTyped } from './invocation.ts';

/** Writes to a file descriptor: `level` (pino's: 40 for a note, 50 for a fault), `time`, `part`, `domain`, `messageId`, `err`, `msg`. */
export function logTo(descriptor: number): Log {
  const log = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    // A standard error that nobody reads any more must not end what moves the mail.
    pino.destination({ dest: descriptor, sync: true }).on('error', () => undefined),
  );
  // Whoever watches the log in a terminal is not to have it obey a server's words.
  const said = (words: string) => plain(withTyped(words));
  return {
    fault: (fault) => {
      const { part, domain, messageId, error } = fault;
      // In words already: pino's own way with errors knows neither several at once nor what refuses to be put into words.
      const err = {
        type: plain(errorKind(error)),
        message: plain(errorWords(error)),
        stack: errorTrace(error).split('\n').map(plain).join('\n'),
      };
      log.error({ part, domain, messageId, err }, said(faultWords(fault)));
    },
    note: ({ part, domain, words }) => log.warn({ part, domain }, said(words)),
  };
}
