// The log of a service: a line of JSON for each fault and each note, for people and for what collects logs.
import pino from 'pino';
import { plain } from '../../shared/unseen.ts';
import { faultWords, type Log } from '../events/fault.ts';
import { withTyped } from './invocation.ts';

/** Writes to a file descriptor: `level` (pino's: 40 for a note, 50 for a fault), `time`, `part`, `domain`, `messageId`, `err`, `msg`. */
export function logTo(descriptor: number): Log {
  const log = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: {
        err: (error: unknown) => {
          if (!(error instanceof Error)) return { message: plain(String(error)) };
          const { type, message, stack } = pino.stdSerializers.err(error);
          return { type, message: plain(message), stack: stack.split('\n').map(plain).join('\n') };
        },
      },
    },
    // A standard error that nobody reads any more must not end what moves the mail.
    pino.destination({ dest: descriptor, sync: true }).on('error', () => undefined),
  );
  // Whoever watches the log in a terminal is not to have it obey a server's words.
  const said = (words: string) => plain(withTyped(words));
  return {
    fault: (fault) => {
      const { part, domain, messageId, error } = fault;
      log.error({ part, domain, messageId, err: error }, said(faultWords(fault)));
    },
    note: ({ part, domain, words }) => log.warn({ part, domain }, said(words)),
  };
}
