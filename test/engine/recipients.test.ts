// Learned recipients, exactly: ten failures in five days, refused for five, and never when it is the server's fault.
import { LabTime } from '../lab/time.ts';
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../shared/settings.ts';
import { RawClient } from '../lab/client.ts';
import { Sink } from '../lab/sink.ts';
import { EngineUnderTest } from './engine-under-test.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const UNKNOWN = (address: string) => `550 5.1.1 <${address}>: Recipient address rejected: User unknown`;
const noQuestions = { recipients: { ...settingsSchema.parse({}).recipients, ask: false } };

/** An engine whose time is ours, and an office that knows some addresses. */
async function office(known: (address: string) => boolean, settings: Record<string, unknown> = noQuestions) {
  const time = new LabTime({ startsAt: Date.UTC(2026, 0, 5), patience: 10 });
  const sink = await new Sink({
    temper: { rcpt: (address) => (known(address) ? null : UNKNOWN(address)) },
  }).start();
  const mailward = await EngineUnderTest.start(settings, { time });
  await mailward.protect('example.com', sink.port);
  return {
    sink,
    mailward,
    pass: (ms: number) => time.pass(ms),
    /** Sends mail that the office's server refuses, and waits until that is on record. */
    async fail(address: string, times = 1) {
      for (let n = 0; n < times; n++) await mailward.reaches(await mailward.send(address), 'refused');
    },
    /** What a sender is told at RCPT. */
    async rcpt(address: string): Promise<string> {
      await using client = await RawClient.greet(mailward.engine.smtp!.port);
      await client.command('MAIL FROM:<ann@example.org>', 250);
      return (await client.command(`RCPT TO:<${address}>`)).text;
    },
    entry: async (address: string) =>
      (await mailward.client.recipients.list({ text: address })).rows.find((row) => row.address === address),
    async [Symbol.asyncDispose]() {
      await mailward[Symbol.asyncDispose]();
      await sink.stop();
    },
  };
}

const REFUSED = '550 5.7.1 <gone@example.com>... too many failures for this recipient';

describe('a recipient that keeps failing', () => {
  it('is listed by the tenth failure in five days, and not by the ninth', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    await at.fail('gone@example.com', 9);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    expect(await at.entry('gone@example.com')).toMatchObject({ state: 'failing', failures: 9 });
    await at.fail('gone@example.com');
    const taken = at.sink.connections;
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
    expect(await at.rcpt('GONE@Example.COM')).toBe(
      '550 5.7.1 <GONE@example.com>... too many failures for this recipient',
    );
    expect(await at.rcpt('"gone"@example.com')).toMatch(/^550 5\.7\.1 /);
    expect(await at.rcpt('bob@example.com')).toMatch(/^250 /);
    expect(at.sink.connections).toBe(taken);
    const [view] = await at.mailward.client.recipients.overview();
    expect(view).toMatchObject({ domain: 'example.com', listed: 1, refused: 3, paused: null });
  });

  it('counts the preceding five days and no more', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    await at.fail('gone@example.com', 5);
    at.pass(4 * DAY);
    await at.fail('gone@example.com', 4);
    at.pass(DAY + 1);
    // The first five are older than five days now.
    await at.fail('gone@example.com', 5);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    await at.fail('gone@example.com');
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
  });

  it('is taken off after five days, and listed again by the failures that follow', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    await at.fail('gone@example.com', 10);
    at.pass(5 * DAY - HOUR);
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
    at.pass(HOUR);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    for (let n = 0; n < 9; n++) {
      at.pass(HOUR / 10);
      await at.fail('gone@example.com');
    }
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    at.pass(HOUR / 10);
    await at.fail('gone@example.com');
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
  });

  it('stays listed over a restart', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    await at.fail('gone@example.com', 10);
    await at.mailward.engine.close();
    await at.mailward.open();
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
    at.pass(5 * DAY);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
  });

  it('is not listed while the server takes it now and then', async () => {
    let known = false;
    await using at = await office((address) => address !== 'gone@example.com' || known);
    for (let n = 0; n < 12; n++) {
      await at.fail('gone@example.com');
      known = true;
      await at.mailward.reaches(await at.mailward.send('gone@example.com'), 'delivered');
      known = false;
    }
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    // Ten more, and none taken between: the rule is what it was.
    await at.fail('gone@example.com', 9);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    await at.fail('gone@example.com');
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
  });

  it('is taken off by a message that the server takes after all', async () => {
    let known = false;
    await using at = await office((address) => address !== 'gone@example.com' || known);
    await at.mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const waiting = await at.mailward.send('gone@example.com');
    await at.mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await at.mailward.reaches(waiting, 'refused');
    await at.fail('gone@example.com', 9);
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
    known = true;
    await at.mailward.client.queue.retry({ ids: [waiting] });
    await at.mailward.reaches(waiting, 'delivered');
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
  });

  it('goes by the settings', async () => {
    await using at = await office((address) => address !== 'gone@example.com', {
      recipients: { ...noQuestions.recipients, failures: 2, windowDays: 1, listingDays: 2 },
    });
    await at.fail('gone@example.com');
    at.pass(DAY + 1);
    await at.fail('gone@example.com');
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    await at.fail('gone@example.com');
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
    at.pass(2 * DAY);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
  });

  it('is never postmaster', async () => {
    await using at = await office(() => false);
    await at.fail('postmaster@example.com', 11);
    expect(await at.rcpt('Postmaster@example.com')).toMatch(/^250 /);
    expect(await at.entry('postmaster@example.com')).toBeUndefined();
  });
});

