// A server's name led elsewhere than before: kept as evidence, and said in the log.
import type { ServerMove } from '../../shared/domain.ts';
import type { Database } from '../storage/database.ts';

/** Writes a move down; `before` is empty when nothing was known of the host. */
export function keepMove(move: ServerMove, db: Database, trouble: (words: string) => void): void {
  const { host, before, after } = move;
  if (before.length > 0)
    trouble(`${host} moved: it was at ${before.join(', ')}, now it is at ${after.join(', ')}`);
  db.write('putServerAddresses', move).catch((error: unknown) =>
    trouble(`a server's address cannot be kept: ${(error as Error).message}`),
  );
}
