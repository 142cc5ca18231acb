// Filters on the way in, through a whole engine: who is refused, what is kept apart, and what the office's server gets.
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { dkimSign, sealMessage } from 'mailauth';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src-main/storage/database.ts';
import { RawClient } from '../lab/client.ts';
import { NameServer, type Zone } from '../lab/dns.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

/** Loopback, but not the addresses that blocklists use as test points. */
const CLIENT = '127.0.7.7';
const MESSAGE = 'From: ann@example.org\r\nTo: bob@example.com\r\nSubject: hello\r\n\r\nHello.\r\n';

class World implements AsyncDisposable {
  readonly names: NameServer;
  readonly office = new Sink();
  mailward!: EngineUnderTest;

  private constructor(zone: Zone) {
    this.names = new NameServer(zone);
  }

  static async start(zone: Zone, filters: Record<string, unknown> = {}): Promise<World> {
    const world = new World(zone);
    await world.names.start();
    await world.office.start();
    world.mailward = await EngineUnderTest.start({
      smtp: { hostname: 'mx.example.com' },
      filters: { exempt: [], resolvers: [world.names.address], blocklistZones: [], ...filters },
    });
    await world.mailward.protect('example.com', world.office.port);
    return world;
  }

  async client(): Promise<RawClient> {
    const client = await RawClient.open(this.mailward.engine.smtp?.port ?? 0, '127.0.0.1', CLIENT);
    await client.expect(220);
    await client.command('EHLO mail.example.org', 250);
    return client;
  }

  /** Sends a message; answers Mailward's last reply. */
  async send(content = MESSAGE, from = 'ann@example.org'): Promise<string> {
    await using client = await this.client();
    await client.openData(from, 'bob@example.com');
    client.send(`${content}.\r\n`);
    return (await client.reply()).text;
  }

  async delivered(text: string): Promise<string> {
    await this.mailward.reaches(idIn(text), 'delivered');
    return this.office.arrivals.at(-1)!.content.toString('latin1');
  }

  async page(text: string) {
    return this.mailward.client.messages.get({ id: idIn(text) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mailward[Symbol.asyncDispose]();
    await this.office[Symbol.asyncDispose]();
    await this.names[Symbol.asyncDispose]();
  }
}

const idIn = (text: string) => /id (\w+)/.exec(text)?.[1] ?? text;
const listing: Zone = {
  '2.0.0.127.bl.test': { A: ['127.0.0.2'] },
  '7.7.0.127.bl.test': { A: ['127.0.0.4'], TXT: ['an open proxy'] },
};
const behind = { '_dmarc.example.org': { TXT: ['v=DMARC1; p=reject'] } };
const sanctioned = { 'example.org': { TXT: [`v=spf1 ip4:${CLIENT} -all`] } };
const forged = { 'example.org': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] } };

describe('a client on a blocklist', () => {
  it('is refused at RCPT where that is wanted, but may write to postmaster', async () => {
    await using world = await World.start(listing, { blocklistZones: ['bl.test=4'], blocklists: 'reject' });
    await using client = await world.client();
    await client.command('MAIL FROM:<ann@example.org>', 250);
    const refusal = await client.command('RCPT TO:<bob@example.com>', 550);
    expect(refusal.text).toMatch(/^550 5\.7\.1 Refused: 127\.0\.7\.7 is listed by bl\.test .*an open proxy/);
    await client.command('RCPT TO:<postmaster@example.com>', 250);
    await client.command('DATA', 354);
    client.send(`${MESSAGE}.\r\n`);
    const taken = await client.expect(250);
    await world.delivered(taken.text);
    await client.command('MAIL FROM:<ann@example.org>', 250);
    await client.command('RCPT TO:<bob@example.com>', 550);
    await client.command('QUIT', 221);
    await client.ended;
    const row = await until('the refusal is in the log', async () => {
      const { rows } = await world.mailward.client.messages.list({ states: ['rejected'] });
      return rows[0] ?? null;
    });
    const detail = await world.mailward.client.messages.get({ id: row.id });
    expect(detail.filters.find(({ filter }) => filter === 'blocklists')).toMatchObject({
      result: 'fail',
      action: 'reject',
    });
  });

  it('is quarantined by default: kept, counted apart, released or deleted by an admin', async () => {
    await using world = await World.start(listing, { blocklistZones: ['bl.test=4'] });
    const [first, second] = [await world.send(), await world.send()];
    expect(first).toMatch(/^250 /);
    const page = await world.page(first);
    expect(page).toMatchObject({ state: 'quarantined', hasContent: true, attempts: 0 });
    await until('it is counted', () => world.mailward.engine.overview().domains[0]?.quarantined.count === 2);
    const { client } = world.mailward;
    // Releasing what is held, or the domain's mode, lets nothing out of quarantine.
    await client.domains.setMode({ name: 'example.com', mode: 'hold' });
    await client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await client.queue.release({ domain: 'example.com', states: ['held'] });
    await client.queue.retry({ ids: [idIn(first)] });
    expect((await world.page(first)).state).toBe('quarantined');
    await expect(client.domains.remove({ name: 'example.com' })).rejects.toThrow(/2 messages/);
    expect(world.office.taken).toBe(0);
    expect(await client.queue.release({ ids: [idIn(first)] })).toEqual({ count: 1 });
    expect(await world.delivered(first)).toContain('X-Mailward-Filters: blocklists=fail');
    expect(await client.queue.delete({ domain: 'example.com', states: ['quarantined'] })).toEqual({
      count: 1,
    });
    expect(await world.page(second)).toMatchObject({ state: 'deleted', hasContent: false });
    expect(world.office.taken).toBe(1);
  });
});

