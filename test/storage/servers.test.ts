// Where servers were, kept over restarts; and routes and modes of an earlier version, read by this one.
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src-main/storage/database.ts';
import { scratch, type Scratch } from '../lab/scratch.ts';

let folder: Scratch;
let db: Database;
const path = () => `${folder.path}/mailward.db`;

beforeEach(async () => {
  folder = scratch('db');
  db = await openDatabase(path());
});
afterEach(async () => {
  await db.close();
  folder[Symbol.dispose]();
});

it('remembers the addresses last seen, and each move but not the first sight', async () => {
  const host = 'mail.example.com';
  await db.write('putServerAddresses', { at: 1, host, before: [], after: ['192.0.2.1'] });
  expect(await db.read('serverMoves')).toEqual([]);
  const move = { at: 2, host, before: ['192.0.2.1'], after: ['198.51.100.7', '198.51.100.6'] };
  await db.write('putServerAddresses', move);
  expect(await db.read('serverMoves')).toEqual([move]);
  expect(await db.read('serverAddresses')).toEqual([{ host, addresses: ['198.51.100.6', '198.51.100.7'] }]);
});

it('reads a domain that was written before destinations had priorities and modes an end', async () => {
  const raw = new DatabaseSync(path());
  raw
    .prepare('INSERT INTO domain (name, created_at, route, mode) VALUES (?, ?, ?, ?)')
    .run(
      'example.com',
      1,
      '[{"host":"mail.example.com","port":25,"tls":"opportunistic","sourceAddress":null}]',
      '{"name":"hold","since":1,"reason":"","reroute":null}',
    );
  raw.close();
  const [domain] = await db.read('domains');
  expect(domain?.route[0]).toMatchObject({ host: 'mail.example.com', priority: null, helo: null });
  expect(domain?.mode).toMatchObject({ name: 'hold', until: null, setBy: 'admin', homeSince: null });
});
