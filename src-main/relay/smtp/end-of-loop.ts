// Work for the end of the event loop's turn, just before it looks for news from the network again.

let waiting: (() => void)[] = [];

/**
 * Resolves at the end of this turn. Whoever must read an answer as soon as it comes asks its question then: asked in the
 * middle of a turn, the answer would lie unread until all else in the turn is done.
 */
export async function endOfLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) > 1) return;
    setImmediate(() => {
      const due = waiting;
      waiting = [];
      for (const goOn of due) goOn();
    });
  });
}
