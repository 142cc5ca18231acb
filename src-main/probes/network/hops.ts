// Reads what traceroute tools print: traceroute (Linux, macOS, the BSDs, busybox), tracepath, tracert.
import { isIP } from 'node:net';

export interface Hop {
  /** From 1. */
  number: number;
  /** Null: nobody answered there, as many routers do not. */
  address: string | null;
  /** Round-trip time, ms. */
  ms: number | null;
}

/** @returns the hops in order, one for each number; empty when the text is of no such tool. */
export function readHops(output: string): Hop[] {
  const hops = new Map<number, Hop>();
  for (const line of output.split(/\r?\n/)) {
    const match = /^\s*(\d{1,2})(?:\??:)?\s+(\S.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const number = Number(match[1]);
    if (number === 0) continue;
    const words = match[2].split(/\s+/).map((word) => word.replace(/^[([]|[)\]]$/g, ''));
    const address = words.find((word) => isIP(word) !== 0) ?? null;
    const time = /(\d+(?:\.\d+)?)\s?ms/.exec(match[2])?.[1];
    const known = hops.get(number);
    if ((known?.address ?? null) !== null) continue;
    hops.set(number, { number, address, ms: time === undefined || address === null ? null : Number(time) });
  }
  return [...hops.values()].sort((a, b) => a.number - b.number);
}

/** Without the silence at the end, where a tool keeps asking until it gives up. */
export function withoutTail(hops: readonly Hop[]): Hop[] {
  return hops.slice(0, hops.findLastIndex(({ address }) => address !== null) + 1);
}
