// Reads what ping tools print: Linux (iputils, busybox), macOS and the BSDs, Windows in any language.

export interface Pings {
  sent: number;
  /** Round-trip times of the answers, ms, in order. */
  times: readonly number[];
}

/**
 * @param sent how many were asked for; those that the tool says it sent, when it was ended early.
 * @returns null when the text is of no ping tool.
 */
export function readPings(output: string, sent: number): Pings | null {
  const times: number[] = [];
  for (const line of output.split(/\r?\n/)) {
    // `time=12.3 ms`, `time=12ms`, `time<1ms`, `Zeit=12ms`, `temps=12 ms`: the only figure before "ms" with a sign before it,
    // on a line that also has the answer's TTL. The summary's lines have none.
    const time = /[=<]\s?(\d+(?:[.,]\d+)?)\s?ms/i.exec(line);
    if (time?.[1] !== undefined && /ttl|hlim|icmp_seq|seq=/i.test(line))
      times.push(Number(time[1].replace(',', '.')));
  }
  const said = /(\d{1,9}) packets transmitted/.exec(output) ?? /= (\d+), \S+ = \d+, \S+ = \d+/.exec(output);
  if (said === null && times.length === 0) return null;
  return { sent: Math.max(said === null ? sent : Number(said[1]), times.length), times };
}
