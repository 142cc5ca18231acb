// Mail rerouted from the command line, to a real Postfix, across a `kill -9`.
import { describe, expect, it } from 'vitest';
import { messageDetailSchema, messageSummarySchema } from '../../shared/message.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { Postfix } from '../lab/postfix.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

async function send(service: Service, to: string): Promise<void> {
  await using client = await RawClient.greet(service.smtpPort);
  await client.openData('anna@example.net', to);
  client.send(`Subject: for ${to}\r\n\r\nhello\r\n.\r\n`);
  await client.expect(250);
}

describe('queue reroute', () => {
  it('says where, why and since when, outlives the process, and arrives at the other server alone', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    await using spare = await Postfix.prepare({ domains: ['example.com'], mailboxes: 'any' });
    await using service = await Service.start();
    await service.addDomain('example.com', office.route);
    await send(service, 'one@example.com');
    await send(service, 'two@example.com');
    const list = async () =>
      (await service.json<unknown>('queue', 'list')).map((row) => messageSummarySchema.parse(row));
    const rows = await until('both to be put off', async () => {
      const present = await list();
      return present.length === 2 && present.every(({ attempts }) => attempts > 0) ? present : null;
    });
    const [id = ''] = rows
      .filter(({ recipients }) => recipients[0] === 'one@example.com')
      .map((row) => row.id);

    const sent = await service.command(
      'queue',
      'reroute',
      id,
      '--to',
      `${spare.route},tls=none`,
      '--reason',
      'disk full',
    );
    expect(sent).toMatchObject({ status: 0, stdout: `1 message on the way to ${spare.route}.\n` });
    await until('it to be tried there', async () => {
      const [detail] = await service.json<unknown>('queue', 'show', id);
      return (messageDetailSchema.parse(detail).allRecipients[0]?.reroute?.attempts ?? 0) > 0;
    });
    const shown = await service.command('queue', 'show', id);
    expect(shown.stdout).toContain(`being sent by way of ${spare.route} (TLS none)`);
    expect(shown.stdout).toMatch(/since \d{4}-.*: disk full/);
    expect(shown.stdout).toMatch(/next attempt there \d{4}-/);
    expect((await service.command('queue', 'list')).stdout).toContain(`held (by way of ${spare.route})`);

    await service.kill();
    await spare.start();
    await service.start();
    // It may have gone by itself by now.
    await service.command('queue', 'retry', id);
    const [stored] = await spare.delivered('one@example.com');
    expect(String(stored)).toContain('Subject: for one@example.com');
    expect(spare.mailbox('two@example.com')).toEqual([]);
    expect(office.taken).toBe(0);
    expect((await list()).map(({ state, via }) => [state, via])).toEqual([['queued', undefined]]);
  });

  it('takes a whole domain, and refuses what makes no sense', async () => {
    await using office = await new Sink().start();
    await using spare = await new Sink().start();
    await using service = await Service.start();
    await service.addDomain('example.com', office.route);
    await service.json('domain', 'mode', 'example.com', 'hold');
    await send(service, 'one@example.com');
    await send(service, 'two@example.com');
    const wrong: [string[], number, RegExp][] = [
      [['--to', spare.route], 2, /say which/],
      [['ABC123', '--to', spare.route, '--state', 'held'], 2, /--state goes with --domain/],
      [['ABC123', '--to', spare.route], 1, /no message ABC123/],
      [['--domain', 'example.com', '--to', `127.0.0.1:${service.smtpPort}`], 1, /Mailward itself/],
    ];
    for (const [args, status, words] of wrong) {
      const result = await service.command('queue', 'reroute', ...args);
      expect({ args, status: result.status }).toEqual({ args, status });
      expect(result.stderr).toMatch(words);
    }
    const queued = await service.json(
      'queue',
      'reroute',
      '--domain',
      'example.com',
      '--to',
      spare.route,
      '--state',
      'queued',
    );
    expect(queued).toEqual([{ count: 0 }]);
    const all = await service.json('queue', 'reroute', '--domain', 'example.com', '--to', spare.route);
    expect(all).toEqual([{ count: 2 }]);
    await until('both to arrive', () => spare.taken === 2);
    expect(office.taken).toBe(0);
  });
});