describe('authentication', () => {
  it('adds what it found, and takes out what a sender wrote in our name', async () => {
    await using world = await World.start({ ...behind, ...sanctioned });
    const reply = await world.send(
      `Authentication-Results: mx.example.com; dmarc=pass header.from=bank.test\r\nAuthentication-Results: elsewhere.test; none\r\n${MESSAGE}`,
    );
    const content = await world.delivered(reply);
    const [results] = content.split('\r\nReceived:');
    expect(results).toMatch(/^Authentication-Results: mx\.example\.com;\r\n/);
    expect(results).toMatch(/\tspf=pass [\s\S]*smtp\.mailfrom=/);
    expect(results).toMatch(/\tdmarc=pass [\s\S]*header\.from=example\.org/);
    expect(content).not.toContain('bank.test');
    expect(content).toContain(`\r\nAuthentication-Results: elsewhere.test; none\r\n${MESSAGE}`);
  });

  it('does what the domain in From: asks, up to what the settings allow', async () => {
    await using world = await World.start({ ...behind, ...forged }, { dmarc: 'reject' });
    expect(await world.send()).toMatch(
      /^550 5\.7\.1 Refused: DMARC for example\.org says fail, its policy is reject/,
    );
    world.mailward.engine.settings.set({
      ...world.mailward.engine.settings.get(),
      filters: { ...world.mailward.engine.settings.get().filters, dmarc: 'quarantine' },
    });
    expect((await world.page(await world.send())).state).toBe('quarantined');
    // Without a policy, SPF alone is only told.
    const tagged = await world.send('From: eve@none.test\r\n\r\nHello.\r\n');
    const content = await world.delivered(tagged);
    expect(content.replace(/\r\n\t/g, ' ')).toContain('X-Mailward-Filters: reverse-name=fail; spf=fail\r\n');
  });

  it('lets a signed message through that came by another way, and not when it was changed', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const zone = { ...behind, ...forged, 's1._domainkey.example.org': { TXT: [`v=DKIM1; k=rsa; p=${key}`] } };
    await using world = await World.start(zone);
    const signer = {
      signingDomain: 'example.org',
      selector: 's1',
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    };
    const { signatures } = await dkimSign(MESSAGE, { ...signer, signatureData: [signer] });
    const signed = `${signatures.trimEnd()}\r\n${MESSAGE}`;
    expect(await world.delivered(await world.send(signed))).toContain('dkim=pass');
    // The checks know from it with which selector the domain signs; a signature that is not valid tells nothing.
    const since = Date.now() - 60_000;
    await world.send(signed.replace('Hello.', 'Pay here.').replace('s=s1', 's=made-up'));
    const db = await openDatabase(join(world.mailward.dataDir, 'mailward.db'));
    expect(await db.read('selectorsSeen', { domain: 'example.org', since })).toEqual(['s1']);
    expect(await db.read('selectorsSeen', { domain: 'example.net', since })).toEqual([]);
    await db.close();
    const changed = await world.page(await world.send(signed.replace('Hello.', 'Pay here.')));
    expect(changed.state).toBe('quarantined');
    expect(changed.filters).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ filter: 'dkim', result: 'fail' })]) as never,
    );
  });

  it('reads the chain of seals that a mailing list leaves, and says when it is broken', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const zone = { ...sanctioned, 'a1._domainkey.list.test': { TXT: [`v=DKIM1; k=rsa; p=${key}`] } };
    await using world = await World.start(zone);
    const seal = {
      signingDomain: 'list.test',
      selector: 'a1',
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      authResults: 'list.test; spf=pass smtp.mailfrom=example.org',
      cv: 'none' as const,
    };
    const sealed = `${(await sealMessage(MESSAGE, seal)).toString().trimEnd()}\r\n${MESSAGE}`;
    const arc = async (content: string) => {
      const page = await world.page(await world.send(content));
      return page.filters.find(({ filter }) => filter === 'arc')?.result;
    };
    expect(await arc(sealed)).toBe('pass');
    expect(await arc(sealed.replace('Hello.', 'Pay here.'))).toBe('fail');
    expect(await arc(MESSAGE)).toBe('not-applicable');
  });

  it('does not ask again, on the day a bounce is due, what was said when the message came', async () => {
    await using world = await World.start(sanctioned, { reverseName: 'off', dmarc: 'off' });
    const { settings } = world.mailward.engine;
    settings.set({ ...settings.get(), bounces: { ...settings.get().bounces, gatherSeconds: 0 } });
    world.office.temper = { rcpt: () => '550 5.1.1 no such user here' };
    await world.mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const taken = await world.send();
    world.names.asked.length = 0;
    await world.mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    const page = await until('the sender is told', async () => {
      const found = await world.page(taken);
      return found.bounce?.state === 'sent' ? found : null;
    });
    expect(page.state).toBe('refused');
    expect(world.names.asked).toEqual([]);
  });

  it('keeps a message apart that names two authors, which is how DMARC is got round', async () => {
    await using world = await World.start({ ...behind, ...sanctioned });
    const page = await world.page(await world.send(`From: ceo@bank.test\r\n${MESSAGE}`));
    expect(page.state).toBe('quarantined');
    expect(page.filters.find(({ filter }) => filter === 'dmarc')?.evidence).toEqual([
      'the message has more than one From: field',
    ]);
  });

  it('judges nobody by what DNS could not say', async () => {
    await using world = await World.start({ ...behind, 'example.org': 'servfail' }, { dmarc: 'reject' });
    const reply = await world.send();
    await world.delivered(reply);
    const { filters } = await world.page(reply);
    const found = Object.fromEntries(filters.map(({ filter, result }) => [filter, result]));
    expect(found).toMatchObject({ spf: 'could-not-check', dmarc: 'could-not-check' });
  });
});

