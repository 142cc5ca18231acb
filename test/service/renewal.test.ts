// `mailward token renew` shuts out everybody who came in with a former key, also those who are on their way in or will not go.
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { credentialOf, introduce, wireOf, type Wish } from '../../shared/greeting.ts';
import { askService, connectClient } from '../../src-main/service/client.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { scratch } from '../lab/scratch.ts';
import { mountSmallDisk, type SmallDisk } from '../lab/small-disk.ts';
import { until } from '../lab/wait.ts';
import { ServiceUnderTest } from './service-under-test.ts';

const where = 'http://127.0.0.1:8025';
const key = (number: number) => Buffer.alloc(32, number).toString('base64url');

async function letIn({ link }: Pick<ServiceUnderTest, 'link'>, want: Wish): Promise<WebSocket> {
  const socket = new WebSocket(`${link.url.replace('http', 'ws')}/rpc`, ['mailward']);
  socket.on('error', () => undefined);
  await once(socket, 'open');
  const wire = wireOf(socket);
  await introduce(wire, { credential: await credentialOf(link.token), where: link.url, want });
  wire.end();
  return socket;
}

/** A call as it goes over the wire. */
function call(procedure: string, input: object): string {
  return JSON.stringify({ i: '1', p: { u: `orpc://localhost/${procedure}`, b: { json: input, meta: [] } } });
}

const domain = (name: string) => ({ name, route: [{ host: '127.0.0.1', port: 25, tls: 'opportunistic' }] });

describe('a session that was shut out', () => {
  it('does nothing more, although its client does not answer to the goodbye', async () => {
    await using service = await ServiceUnderTest.start();
    const socket = await letIn(service, 'contract');
    // While it could, it did.
    socket.send(call('domains/add', domain('before.example')));
    await once(socket, 'message');
    socket.pause();
    await askService(service.link, 'renew');
    socket.send(call('domains/add', domain('after.example')));
    const closed = once(socket, 'close');
    socket.resume();
    await closed;
    const { client, close } = await connectClient(service.link);
    expect((await client.domains.list()).map(({ name }) => name)).toEqual(['before.example']);
    close();
  });
});

