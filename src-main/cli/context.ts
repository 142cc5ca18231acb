// What every command shares: the data folder, the engine that has it, and how it ends.
import { pause } from '../clock/clock.ts';
import { systemClock } from '../clock/watched.ts';
import { createRouterClient } from '@orpc/server';
import type { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Client } from '../../shared/contract/index.ts';
import type { Actor } from '../../shared/journal.ts';
import { openEngine } from '../engine/engine.ts';
import { DataDirLocked, DataDirMissing } from '../engine/lock.ts';
import { whoLostFolder } from './lost-folder.ts';
import { connectClient, userName } from '../service/client.ts';
import { defaultDataDir, NoHome } from '../settings/data-dir.ts';
import { replaceFile } from '../settings/replace-file.ts';
import { openSettings } from '../settings/settings.ts';

/** 0 fine, 1 a problem was found, 2 wrong usage, 3 could not check. */
export const EXIT = { fine: 0, problem: 1, usage: 2, couldNotCheck: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a sentence on standard error. */
export class Ended extends Error {
  readonly exit: Exit;
  constructor(exit: Exit, words: string) {
    super(words);
    this.exit = exit;
  }
}

export interface Globals {
  /** Absolute. Ends the command when nobody says where it is and this user has no home directory. */
  readonly dataDir: string;
  readonly json: boolean;
}

export function globalsOf(command: Command): Globals {
  const options = command.optsWithGlobals<{ data?: string; json?: boolean }>();
  if (options.data === '') throw new Ended(EXIT.usage, '--data needs a folder: --data DIR');
  return {
    // A variable that is there and empty is one that was not set. Not every command needs a data folder.
    get dataDir() {
      const named = options.data ?? process.env['MAILWARD_DATA'] ?? '';
      return resolve(named === '' ? usualDataDir() : named);
    },
    json: options.json === true,
  };
}

function usualDataDir(): string {
  try {
    return defaultDataDir();
  } catch (error) {
    throw error instanceof NoHome ? new Ended(EXIT.usage, error.message) : error;
  }
}

export interface Reached {
  client: Client;
  /** False when nobody has the data folder: the command opened it itself, and no mail is moving. */
  running: boolean;
}

/** Said after what would be so if Mailward ran. */
export function notRunning(dataDir: string): string {
  return `Mailward is not running on ${dataDir}: no mail is taken or delivered, and nothing happens by itself.`;
}

/** Whether an option was given, and does not only have its default. */
export function isGiven(command: Command, option: string): boolean {
  return command.getOptionValueSource(option) === 'cli';
}

/** How often a service that does not answer is asked, and how long to wait in between, ms. */
const TRIES = 3;
const AGAIN_MS = 200;

/**
 * What a command does where there is no data folder. Whoever only asks must not leave an empty one where the real one was moved
 * away: `fail` says that there is none, `go on` does without, and only a command that begins something may `make` it.
 */
export type WithoutFolder = 'fail' | 'go on' | 'make';

/** Runs a command against the running engine, or opens the data folder when nobody has it. */
export async function withEngine<T>(
  globals: Globals,
  run: (reached: Reached) => Promise<T>,
  withoutFolder: WithoutFolder = 'fail',
): Promise<T> {
  const reached = await reach(globals, withoutFolder);
  let done = false;
  try {
    const answer = await run(reached);
    done = true;
    return answer;
  } finally {
    await reached.leave(!done);
  }
}

/** An engine on a folder that is thrown away, with the settings if they are there: for questions that need no data. */
async function reachNothing(absent: string): Promise<Left> {
  // Read where they are, so that what is wrong with them is told of that file.
  const settings = openSettings(absent).get();
  const { path: dataDir, remove } = passingFolder();
  try {
    replaceFile(join(dataDir, 'settings.json'), JSON.stringify(settings));
    const engine = await openEngine({ dataDir, host: 'service', offline: true });
    return {
      client: createRouterClient(engine.router, { context: { actor: byCommand() } }),
      running: false,
      leave: () => engine.close().finally(remove),
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Whoever types a command, for the journal. */
function byCommand(): Actor {
  return { who: 'admin', via: 'command', name: userName(), address: '' };
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A folder for as long as a command runs; gone with it, also when it is ended in the middle. */
function passingFolder(): { path: string; remove: () => void } {
  let path: string | null = null;
  const remove = () => {
    for (const signal of ENDING) process.off(signal, onSignal);
    try {
      if (path !== null) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // The system throws it away in its time.
    }
  };
  const onSignal = (signal: NodeJS.Signals) => {
    remove();
    // Nobody listens to it any more: now it ends us.
    process.kill(process.pid, signal);
  };
  for (const signal of ENDING) process.on(signal, onSignal);
  try {
    path = mkdtempSync(join(resolve(tmpdir()), 'mailward-'));
  } catch (error) {
    remove();
    throw new Ended(
      EXIT.couldNotCheck,
      `cannot make a folder in ${tmpdir()}: ${(error as Error).message}; say with TMPDIR where one may be made`,
    );
  }
  return { path, remove };
}

interface Left extends Reached {
  /** @param failed the command did not do what it should: what it made for that is taken away. */
  leave: (failed: boolean) => Promise<void>;
}

/**
 * Ends the command where a Mailward runs whose data folder was here and was moved away or removed: another one begun in its place would
 * take its mail's place too, and keep the folder from being put back.
 */
export function refuseLostFolder(dataDir: string): void {
  const words = whoLostFolder(dataDir);
  if (words !== null) throw new Ended(EXIT.problem, words);
}

async function reach({ dataDir }: Globals, withoutFolder: WithoutFolder): Promise<Left> {
  if (withoutFolder === 'make') refuseLostFolder(dataDir);
  for (let tries = 1; ; tries++) {
    try {
      const existing = withoutFolder !== 'make';
      const engine = await openEngine({ dataDir, host: 'service', offline: true, existing });
      return {
        client: createRouterClient(engine.router, { context: { actor: byCommand() } }),
        running: false,
        leave: (failed) => (failed ? engine.abandon() : engine.close()),
      };
    } catch (error) {
      if (error instanceof DataDirMissing && withoutFolder === 'go on') return reachNothing(dataDir);
      if (error instanceof DataDirMissing) refuseLostFolder(dataDir);
      if (!(error instanceof DataDirLocked)) throw error;
      const holder = error.holder;
      if (!holder?.url || !holder.token) throw new Ended(EXIT.couldNotCheck, error.message);
      try {
        const { client, close } = await connectClient({ url: holder.url, token: holder.token });
        return {
          client,
          running: true,
          leave: () => {
            close();
            return Promise.resolve();
          },
        };
      } catch (reason) {
        // It may have stopped between its announcement and our call: then the folder is free.
        if (tries === TRIES) throw new Ended(EXIT.couldNotCheck, (reason as Error).message);
        await pause(systemClock, AGAIN_MS);
      }
    }
  }
}
