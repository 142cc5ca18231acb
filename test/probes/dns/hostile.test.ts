// Our resolver against servers that lie, guess and ramble.
import { describe, expect, it } from 'vitest';
import { Dns } from '../../../src-main/probes/dns/dns.ts';
import { exchange } from '../../../src-main/probes/dns/transport.ts';
import { Forger } from '../../lab/internet/forger.ts';
import type { Answering } from '../../lab/internet/forger.ts';

const good = '192.0.2.1';
const bad = '203.0.113.66';

function ask(server: Forger, name = 'mail.office.example', giveUpMs = 600) {
  return exchange(
    { name: null, address: server.address, port: server.port },
    { name, type: 'A' },
    { giveUpMs, repeatMs: 250 },
  );
}

/** The address that one question gets from such a server, or why none. */
async function answerOf(answering: Answering, options: { tcp?: boolean } = {}) {
  await using server = await Forger.start(answering, options);
  const { reply, failure, via } = await ask(server);
  return { data: reply?.answers.map(({ data }) => data) ?? failure, via, asked: server.asked };
}

describe('one question', () => {
  it('takes no answer with another number, name, type or case, and waits for the right one', async () => {
    const { data } = await answerOf(({ id, name }) => [
      { id: id ^ 1, answers: [[name, 'A', bad]] },
      { name: 'mail.other.example', answers: [['mail.other.example', 'A', bad]] },
      { type: 'AAAA', answers: [[name, 'A', bad]] },
      Buffer.from('nonsense'),
      { answers: [[name, 'A', good]] },
    ]);
    expect(data).toEqual([good]);
  });

  it('mixes the case of what it asks, and trusts an answer without the mix over TCP only', async () => {
    const { data, via, asked } = await answerOf(({ name, via: by }) =>
      by === 'udp'
        ? [{ name: swapped(name), answers: [[name, 'A', bad]] }]
        : [{ answers: [[name, 'A', good]] }],
    );
    expect({ data, via }).toEqual({ data: [good], via: 'tcp' });
    expect(asked[0]?.name).not.toBe('mail.office.example');
    expect(asked[0]?.name.toLowerCase()).toBe('mail.office.example');
  });

  it('still hears a server that knows no case and has no TCP', async () => {
    const { data } = await answerOf(
      ({ name }) => [{ name: name.toLowerCase(), answers: [[name.toLowerCase(), 'A', good]] }],
      { tcp: false },
    );
    expect(data).toEqual([good]);
  });

  it('asks without EDNS where that is refused or swallowed', async () => {
    const refusing = await answerOf(({ name, edns }) => [
      edns ? { rcode: 1 } : { answers: [[name, 'A', good]] },
    ]);
    expect(refusing.data).toEqual([good]);
    const swallowing = await answerOf(({ name, edns }) => (edns ? [] : [{ answers: [[name, 'A', good]] }]));
    expect(swallowing.data).toEqual([good]);
  });

  it('tells silence, garbage and a cut-off answer from an answer', async () => {
    expect((await answerOf(() => [])).data).toBe('timeout');
    const header = ({ id }: { id: number }) =>
      Buffer.from([id >> 8, id & 255, 0x84, 0, 0, 1, 0, 9, 0, 0, 0, 0, 3]);
    expect((await answerOf((query) => [header(query)])).data).toBe('garbled');
    expect((await answerOf(() => [{ tc: true }], { tcp: false })).data).toBe('refused');
  });

  it('asks every time from another port with another number', async () => {
    await using server = await Forger.start(({ name }) => [{ answers: [[name, 'A', good]] }]);
    for (let times = 0; times < 20; times += 1) await ask(server);
    expect(new Set(server.asked.map(({ id }) => id)).size).toBeGreaterThan(15);
  });
});

/** The root is 127.0.0.1; `others` are further servers, by address. */
async function resolveWith(answering: Answering, name: string, others: Record<string, Answering> = {}) {
  await using root = await Forger.start(answering);
  const { port } = root;
  await using _rest = await all(others, port);
  const dns = new Dns({ roots: [root.address], port });
  return { ...(await dns.resolve(name, 'A')), asked: root.asked, dns };
}

