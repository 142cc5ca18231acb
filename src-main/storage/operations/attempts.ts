// What a domain's servers answered lately, from the message log.
import type { DatabaseSync } from 'node:sqlite';
import type { Attempt, Reply } from '../../../shared/message.ts';
import { formatHostPort } from '../../../shared/names.ts';
import { parseStored } from '../stored-json.ts';

/** Attempts looked at, newest first: a domain that nobody wrote to for longer has nothing to tell. */
const LOOK_BACK = 5_000;

/** One answer about one recipient. */
export interface AttemptReply {
  /** UTC ms. */
  at: number;
  /** Host and port, as in the route. */
  server: string;
  reply: string;
  cause: string | null;
}

export function attemptReads(db: DatabaseSync) {
  const newest = db.prepare(
    `SELECT ended_at, host, port, results FROM attempt ORDER BY id DESC LIMIT ${LOOK_BACK}`,
  );
  return {
    /** Newest first, `limit` at most. */
    attemptsTo(args: { domain: string; limit: number }): AttemptReply[] {
      const answers: AttemptReply[] = [];
      const ending = `@${args.domain}`;
      for (const row of newest.iterate()) {
        if (answers.length >= args.limit) break;
        const { ended_at, host, port, results } = row as {
          ended_at: number;
          host: string;
          port: number;
          results: string;
        };
        for (const { recipient, reply, cause } of parseStored<Attempt['results']>(results, [])) {
          if (!recipient.endsWith(ending)) continue;
          answers.push({ at: ended_at, server: formatHostPort(host, port), reply: lineOf(reply), cause });
        }
      }
      return answers.slice(0, args.limit);
    },
  };
}

function lineOf(reply: Reply | null): string {
  if (reply === null) return '';
  return [reply.code === 0 ? '' : String(reply.code), reply.enhanced, reply.text].filter(Boolean).join(' ');
}
