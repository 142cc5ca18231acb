// JSON as it lies in the database: a value that cannot be read is nobody's reason to stop.
import type { z } from 'zod';
import { routeSchema } from '../../shared/domain.ts';
import type { Reply } from '../../shared/message.ts';

/** The value, read by its schema; null when it is damaged. */
export function readStored<T extends z.ZodType>(text: string, schema: T): z.infer<T> | null {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/** A destination that takes nothing, for a route that cannot be read. (RFC 6761: `.invalid` is never there.) */
export const NOWHERE = routeSchema.parse([{ host: 'route-unreadable.invalid' }]);

/** The value as it was written; `otherwise` when the text is damaged. */
export function parseStored<T>(text: string, otherwise: T): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return otherwise;
  }
}

/** What stands for a reply that cannot be read any more. */
export const UNREADABLE: Reply = {
  code: 451,
  enhanced: null,
  text: '(what was said is damaged in the database)',
};

export function parseReply(text: string): Reply {
  return parseStored<Reply>(text, UNREADABLE);
}