describe('what does not count', () => {
  it.each([
    ['relay denied', '554 5.7.1 <gone@example.com>: Relay access denied'],
    ['a full mailbox', '552 5.2.2 Mailbox full'],
    ['a temporary failure', '450 4.1.1 <gone@example.com>: Recipient address rejected: User unknown'],
    ['a blocklist', '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example.org'],
    ['what another relay learned', '550 5.7.1 <gone@example.com>... too many failures for this recipient'],
  ])('%s', async (_name, words) => {
    await using at = await office(() => true, {
      recipients: { ...noQuestions.recipients, failures: 1 },
    });
    at.sink.temper.rcpt = () => words;
    await at.mailward.tried(await at.mailward.send('gone@example.com'), 1);
    expect(await at.entry('gone@example.com')).toBeUndefined();
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
  });

  it.each([
    [
      'the sender’s domain',
      '550-Requested action not taken: mailbox unavailable\r\n550 invalid DNS MX or A/AAAA resource record',
    ],
    [
      'a policy',
      '550-Requested action not taken: mailbox unavailable\r\n550 Reject due to policy restrictions.',
    ],
    ['an account that may not send', '550 5.7.1 Message sending for this account is disabled'],
  ])('ten junk messages, refused for %s though the words name a mailbox', async (_name, words) => {
    await using at = await office(() => true);
    at.sink.temper.rcpt = () => words;
    await at.fail('ann@example.com', 5);
    at.sink.temper.rcpt = () => null;
    at.sink.temper.data = () => words;
    await at.fail('ann@example.com', 5);
    expect(await at.entry('ann@example.com')).toBeUndefined();
    expect(await at.rcpt('ann@example.com')).toMatch(/^250 /);
    at.sink.temper.data = () => null;
    await at.mailward.reaches(await at.mailward.send('ann@example.com'), 'delivered');
  });

  it('a refusal of the sender, in whatever words: no recipient was named yet', async () => {
    await using at = await office(() => true, { recipients: { ...noQuestions.recipients, failures: 1 } });
    at.sink.temper.mail = () => '550 5.1.1 User unknown';
    const sent = await at.mailward.send('ann@example.com');
    expect(await at.mailward.reaches(sent, 'refused')).toMatchObject({ cause: 'sender-rejected' });
    expect(await at.entry('ann@example.com')).toBeUndefined();
    expect(await at.rcpt('ann@example.com')).toMatch(/^250 /);
  });

  it('a refusal of a message to several, which is nobody’s in particular', async () => {
    await using at = await office(() => true, { recipients: { ...noQuestions.recipients, failures: 1 } });
    at.sink.temper.data = () => '550 5.1.1 User unknown';
    await at.mailward.reaches(await at.mailward.send(['a@example.com', 'b@example.com']), 'refused');
    expect((await at.mailward.client.recipients.list({})).rows).toEqual([]);
  });
});

