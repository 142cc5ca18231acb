// Records the service taking real mail, cuts the power at every fsync and between, and asks each disk for what was answered 250.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../src-main/storage/migrations.ts';
import { formatId, parseId } from '../../src-main/storage/ids.ts';
import { reads, writes } from '../../src-main/storage/operations/index.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { needProgram } from '../lab/packages.ts';
import type { Random } from '../lab/random.ts';
import { scratch } from '../lab/scratch.ts';
import { idHeader, Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { Disk, type Fate } from './disk.ts';
import { hasEnded, readTrace, straceCommand, type Happening } from './trace.ts';

/** What comes in during one life of the service, and how that life ends. */
export interface Life {
  messages: number;
  /** Octets of a few large messages, which are stored in pieces. */
  large: number[];
  end: 'stop' | 'kill';
}

interface Sent {
  number: number;
  /** What followed DATA, dots and all; the stored message ends with it. */
  body: Buffer;
}

export interface Recording {
  happenings: Happening[];
  /** Messages answered 250, by the id that the reply named. */
  sent: Map<string, Sent>;
  /** Numbers of the messages that the office's server took. */
  delivered: Set<number>;
}

export interface CutResult {
  seed: number;
  answered: number;
  /** Times fsync returned. */
  syncs: number;
  writes: number;
  /** Disks rebuilt and started on. */
  states: number;
  /** Messages asked for, over all disks. */
  asked: number;
  problems: string[];
}

/** Mail for held.example stays in the spool with its content; mail for example.com goes out and only its log entry stays. */
export async function record(lives: Life[], random: Random): Promise<Recording> {
  using folder = scratch('cut');
  const trace = join(folder.path, 'trace');
  const dataDir = join(folder.path, 'data');
  await using sink = await new Sink({ keep: false }).start();
  const sent = new Map<string, Sent>();
  await using service = await Service.start({
    dataDir,
    settings: { delivery: { retrySeconds: [1] } },
    under: straceCommand(needProgram('strace'), trace),
  });
  await service.addDomain('example.com', sink.route);
  await service.addDomain('held.example', sink.route);
  const { client, close } = await service.client();
  await client.domains.setMode({ name: 'held.example', mode: 'hold' });
  close();

  let number = 0;
  for (const [index, life] of lives.entries()) {
    if (index > 0) await service.start();
    const sizes = [...Array.from({ length: life.messages }, () => random.between(50, 9000)), ...life.large];
    const senders = Array.from({ length: 4 }, async () => {
      await using client = await RawClient.greet(service.smtpPort);
      for (let size = sizes.pop(); size !== undefined; size = sizes.pop()) {
        number += 1;
        const one = { number, body: bodyOf(number, size, random) };
        // Very large ones go on: they fill the log, and need not be read again after every cut.
        const stays = size < 5_000_000 && (size > 100_000 || random.next() < 0.6);
        const domain = stays ? 'held.example' : 'example.com';
        await client.openData('anna@example.net', `office@${domain}`);
        client.send(Buffer.concat([one.body, Buffer.from('.\r\n')]));
        const reply = await client.expect(250);
        sent.set(/id (\w+)/.exec(reply.text)?.[1] ?? '', one);
      }
      await client.command('QUIT', 221);
    });
    await Promise.all(senders);
    const { pid } = service;
    if (life.end === 'stop') await service.stop();
    else await service.kill();
    await until('the record of system calls does not end', () => hasEnded(readFileSync(trace), pid));
  }
  const delivered = new Set([...sink.copies.keys()].map((key) => Number(key.split('/')[0])));
  return { happenings: readTrace(readFileSync(trace, 'latin1'), dataDir), sent, delivered };
}

function bodyOf(number: number, size: number, random: Random): Buffer {
  const lines: string[] = [`Subject: cut ${number}`, `${idHeader}: ${number}`, ''];
  for (let length = 0; length < size; length += 78) {
    let line = '';
    while (line.length < 76) line += Math.floor(random.next() * 2 ** 32).toString(36);
    lines.push(line.slice(0, 76));
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
}

/** Cuts the power at every fsync, before and after it, and at `between` points elsewhere; starts on what is left. */
export function cutEverywhere(recording: Recording, options: { between: number }, random: Random): CutResult {
  const { happenings } = recording;
  const places = new Set<number>();
  happenings.forEach(({ kind }, at) => {
    // Just before fsync is asked for, just before it returns, just after, and just after a client heard 250.
    if (kind === 'sync-begin' || kind === 'sync-end') places.add(at);
    if (kind === 'sync-end' || kind === 'answered') places.add(at + 1);
  });
  for (let left = options.between; left > 0; left -= 1) places.add(random.between(1, happenings.length));

  using folder = scratch('after-cut');
  const disk = new Disk();
  const answered: string[] = [];
  const result: CutResult = {
    seed: random.seed,
    answered: 0,
    syncs: happenings.filter(({ kind }) => kind === 'sync-end').length,
    writes: happenings.filter(({ kind }) => kind === 'write').length,
    states: 0,
    asked: 0,
    problems: [],
  };
  for (let at = 0; at <= happenings.length && result.problems.length < 5; at += 1) {
    if (places.has(at)) {
      // With nothing in the air all three fates are one.
      const fates: Fate[] = disk.unsafe === 0 ? ['dropped'] : ['dropped', 'torn', 'kept'];
      for (const fate of fates) {
        const files = disk.afterCut(fate, random);
        result.states += 1;
        result.asked += answered.length;
        for (const problem of startOn(files, folder.path, answered, recording))
          result.problems.push(`power cut at step ${at}, unsynced writes ${fate}: ${problem}`);
      }
    }
    const happening = happenings[at];
    if (!happening) break;
    disk.take(happening);
    if (happening.kind === 'answered') answered.push(happening.id);
  }
  result.answered = answered.length;
  return result;
}

/** Opens the database as a start does, and asks for every message. Returns what is wrong, in words. */
function startOn(
  files: Map<string, Buffer>,
  folder: string,
  answered: readonly string[],
  { sent, delivered }: Recording,
): string[] {
  const dir = join(folder, 'data');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  for (const [name, content] of files) writeFileSync(join(dir, name), content);
  const problems: string[] = [];
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(join(dir, 'mailward.db'));
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON');
    const { integrity_check: said } = db.prepare('PRAGMA integrity_check').get() as {
      integrity_check: string;
    };
    if (said !== 'ok') problems.push(`the database is corrupt: ${said}`);
    migrate(db);
    const operations = { ...reads(db), ...writes(db) };
    operations.removeOrphans();
    for (const id of answered) {
      const problem = askFor(id, operations);
      if (problem !== null) problems.push(problem);
    }
    // Whatever else is in the log was about to be answered: it is whole as well.
    const known = new Set(answered);
    for (const { id } of db.prepare('SELECT id FROM message').all() as unknown as { id: number }[]) {
      const problem = known.has(formatId(id)) ? null : wholeness(id, operations);
      if (problem !== null) problems.push(problem);
    }
  } catch (error) {
    problems.push(`cannot start: ${(error as Error).message}`);
  } finally {
    db?.close();
  }
  return problems;

  function askFor(text: string, operations: Operations): string | null {
    const one = sent.get(text);
    const id = parseId(text);
    if (!one || id === null) return `a reply named ${text}, which no client was told`;
    const detail = operations.detail(id);
    if (!detail) return `message ${text} was answered 250 and is gone`;
    if (detail.state === 'delivered')
      return delivered.has(one.number) ? null : `message ${text} is said to be delivered and was not`;
    const content = contentOf(id, operations);
    if (content.length !== detail.size)
      return `message ${text} has ${content.length} of ${detail.size} octets`;
    return content.subarray(-one.body.length).equals(one.body)
      ? null
      : `the content of message ${text} is not what was sent`;
  }
}

type Operations = ReturnType<typeof reads>;

function contentOf(id: number, operations: Operations): Buffer {
  const pieces: Uint8Array[] = [];
  for (let index = 0; ; index += 1) {
    const piece = operations.piece({ messageId: id, index });
    if (piece === null) return Buffer.concat(pieces);
    pieces.push(piece);
  }
}

function wholeness(id: number, operations: Operations): string | null {
  const detail = operations.detail(id);
  if (!detail || detail.state === 'delivered') return null;
  const { length } = contentOf(id, operations);
  return length === detail.size
    ? null
    : `unanswered message ${detail.id} is in the log with ${length} of ${detail.size} octets`;
}

/** The same record as a disk that ignores fsync would have lived it: to see that the test can see a loss. */
export function withoutSyncs(recording: Recording): Recording {
  const happenings = recording.happenings.filter(({ kind }) => kind !== 'sync-begin' && kind !== 'sync-end');
  return { ...recording, happenings };
}

export function inWords(result: CutResult): string {
  const { seed, answered, syncs, writes: written, states, asked, problems } = result;
  return (
    `power cut: seed ${seed} (MAILWARD_SEED=${seed} repeats the cuts): ${answered} messages answered 250, ${written} writes, ${syncs} fsyncs, ` +
    `${states} disks started on, ${asked} messages asked for, ${problems.length} problems\n`
  );
}