async function all(others: Record<string, Answering>, port: number): Promise<AsyncDisposable> {
  const started = await Promise.all(
    Object.entries(others).map(([address, answering]) => Forger.start(answering, { address, port })),
  );
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

/** A referral of a zone to a server, with its address. */
const refer = (zone: string, server: string, address: string) => ({
  aa: false,
  authorities: [[zone, 'NS', server] as [string, string, unknown]],
  additionals: [[server, 'A', address] as [string, string, unknown]],
});

describe('finding out from servers that lie', () => {
  it('takes no address of a foreign name along with a referral', async () => {
    const found = await resolveWith(
      ({ name }) => [
        name.toLowerCase().endsWith('evil.example')
          ? refer('evil.example', 'ns.evil.example', '127.0.0.2')
          : { answers: [[name, 'A', '127.0.0.4']] },
      ],
      'x.sub.evil.example',
      {
        // It gives away a name of its own to a server of somebody else, and an address that is not that server's.
        '127.0.0.2': () => [refer('sub.evil.example', 'ns.bank.example', '127.0.0.3')],
        '127.0.0.3': ({ name }) => [{ answers: [[name, 'A', bad]] }],
        '127.0.0.4': ({ name }) => [{ answers: [[name, 'A', good]] }],
      },
    );
    expect(found.records.map(({ data }) => data)).toEqual([good]);
  });

  it('believes no records of other names in an answer, and no “no such name” about another zone', async () => {
    const found = await resolveWith(
      ({ name }) => [
        {
          rcode: 3,
          answers: [['www.bank.example', 'A', bad]],
          authorities: [
            [
              'bank.example',
              'SOA',
              { mname: 'x', rname: 'x', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 99_999 },
            ],
          ],
          additionals: [[name, 'A', bad]],
        },
      ],
      'mail.office.example',
    );
    expect(found).toMatchObject({ status: 'no-such-name', records: [], ttl: null });
    expect(await found.dns.resolve('www.bank.example', 'A')).not.toMatchObject({ status: 'answer' });
  });

  it('believes no “no such name” of a server that does not speak for the zone', async () => {
    const found = await resolveWith(() => [{ aa: false, rcode: 3 }], 'mail.office.example');
    expect(found).toMatchObject({ status: 'could-not', why: 'servers' });
  });

  it('takes an answer without authority when no server has a better one', async () => {
    const weak: Answering = ({ name }) => [{ aa: false, answers: [[name, 'A', good]] }];
    expect(await resolveWith(weak, 'mail.office.example')).toMatchObject({ status: 'answer', aa: false });
  });

  it('does not take “no IPv4 address” for “no address” when nobody says anything of IPv6', async () => {
    await using root = await Forger.start(({ type }) => (type === 'A' ? [{}] : []));
    const dns = new Dns({ roots: [root.address], port: root.port });
    expect(await dns.addresses('mail.office.example')).toMatchObject({ status: 'could-not', v4: [], v6: [] });
  });

  it('does not go back up, nor in circles, nor on for ever', async () => {
    const up = await resolveWith(
      () => [{ aa: false, authorities: [['.', 'NS', 'a.root']] }],
      'mail.office.example',
    );
    expect(up).toMatchObject({ status: 'could-not', why: 'servers' });
    const same = await resolveWith(
      () => [
        {
          aa: false,
          authorities: [['example', 'NS', 'ns.example']],
          additionals: [['ns.example', 'A', '127.0.0.1']],
        },
      ],
      'mail.office.example',
    );
    expect(same).toMatchObject({ status: 'could-not', why: 'servers' });
    let count = 0;
    const aliases = await resolveWith(
      ({ name }) => [{ answers: [[name, 'CNAME', `a${(count += 1)}.example`]] }],
      'mail.office.example',
    );
    expect(aliases).toMatchObject({ status: 'could-not', why: 'loop' });
    // Every zone has twenty servers, each named in a zone of its own that has twenty more.
    const servers = await resolveWith(
      ({ name }) => [
        {
          aa: false,
          authorities: Array.from({ length: 20 }, (_, index): [string, string, unknown] => [
            name.toLowerCase().split('.').slice(-2).join('.'),
            'NS',
            `ns${index}.x${(count += 1)}.example`,
          ]),
        },
      ],
      'mail.office.example',
    );
    expect(servers.status).toBe('could-not');
    expect(servers.asked.length).toBeLessThan(200);
  });

  it('refuses to ask for what is no name', async () => {
    const dns = new Dns({ roots: ['127.0.0.1'], port: 9 });
    for (const name of ['a'.repeat(64) + '.example', `${'a.'.repeat(150)}example`, 'two..dots']) {
      expect(await dns.resolve(name, 'MX')).toMatchObject({ status: 'could-not', why: 'servers' });
      expect(await dns.authoritative(name)).toMatchObject({ status: 'could-not' });
    }
  });
});

function swapped(name: string): string {
  return name.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