describe('a server that refuses everybody', () => {
  it('teaches nothing, and takes back what it taught within the hour', async () => {
    await using at = await office(() => false);
    for (let round = 0; round < 11; round++)
      for (const name of ['ann', 'bob', 'cleo', 'dan', 'eve']) await at.fail(`${name}@example.com`);
    expect(await at.mailward.client.recipients.list({})).toMatchObject({ rows: [] });
    expect(await at.rcpt('ann@example.com')).toMatch(/^250 /);
    const [view] = await at.mailward.client.recipients.overview();
    expect(view?.paused).toMatch(/^Most recipients of example\.com are refused at once/);
  });

  it('is known by two recipients that it used to take, however little mail there is', async () => {
    let broken = false;
    await using at = await office((address) => !broken && address !== 'gone@example.com');
    await at.mailward.reaches(await at.mailward.send('ann@example.com'), 'delivered');
    await at.mailward.reaches(await at.mailward.send('bob@example.com'), 'delivered');
    at.pass(3 * DAY);
    broken = true;
    for (let round = 0; round < 10; round++) {
      at.pass(HOUR);
      await at.fail('ann@example.com');
      await at.fail('bob@example.com');
    }
    expect(await at.entry('ann@example.com')).toBeUndefined();
    expect(await at.entry('bob@example.com')).toBeUndefined();
  });

  it('does not hide that one recipient left while the others stay', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    for (const name of ['ann', 'bob', 'cleo'])
      await at.mailward.reaches(await at.mailward.send(`${name}@example.com`), 'delivered');
    await at.fail('gone@example.com', 10);
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
  });
});

describe('what an admin says', () => {
  it('allows an address for ever', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    await at.fail('gone@example.com', 10);
    await at.mailward.client.recipients.allow({ addresses: ['Gone@example.com'] });
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    await at.fail('gone@example.com', 11);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    await at.mailward.engine.close();
    await at.mailward.open();
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    expect(await at.entry('gone@example.com')).toMatchObject({
      state: 'allowed',
      origin: 'admin',
      until: null,
    });
  });

  it('forgets an address, which then starts anew', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    await at.fail('gone@example.com', 10);
    expect(await at.mailward.client.recipients.forget({ addresses: ['gone@example.com'] })).toEqual({
      count: 1,
    });
    expect(await at.mailward.client.recipients.forget({ addresses: ['gone@example.com'] })).toEqual({
      count: 0,
    });
    await at.fail('gone@example.com', 9);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    await at.fail('gone@example.com');
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
  });

  it('exports what can be imported again', async () => {
    await using at = await office((address) => address !== 'gone@example.com');
    const { recipients } = at.mailward.client;
    await at.fail('gone@example.com', 10);
    await recipients.allow({ addresses: ['ann@example.com', '"a,b"@example.com'] });
    at.pass(DAY);
    const { csv, count } = await recipients.export({});
    expect(count).toBe(3);
    expect(csv.split('\r\n')[0]).toBe('address,state,since,until,failures,last_failure,origin,last_reply');
    await recipients.forget({ addresses: ['gone@example.com', 'ann@example.com', '"a,b"@example.com'] });
    expect(await recipients.import({ csv })).toEqual({ listed: 1, allowed: 2, skipped: 0 });
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
    expect(await at.entry('"a,b"@example.com')).toMatchObject({ state: 'allowed' });
    // The time left is what it was.
    at.pass(4 * DAY);
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
  });

  it('exports nothing that a spreadsheet takes for a formula, and reads all of it back as it was', async () => {
    const reply = '550 5.1.1 unknown;=1+1';
    await using at = await office(() => true);
    at.sink.temper.rcpt = (address) => (address === 'gone@example.com' ? reply : null);
    const { recipients } = at.mailward.client;
    await at.fail('gone@example.com', 10);
    const names = ['=1+1', '+a', '-2', "'=b", "''=c", "'d", '"x;=1+1"'];
    const addresses = names.map((name) => `${name}@example.com`);
    await recipients.allow({ addresses });
    const { csv } = await recipients.export({});
    const lines = csv.split('\r\n');
    const cells = lines.map((line) => /^(?:"(?:[^"]|"")*"|[^,]*)/.exec(line)?.[0]);
    expect(cells.slice(1, -1).sort()).toEqual(
      [
        "'=1+1@example.com",
        "'+a@example.com",
        "'-2@example.com",
        "''=b@example.com",
        "'''=c@example.com",
        "'d@example.com",
        '"""x;\'=1+1""@example.com"',
        'gone@example.com',
      ].sort(),
    );
    // Where lists are separated by semicolons, our quotes are letters in the middle of a cell.
    expect(lines.flatMap((line) => line.split(';')).filter((cell) => /^\s*[=+@-]/.test(cell))).toEqual([]);
    await recipients.forget({ addresses: [...addresses, 'gone@example.com'] });
    expect(await recipients.import({ csv })).toEqual({ listed: 1, allowed: addresses.length, skipped: 0 });
    const { rows } = await recipients.list({ state: 'allowed' });
    expect(rows.map(({ address }) => address).sort()).toEqual([...addresses].sort());
  });

  it('imports rows with empty cells, each cell under its heading', async () => {
    await using at = await office(() => true);
    const { recipients } = at.mailward.client;
    const csv = 'note,address,empty,state\r\n,ann@example.com,,allowed\r\n"",bob@example.com,"",listed\r\n';
    expect(await recipients.import({ csv })).toEqual({ listed: 1, allowed: 1, skipped: 0 });
    expect(await at.entry('ann@example.com')).toMatchObject({ state: 'allowed' });
  });

  it('imports all of a file or nothing, and says which line is wrong', async () => {
    await using at = await office(() => true);
    const { recipients } = at.mailward.client;
    const wrong = 'address,state\r\ngone@example.com,listed\r\nbob@elsewhere.example,listed\r\n';
    await expect(recipients.import({ csv: wrong })).rejects.toThrow(
      /^line 3: elsewhere\.example is not a domain/,
    );
    await expect(recipients.import({ csv: 'gone@example.com,perhaps' })).rejects.toThrow(
      /^line 1: "perhaps"/,
    );
    expect(await at.rcpt('gone@example.com')).toMatch(/^250 /);
    expect(await recipients.import({ csv: 'gone@example.com\n' })).toEqual({
      listed: 1,
      allowed: 0,
      skipped: 0,
    });
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
  });

  it('lists page by page', async () => {
    await using at = await office(() => true);
    const { recipients } = at.mailward.client;
    const addresses = Array.from({ length: 25 }, (_, n) => `user${String(n).padStart(2, '0')}@example.com`);
    await recipients.allow({ addresses });
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await recipients.list({ limit: 10, domain: 'example.com', ...(after ? { after } : {}) });
      seen.push(...page.rows.map((row) => row.address));
      after = page.rows.at(-1)?.address;
      if (!page.more) break;
    }
    expect(seen).toEqual(addresses);
    expect((await recipients.list({ state: 'listed' })).rows).toEqual([]);
  });
});

