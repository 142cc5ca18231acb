// All that the screens show of what the engine says, made safe in this one place: what strangers said in mail, replies and DNS answers turns no
// text around it (U+202E and its like), and nothing in it is there unseen.
import { plainText } from '../shared/unseen.ts';

/** A value of the contract with its texts made safe, at any depth; what comes bit by bit, bit by bit. Files are as they are. */
export function shown<T>(value: T): T {
  return made(value) as T;
}

function made(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value)) return value.map(made);
  if (typeof value !== 'object' || value === null) return value;
  if (Symbol.asyncIterator in value) return each(value as AsyncIterable<unknown>);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, made(inner)]));
}

async function* each(values: AsyncIterable<unknown>): AsyncGenerator {
  for await (const value of values) yield made(value);
}