describe('a renewal while somebody is on their way in', () => {
  it('leaves them no key of their own, and no link', async () => {
    await using service = await ServiceUnderTest.start();
    const { keys } = service;
    const use = keys.use.bind(keys);
    for (const want of ['enrol', 'link'] as const) {
      let renewed: Promise<unknown> = Promise.resolve();
      keys.use = (bearer) => {
        const good = use(bearer);
        renewed = keys.renew();
        return good;
      };
      const came =
        want === 'enrol'
          ? letIn(service, want).then((socket) => socket.terminate())
          : askService(service.link, want).then(async ({ link }) => {
              await renewed;
              const { id } = await credentialOf(/#token=(.*)/.exec(String(link))?.[1] ?? '');
              expect(keys.find(id, service.link.url)).toBeNull();
            });
      // Whether they are told in time that nothing has come of it is a matter of luck.
      await came.catch((error: unknown) => expect(String(error)).toMatch(/connection ended|does not answer/));
      await renewed;
      expect(keys.browsers).toEqual([]);
    }
  });

  it('takes back what is made at that moment, whichever was begun first', async () => {
    using folder = scratch('keys');
    const keys = await Keys.open(folder.path);
    const goodOnes = async (link: Promise<{ code: string }>, browser: Promise<string>) => {
      const [made, enrolled] = await Promise.allSettled([link, browser]);
      const ids = [
        ...(made.status === 'fulfilled' ? [(await credentialOf(made.value.code)).id] : []),
        ...(enrolled.status === 'fulfilled' ? [enrolled.value] : []),
      ];
      return ids.filter((id) => keys.find(id, where) !== null);
    };
    const before = goodOnes(keys.link(), keys.enrol(key(1), where, 'before'));
    const renewed = keys.renew();
    const after = goodOnes(keys.link(), keys.enrol(key(2), where, 'after'));
    await renewed;
    expect([await before, await after]).toEqual([[], []]);
    expect((await Keys.open(folder.path)).browsers).toEqual([]);
  });
});

describe('on a full disk', () => {
  const withKeys = async (
    context: { skip: (why: string) => void },
    run: (keys: Keys, disk: SmallDisk, browser: string) => Promise<void>,
  ) => {
    using disk = mountSmallDisk(1024 * 1024);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    const keys = await Keys.open(disk.path);
    const browser = await keys.enrol(key(1), where, 'a browser');
    disk.fill();
    await run(keys, disk, browser);
  };

  it('a renewal says so and renews nothing: neither half of the keys now, nor the other half at the next start', (context) =>
    withKeys(context, async (keys, disk, browser) => {
      const { token } = keys;
      const link = await credentialOf((await keys.link()).code);
      await expect(keys.renew()).rejects.toThrow(/^cannot write .*: the disk is full; free some space/);
      expect([keys.token, keys.renewals]).toEqual([token, 0]);
      expect([keys.find(browser, where)?.kind, keys.find(link.id, where)?.kind]).toEqual(['browser', 'link']);
      const next = await Keys.open(disk.path);
      expect([next.token, next.browsers.length]).toEqual([token, 1]);
      await disk.free();
      const renewed = await keys.renew();
      const after = await Keys.open(disk.path);
      expect([after.token, after.browsers]).toEqual([renewed, []]);
    }));

  it('a browser is shut out now, it is said that this does not last, and asking again makes it last', (context) =>
    withKeys(context, async (keys, disk, browser) => {
      expect(() => keys.forget(browser)).toThrow(
        /is shut out, but only until Mailward is started anew: cannot write .*: the disk is full/,
      );
      expect(keys.find(browser, where)).toBeNull();
      await disk.free();
      expect(keys.forget(browser)).toBe(true);
      expect((await Keys.open(disk.path)).browsers).toEqual([]);
      expect(keys.forget(browser)).toBe(false);
    }));

  it('who asked a running Mailward is told why, and sessions that were renewed away end all the same', async () => {
    const full = new Error('cannot write /data/engine.json: the disk is full');
    await using service = await ServiceUnderTest.start({
      renewed: () => {
        throw full;
      },
    });
    const { keys, link } = service;
    const socket = await letIn({ link }, 'contract');
    const renew = keys.renew.bind(keys);
    keys.renew = () => Promise.reject(full);
    await expect(askService(link, 'renew')).rejects.toThrow(
      /^cannot write \/data\/engine\.json: the disk is full$/,
    );
    keys.renew = renew;
    const closed = once(socket, 'close');
    expect(await askService(link, 'renew')).toEqual({});
    await closed;
    expect(service.mailward.troubles.join()).toMatch(
      /command line cannot reach this Mailward.*the disk is full/,
    );
  });
});

describe('a one-time link', () => {
  it('ends after ten minutes, also when the clock is set back meanwhile', async () => {
    using folder = scratch('keys');
    let [now, steady] = [1_700_000_000_000, 0];
    const keys = await Keys.open(
      folder.path,
      () => now,
      () => steady,
    );
    const { id } = await credentialOf((await keys.link()).code);
    now -= 86_400_000;
    steady += 599_999;
    expect(keys.find(id, where)?.kind).toBe('link');
    steady += 1;
    expect(keys.find(id, where)).toBeNull();
  });
});

describe('the list of browsers', () => {
  it.each(['', '!', 'a', key(1).slice(1), `${key(1)}=`])(
    'with the key %j in it lets nobody in, and keeps nothing from starting',
    async (wrong) => {
      using folder = scratch('keys');
      const path = join(folder.path, 'browsers.json');
      await (await Keys.open(folder.path)).enrol(key(1), where, 'a browser');
      writeFileSync(path, readFileSync(path, 'utf8').replace(key(1), wrong));
      expect((await Keys.open(folder.path)).browsers).toEqual([]);
    },
  );

  it('that others on this machine could read is not used again', async () => {
    using folder = scratch('keys');
    const path = join(folder.path, 'browsers.json');
    const keys = await Keys.open(folder.path);
    await keys.enrol(key(1), where, 'first');
    expect((await Keys.open(folder.path)).browsers).toHaveLength(1);
    chmodSync(path, 0o644);
    const again = await Keys.open(folder.path);
    expect(again.browsers).toEqual([]);
    await again.enrol(key(2), where, 'second');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

it('that the command line cannot be told of is a fault: logged, counted and shown', async () => {
  await using service = await ServiceUnderTest.start({
    renewed: () => {
      throw new Error('no space left');
    },
  });
  await askService(service.link, 'renew');
  const words = 'the command line cannot reach this Mailward until that is mended: no space left';
  expect(service.mailward.troubles).toContain(words);
  await until('it to be shown', () => service.mailward.engine.overview().fault?.words === words);
  expect(service.mailward.engine.overview().fault?.count).toBe(1);
});
