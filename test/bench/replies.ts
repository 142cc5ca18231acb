// How long a sender waits for its 250: a client of our own, because smtp-source does not say.
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient } from '../lab/client.ts';

export interface ReplyLoad {
  messages: number;
  /** Octets of each message. */
  size: number;
  /** Messages begun a second, whatever became of those before: a slow server does not slow its senders down. */
  perSecond: number;
}

/** One connection a message. Answers the times from its last octet to its 250, ms, shortest first. */
export async function timeReplies(port: number, load: ReplyLoad): Promise<number[]> {
  const line = `${'x'.repeat(70)}\r\n`;
  const content = `Subject: bench\r\n\r\n${line.repeat(Math.ceil(load.size / line.length))}.\r\n`;
  const begun = performance.now();
  const all: Promise<number>[] = [];
  for (let index = 0; index < load.messages; index += 1) {
    const due = begun + (index * 1000) / load.perSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    all.push(timeOne(port, content));
  }
  return (await Promise.all(all)).sort((a, b) => a - b);
}

async function timeOne(port: number, content: string): Promise<number> {
  await using client = await RawClient.greet(port);
  await client.openData('anna@example.net', 'office@example.com');
  const sent = performance.now();
  client.send(content);
  await client.expect(250);
  const took = performance.now() - sent;
  await client.command('QUIT', 221);
  return took;
}