describe('a checker that is down', () => {
  it('refuses and loses no mail, and is shown', async () => {
    await using world = await World.start(sanctioned, {
      rspamdUrl: 'http://127.0.0.1:1',
      rspamd: 'reject',
      clamavAddress: '127.0.0.1:1',
    });
    const reply = await world.send();
    await world.delivered(reply);
    const { filters } = await world.page(reply);
    expect(filters.filter(({ result }) => result === 'could-not-check').map(({ filter }) => filter)).toEqual([
      'rspamd',
      'clamav',
    ]);
    await until('it is shown', () => world.mailward.engine.overview().filterTroubles.length === 2);
    expect(world.mailward.engine.overview().filterTroubles[0]).toMatchObject({
      filter: 'rspamd',
      skipped: 1,
      words: 'Rspamd at 127.0.0.1:1 cannot be asked: ECONNREFUSED',
    });
  });
});

describe('a large message', () => {
  it('passes through unread, whole, and still without forged results', async () => {
    await using world = await World.start(
      { ...behind, ...forged },
      { contentBytes: 65_536, dmarc: 'reject' },
    );
    const body = `${'x'.repeat(70)}\r\n`.repeat(12_000);
    const reply = await world.send(
      `Authentication-Results: mx.example.com; dmarc=pass\r\nFrom: ann@example.org\r\n\r\n${body}`,
    );
    const content = await world.delivered(reply);
    expect(content.split('\r\n\r\n')[1]).toBe(body);
    expect(content).not.toContain('dmarc=pass');
    const { filters } = await world.page(reply);
    expect(filters.find(({ filter }) => filter === 'dmarc')?.evidence[0]).toContain(
      'larger than 65536 octets',
    );
  });

  it('is refused when its header has no end', async () => {
    await using world = await World.start({}, { contentBytes: 65_536 });
    expect(await world.send(`${`X-Long: ${'x'.repeat(900)}\r\n`.repeat(1300)}\r\nbody\r\n`)).toMatch(
      /^552 5\.3\.4/,
    );
  });
});

describe('limits', () => {
  it('puts off a client with too many messages, and not one of our own network', async () => {
    await using world = await World.start(sanctioned, { messagesPerMinute: 2, exempt: ['127.0.0.1'] });
    await world.send();
    await world.send();
    await using client = await world.client();
    expect((await client.command('MAIL FROM:<ann@example.org>')).text).toMatch(/^450 4\.7\.0/);
    for (let turn = 0; turn < 3; turn++) await world.mailward.send('bob@example.com');
  });

  it('slows a client down that tries addresses', async () => {
    await using world = await World.start({}, { tarpitAfter: 2, tarpitSeconds: 1 });
    await using client = await world.client();
    await client.command('MAIL FROM:<ann@example.org>', 250);
    await client.command('RCPT TO:<a@elsewhere.test>', 550);
    await client.command('RCPT TO:<b@elsewhere.test>', 550);
    const before = performance.now();
    await client.command('RCPT TO:<c@elsewhere.test>', 550);
    expect(performance.now() - before).toBeGreaterThan(900);
  });

  it('asks nothing about clients of our own networks', async () => {
    await using world = await World.start(
      { ...behind, ...forged },
      { exempt: ['127.0.0.0/8'], dmarc: 'reject' },
    );
    const reply = await world.send();
    expect(await world.delivered(reply)).toMatch(/^Received:/);
    expect(world.names.asked).toEqual([]);
    expect((await world.page(reply)).filters).toEqual([]);
  });
});
