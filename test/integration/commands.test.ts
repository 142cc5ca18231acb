// The command line on a data folder, once with a service running on it and once without: same words, same answers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { domainSchema } from '../../shared/domain.ts';
import { messageDetailSchema, messageSummarySchema } from '../../shared/message.ts';
import type { MessageSummary } from '../../shared/message.ts';
import { overviewSchema } from '../../shared/overview.ts';
import { RawClient } from '../lab/client.ts';
import { NameServer } from '../lab/dns.ts';
import { Service, mailward } from '../lab/mailward.ts';
import { freePort } from '../lab/ports.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

async function send(service: Service, to: string, subject: string): Promise<void> {
  await using client = await RawClient.greet(service.smtpPort);
  await client.openData('anna@example.net', to);
  client.send(`Subject: ${subject}\r\n\r\nhello\r\n.\r\n`);
  await client.expect(250);
}

async function queue(service: Service): Promise<MessageSummary[]> {
  return (await service.json<unknown>('queue', 'list')).map((row) => messageSummarySchema.parse(row));
}

describe.each([
  ['with a service running', true],
  ['on a folder that nobody has open', false],
])('domain, %s', (_, isRunning) => {
  let service: Service;

  beforeAll(async () => {
    service = await Service.start();
    if (!isRunning) await service.stop();
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it('add, show, list, mode and remove do what they say', async () => {
    const added = await service.command('domain', 'add', 'Example.COM.', '--route', 'mail.office.example');
    expect(added).toMatchObject({ status: 0, stderr: '' });
    expect(added.stdout).toContain('example.com');
    await service.json('domain', 'add', 'bücher.example', '--route', '[::1]:2526');

    const domains = (await service.json<unknown>('domain', 'list')).map((each) => domainSchema.parse(each));
    expect(domains.map(({ name, route }) => [name, route[0]?.host, route[0]?.port])).toEqual(
      expect.arrayContaining([
        ['example.com', 'mail.office.example', 25],
        ['xn--bcher-kva.example', '::1', 2526],
      ]),
    );
    const [shown] = await service.json<unknown>('domain', 'show', 'example.com');
    expect(domainSchema.parse(shown).mode.name).toBe('deliver');
    expect((await service.command('domain', 'show', 'example.com')).stdout).toContain('mail.office.example');

    await service.json('domain', 'mode', 'example.com', 'hold');
    const [held] = await service.json<unknown>('domain', 'show', 'example.com');
    expect(domainSchema.parse(held).mode.name).toBe('hold');

    expect((await service.command('domain', 'remove', 'example.com')).status).toBe(0);
    expect((await service.json('domain', 'list')).length).toBe(1);
  });

  it('says what is wrong in one line, with an exit status that says whose fault it is', async () => {
    await service.json('domain', 'add', 'twice.example', '--route', '127.0.0.1:2526');
    const cases: [string[], number][] = [
      [['domain', 'add', 'twice.example', '--route', '127.0.0.1:2526'], 1],
      [['domain', 'show', 'nowhere.example'], 1],
      [['domain', 'remove', 'nowhere.example'], 1],
      [['domain', 'mode', 'twice.example', 'sideways'], 2],
      [['domain', 'add', 'not a domain', '--route', '127.0.0.1:2526'], 2],
      // Its MX cannot be read here, and so says no route.
      [['domain', 'add', 'noroute.example'], 3],
      [['domain', 'add', 'badport.example', '--route', '127.0.0.1:99999'], 2],
      [['frobnicate'], 2],
      [['domain', 'frobnicate'], 2],
      [['queue', 'show', 'no-such-id'], 2],
      [['queue', 'show', 'ABC123'], 1],
    ];
    for (const [args, status] of cases) {
      const result = await service.command(...args);
      expect({ args, ...result }).toMatchObject({ args, status, stdout: '' });
      expect(result.stderr).toMatch(/\S/);
      expect(result.stderr).not.toMatch(/\bat .*:\d+:\d+/);
    }
  });
});

describe('queue', () => {
  it('list, show, hold, release, delete, retry and export work on mail that waits', async () => {
    await using sink = await new Sink().start();
    await sink.stop();
    await using service = await Service.start({ settings: { delivery: { retrySeconds: [3600] } } });
    await service.addDomain('example.com', sink.route);
    for (const name of ['keep', 'drop', 'park']) await send(service, `${name}@example.com`, name);
    const rows = await until('the three do not wait', async () => {
      const found = await queue(service);
      return found.length === 3 && found.every(({ attempts }) => attempts > 0) && found;
    });
    const id = (subject: string) => rows.find((row) => row.subject === subject)!.id;
    expect((await service.command('queue', 'list')).stdout).toMatch(/keep@example\.com/);

    const [shown] = await service.json<unknown>('queue', 'show', id('keep'));
    expect(messageDetailSchema.parse(shown)).toMatchObject({ sender: 'anna@example.net', state: 'queued' });
    const exported = await service.command('queue', 'export', id('keep'));
    expect(exported.stdout).toMatch(
      /^Received: from client\.example[^]*\r?\nSubject: keep\r?\n\r?\nhello\r?\n$/,
    );

    await service.json('queue', 'hold', id('park'));
    await service.json('queue', 'delete', id('drop'));
    expect((await queue(service)).map(({ subject, state }) => `${subject} ${state}`).sort()).toEqual([
      'keep queued',
      'park held',
    ]);

    await sink.start();
    await service.json('queue', 'retry', id('keep'));
    await until('the retried one does not arrive', () => sink.arrivals.length === 1);
    expect(sink.arrivals[0]?.recipients).toEqual(['keep@example.com']);
    await service.json('queue', 'release', id('park'));
    await until('the released one does not arrive', () => sink.arrivals.length === 2);
    expect(sink.arrivals[1]?.recipients).toEqual(['park@example.com']);
    await until('the queue does not get empty', async () => (await queue(service)).length === 0);
    expect((await service.command('queue', 'retry', 'no-such-id')).status).toBe(2);
    expect((await service.command('queue', 'retry', 'ABC123')).status).toBe(1);
  });

  it('says of a domain whose mail is released that some is in quarantine, and means it only when told', async () => {
    await using names = new NameServer({
      '2.0.0.127.bl.test': { A: ['127.0.0.2'] },
      '7.7.0.127.bl.test': { A: ['127.0.0.4'] },
    });
    await names.start();
    const filters = { exempt: [], resolvers: [names.address], blocklistZones: ['bl.test=4'] };
    await using service = await Service.start({ settings: { filters } });
    await service.addDomain('example.com', '127.0.0.1:1');
    // Loopback, but not the address that blocklists use as a test point.
    await using client = await RawClient.open(service.smtpPort, '127.0.0.1', '127.0.7.7');
    await client.expect(220);
    await client.command('EHLO mail.example.net', 250);
    await client.openData('anna@example.net', 'bob@example.com');
    client.send('Subject: spam\r\n\r\nhello\r\n.\r\n');
    await client.expect(250);
    const release = async (...more: string[]) =>
      (await service.command('queue', 'release', '--domain', 'example.com', ...more)).stdout;
    expect(await release()).toMatch(
      /^0 messages released\.\n1 message is in quarantine: .* release --domain example\.com --quarantined/,
    );
    expect((await service.command('queue', 'list')).stdout).toMatch(
      /^Nothing waits\.\n1 message is in quarantine: mailward queue list --state quarantined\n$/,
    );
    expect(await release('--quarantined')).toBe('1 message released.\n');
    expect(await release()).toMatch(/^0 messages released\.\n1 message is not held.*queue retry/);
  });

  it('can be worked on while no service runs, and the next start acts on it', async () => {
    await using sink = await new Sink().start();
    await sink.stop();
    await using service = await Service.start();
    await service.addDomain('example.com', sink.route);
    for (const name of ['keep', 'drop', 'park']) await send(service, `${name}@example.com`, name);
    await service.stop();
    const rows = await queue(service);
    const id = (subject: string) => rows.find((row) => row.subject === subject)!.id;
    await service.json('queue', 'delete', id('drop'));
    await service.json('queue', 'hold', id('park'));
    await sink.start();
    await service.start();
    await until('the first does not arrive', () => sink.arrivals.length === 1);
    expect(sink.arrivals[0]?.recipients).toEqual(['keep@example.com']);
    expect((await queue(service)).map(({ subject, state }) => `${subject} ${state}`)).toEqual(['park held']);
  });

  it('a domain on hold keeps its mail until told, and is not removed while it has some', async () => {
    await using sink = await new Sink().start();
    await using service = await Service.start();
    await service.addDomain('example.com', sink.route);
    await service.json('domain', 'mode', 'example.com', 'hold');
    await send(service, 'office@example.com', 'held');
    expect(await queue(service)).toMatchObject([{ state: 'held' }]);
    expect((await service.command('domain', 'remove', 'example.com')).status).toBe(1);
    await service.json('domain', 'mode', 'example.com', 'deliver');
    await until('it does not arrive', () => sink.arrivals.length === 1);
  });
});

describe('status', () => {
  it('gives the overview, with exit status 0 when all is well and 1 when there is a problem', async () => {
    await using sink = await new Sink().start();
    await using service = await Service.start();
    await service.addDomain('example.com', sink.route);
    await send(service, 'office@example.com', 'fine');
    await until('it does not arrive', () => sink.arrivals.length === 1);
    // The overview follows what happens within a second; then it says the same to whoever asks.
    const fine = await until('the overview does not follow', async () => {
      const [overview] = await service.json<unknown>('status');
      return overviewSchema.parse(overview).sentence === 'Mail for example.com is flowing.' && overview;
    });
    expect(overviewSchema.parse(fine)).toMatchObject({
      listener: { listening: true, port: service.smtpPort },
    });
    const words = await service.command('status');
    expect(words.status).toBe(0);
    expect(words.stdout).toContain(overviewSchema.parse(fine).sentence);

    await sink.stop();
    await send(service, 'office@example.com', 'stuck');
    await until('the problem is not reported', async () => (await service.command('status')).status === 1);
    const problem = await service.command('status', '--json');
    expect(overviewSchema.parse(JSON.parse(problem.stdout)).domains[0]?.outbound).toMatchObject({
      cause: 'connection-failed',
    });
  });

  it('of a folder that cannot be opened could not be checked: exit status 3', async () => {
    expect((await mailward(['status', '--data', '/sys/mailward'])).status).toBe(3);
  });
});

describe('a data folder', () => {
  it('is taken from MAILWARD_DATA when --data is not given', async () => {
    using folder = scratch('environment');
    const dataDir = join(folder.path, 'data');
    const env = { MAILWARD_DATA: dataDir };
    const port = await freePort();
    await mailward(['domain', 'add', 'example.com', '--route', `127.0.0.1:${port}`], { env });
    const listed = await mailward(['domain', 'list', '--json', '--data', dataDir]);
    expect(domainSchema.parse(JSON.parse(listed.stdout)).name).toBe('example.com');
  });

  it('tells no secret on the command line and keeps its token from others', async () => {
    await using service = await Service.start();
    const token = new URL(service.ui).hash.replace(/^#token=/, '');
    expect(token.length).toBeGreaterThanOrEqual(32);
    const commandLine = readFileSync(`/proc/${service.pid}/cmdline`, 'utf8');
    expect(commandLine).not.toContain(token);
  });
});
