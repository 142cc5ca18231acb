// Mail that Mailward holds by itself, on the command line: who ends that and when, and what an action left alone and why.
import { expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

it('mail of a domain whose server denies it: told as held until the server takes it, by status, list, page and every action', async () => {
  await using office = await new Sink().start();
  office.temper.rcpt = () => '554 5.7.1 <bob@example.com>: Relay access denied';
  await using service = await Service.start({
    settings: { delivery: { retrySeconds: [3600] }, autoHold: { deniedMessages: 2, testSeconds: 3600 } },
  });
  await service.addDomain('example.com', office.route);
  for (const to of ['bob', 'eve']) {
    await using sender = await RawClient.greet(service.smtpPort);
    await sender.openData('anna@example.net', `${to}@example.com`);
    sender.send(`Subject: ${to}\r\n\r\nhello\r\n.\r\n`);
    await sender.expect(250);
  }
  const { client, close } = await service.client();
  const held = await until('the mail is not held', async () => {
    const { rows } = await client.messages.list({ states: ['held'] });
    return rows.length === 2 && rows;
  });
  const say = (...args: string[]) => service.command(...args);
  const ends =
    'until your server takes mail for example.com again; then it goes out by itself; sooner: mailward domain mode example.com deliver';

  const status = await say('status');
  expect(status.status).toBe(1);
  expect(status.stdout).toMatch(
    /^Since 2\d{3}-.* all mail of example\.com is held by Mailward itself \(.*Relay access denied/m,
  );
  expect(status.stdout).toContain(ends);

  const list = (await say('queue', 'list')).stdout;
  expect(list.match(/held \(until the server takes it\)/g)?.length).toBe(2);
  expect(list).toContain(ends);

  const [one, other] = held.map(({ id }) => id);
  const page = (await say('queue', 'show', one ?? '')).stdout;
  expect(page).toMatch(/\n {10}since 2\d{3}-.*: all mail of example\.com is held by Mailward itself/);
  expect(page).toContain(ends);
  expect(`${status.stdout}${list}${page}`).not.toMatch(/until you (?:release|let)|queue release/);

  const retry = await say('queue', 'retry', '--domain', 'example.com');
  expect(retry.stdout).toMatch(
    /^0 messages will be tried now\.\n2 messages are held: all mail of example\.com/,
  );
  const release = await say('queue', 'release', one ?? '');
  expect([release.status, release.stdout]).toEqual([
    1,
    expect.stringMatching(/^0 messages released\.\n.* is held: all/),
  ]);
  expect(release.stdout).toContain('mailward domain mode example.com deliver');
  await say('queue', 'hold', other ?? '');
  expect((await say('queue', 'hold', other ?? '')).stdout).toMatch(/^0 messages held.*\n.* is held by hand/);

  close();
  await service.stop();
  const show = (await say('domain', 'show', 'example.com')).stdout;
  expect(show).toContain('for that Mailward must run, and it is not running');
  office.temper.rcpt = () => null;
  const deliver = (await say('domain', 'mode', 'example.com', 'deliver')).stdout;
  expect(deliver).toMatch(/^Mail for example\.com will be taken and delivered to .* when Mailward runs\.\n/);
  expect(deliver).toContain(
    '1 message is held by hand, until you release it: mailward queue release --domain example.com',
  );
  expect(deliver).toContain('Mailward is not running on');
  expect((await say('queue', 'release', other ?? '')).stdout).toBe(
    '1 message released, to go out as soon as Mailward runs.\n',
  );
  await service.start();
  await until('they do not arrive', () => office.arrivals.length === 2);
});
