// A server's name led elsewhere than before: kept as evidence, and said in the log.
import type { ServerMove } from '../../shared/domain.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Database } from '../storage/database.ts';
import type { EngineEvents } from './events.ts';

/** Writes a move down; `before` is empty when nothing was known of the host. */
export function keepMove(move: ServerMove, db: Database, events: Publisher<EngineEvents>): void {
  const { host, before, after } = move;
  if (before.length > 0)
    events.emit('note', {
      part: 'delivery',
      words: `${host} moved: it was at ${before.join(', ')}, now it is at ${after.join(', ')}`,
    });
  db.write('putServerAddresses', move).catch((error: unknown) =>
    events.emit('fault', { part: 'delivery', what: "a server's address cannot be kept", error }),
  );
}
