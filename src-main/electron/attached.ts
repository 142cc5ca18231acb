// Attaching to a running service: this shell is then one more viewer of an engine that lives elsewhere.
import { pause } from '../clock/clock.ts';
import { systemClock } from '../clock/watched.ts';
import { Emitter } from '../events/emitter.ts';
import type { Client } from '../../shared/contract/index.ts';
import type { Settings } from '../../shared/settings.ts';
import { settingsSchema } from '../../shared/settings.ts';
import type { Backend, BackendStatus } from './backend.ts';
import { endStream, forwardTo } from './forward.ts';
import { connectClient, Faults, NotMailward, unforeseen, type Log } from './neighbours.ts';

/** Where the service listens, and what it wants to hear. */
export interface Link {
  url: string;
  token: string;
}

/** How long to wait before asking a silent service again, in ms. */
const retryMs = 2000;

/** What stands at the service's address, and is not it, has been told nothing. */
const impostor: BackendStatus = {
  state: 'problem',
  sentence:
    'Another program has taken the place of the Mailward service: it was told nothing. Find out what listens there.',
};

const silent: BackendStatus = {
  state: 'could-not-check',
  sentence: 'The Mailward service does not answer; trying to reach it again.',
};

/**
 * Connects to the service and follows its overview; when the connection is lost, says so and keeps trying. `find` is
 * asked for the link each time: a service that was started anew may listen elsewhere. Rejects when the first
 * connection fails.
 */
export async function attach(find: () => Promise<Link>, log: Log): Promise<Backend> {
  // The engine knows nothing of faults in here.
  const faults = new Faults(log, systemClock);
  // Not told anew as a status: whoever throws at that would be told without end.
  const events = new Emitter<{ status: BackendStatus; settings: Settings; lost: null }>((error, event) =>
    faults.take({ part: 'user-interface', what: `what follows "${event}" failed`, error }),
  );
  const closing = new AbortController();
  const isClosing = () => closing.signal.aborted;
  let status = silent;
  let connection = await connect(find);
  let reached = Promise.withResolvers<undefined>();
  reached.resolve(undefined);
  const client = (): Client => connection.client;

  const say = (next: BackendStatus) => {
    status = { state: next.state, sentence: next.sentence };
    events.emit('status', shown());
  };
  const shown = (): BackendStatus =>
    faults.present === null || status.state === 'problem'
      ? status
      : {
          state: 'attention',
          sentence: `Something in this window's own program went wrong; start it anew. ${status.sentence}`,
        };
  const follow = async () => {
    while (!isClosing()) {
      try {
        say(connection.first);
        for await (const overview of connection.overviews) say(overview);
      } catch {
        // Whatever ended it, the answer is the same: say so, and try again.
      }
      connection.close();
      if (isClosing()) return;
      reached = Promise.withResolvers();
      say(silent);
      events.emit('lost', null);
      await reconnect();
    }
  };
  const reconnect = async () => {
    while (!isClosing()) {
      try {
        await pause(systemClock, retryMs, closing.signal);
        closing.signal.throwIfAborted();
        connection = await connect(find);
        reached.resolve(undefined);
        return;
      } catch (error) {
        // Still silent, or not the one we look for.
        if (isClosing()) return;
        const now = error instanceof NotMailward ? impostor : silent;
        if (status.sentence === now.sentence) continue;
        say(now);
        if (now === impostor) log.note({ part: 'user-interface', words: (error as Error).message });
      }
    }
  };
  const following = follow();

  return {
    router: forwardTo(client, (path, output) => {
      if (path !== 'settings.set') return;
      events.emit('settings', settingsSchema.parse((output as { settings: unknown }).settings));
    }),
    status: shown,
    onStatus: (listener) => events.on('status', listener),
    getSettings: () => client().settings.get(),
    setSettings: async (settings) => {
      const before = await client().settings.get();
      const { settings: kept } = await client().settings.set({ settings, before });
      events.emit('settings', kept);
    },
    onSettings: (listener) => events.on('settings', listener),
    reachable: () => reached.promise,
    fault: (error) => {
      faults.take(unforeseen(error));
      events.emit('status', shown());
    },
    onLost: (listener) => {
      events.on('lost', listener);
    },
    close: async () => {
      closing.abort();
      endStream(connection.overviews);
      connection.close();
      await following;
    },
  };
}

/** A connection whose service has shown that it answers: it has sent its first overview. */
async function connect(find: () => Promise<Link>) {
  const { client, close } = await connectClient(await find(), 'window');
  try {
    const overviews = await client.live.overview();
    const first = await overviews.next();
    if (first.done === true) throw new Error('The service ended its overview.');
    return { client, close, overviews, first: first.value };
  } catch (error) {
    close();
    throw error;
  }
}