describe('a report of the office’s own server', () => {
  const dsn = (recipient: string, status: string) =>
    [
      'From: MAILER-DAEMON@mail.office.example',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mail.office.example',
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      'Action: failed',
      `Status: ${status}`,
      '',
      '--b--',
      '',
    ].join('\r\n');

  it('counts like a refusal, when it comes from that server', async () => {
    await using at = await office(() => true, { recipients: { ...noQuestions.recipients, failures: 2 } });
    const report = async (status: string) =>
      at.mailward.reaches(
        await at.mailward.send('ann@example.com', dsn('gone@example.com', status), ''),
        'delivered',
      );
    await report('5.2.2');
    await report('4.1.1');
    expect(await at.entry('gone@example.com')).toBeUndefined();
    await report('5.1.1');
    await report('5.1.1');
    expect(await at.rcpt('gone@example.com')).toBe(REFUSED);
  });

  it('counts for nothing when it comes from anybody else', async () => {
    await using at = await office(() => true, { recipients: { ...noQuestions.recipients, failures: 1 } });
    await at.mailward.client.domains.add({
      name: 'other.example',
      route: [{ host: '127.0.0.9', port: 25, tls: 'opportunistic', sourceAddress: null }],
    });
    await at.mailward.send('ann@example.com', dsn('gone@other.example', '5.1.1'), '');
    await at.mailward.send('ann@example.com', dsn('gone@unprotected.example', '5.1.1'), '');
    expect((await at.mailward.client.recipients.list({})).rows).toEqual([]);
  });
});
