// Who is told of mail that could not be delivered: real senders, once; nobody else, ever.
import { generateKeyPairSync } from 'node:crypto';
import { dkimSign } from 'mailauth';
import { describe, expect, it, vi } from 'vitest';
import type { MessageDetail } from '../../shared/message.ts';
import { settingsSchema } from '../../shared/settings.ts';
import { recognise } from '../../src-main/relay/mail/bounces.ts';
import { Deposit } from '../../src-main/relay/spool/spool.ts';
import { RawClient } from '../lab/client.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { zone, type Records } from '../lab/zone.ts';
import { EngineUnderTest } from './engine-under-test.ts';

const UNKNOWN = '550 5.1.1 <gone@example.com>: Recipient address rejected: User unknown';
const { recipients, bounces, smtp, delivery } = settingsSchema.parse({});
const LETTER =
  'From: ann@sender.example\r\nMessage-ID: <m1@sender.example>\r\nSubject: Lunch\r\n\r\nHello.\r\n';
/** The sender's domain as it should be: it says who sends its mail, and where its mail goes. */
const healthy: Records = {
  'sender.example TXT': [['v=spf1 ip4:127.0.0.1 -all']],
  'sender.example MX': [{ exchange: 'mx.sender.example', priority: 10 }],
  'mx.sender.example A': ['127.0.0.1'],
};

async function scene(records: Records, settings: Record<string, unknown> = {}) {
  const office = await new Sink({
    temper: { rcpt: (address) => (address.startsWith('gone') ? UNKNOWN : null) },
  }).start();
  const world = await new Sink().start();
  const mailward = await EngineUnderTest.start(
    {
      smtp: { ...smtp, hostname: 'relay.example.com' },
      recipients: { ...recipients, ask: false },
      bounces: { ...bounces, gatherSeconds: 0 },
      ...settings,
    },
    { resolve: zone(records), smtpPort: world.port, allowInner: true },
  );
  await mailward.protect('example.com', office.port);
  return {
    office,
    world,
    mailward,
    /** Waits until it is decided what the sender is told. */
    decided: (id: string): Promise<MessageDetail> =>
      until(`it to be decided what the sender of ${id} is told`, async () => {
        const detail = await mailward.client.messages.get({ id });
        return detail.bounce !== null && detail.bounce.state !== 'due' ? detail : null;
      }),
    arrival: (sink: Sink) => until('a bounce to arrive', () => sink.arrivals[0] ?? null),
    async [Symbol.asyncDispose]() {
      await mailward[Symbol.asyncDispose]();
      await office.stop();
      await world.stop();
    },
  };
}

describe('a sender shown to be real', () => {
  it('by SPF gets one bounce by way of its MX, as RFC 3464 has it', async () => {
    await using at = await scene(healthy);
    const id = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    const bounce = await at.arrival(at.world);
    expect(bounce).toMatchObject({ sender: '', recipients: ['ann@sender.example'] });
    const text = bounce.content.toString('utf8');
    expect(text).toMatch(/^Auto-Submitted: auto-replied\r$/m);
    expect(text).toMatch(/^From: .*<MAILER-DAEMON@relay\.example\.com>\r$/m);
    expect(text).toMatch(/^In-Reply-To: <m1@sender\.example>\r$/m);
    expect(text).toMatch(/^Reporting-MTA: dns; relay\.example\.com\r$/m);
    expect(text).toMatch(/^Diagnostic-Code: smtp; 550 5\.1\.1 <gone@example\.com>: Recipient/m);
    expect(text).toMatch(/^Content-Type: text\/rfc822-headers\r[^]*^Subject: Lunch\r$/m);
    expect(text).not.toContain('Hello.');
    // Whoever reads it by the standard reads what happened.
    expect(recognise('', bounce.content)).toMatchObject({
      kind: 'bounce',
      recipient: 'gone@example.com',
      status: '5.1.1',
      action: 'failed',
    });
    const detail = await at.decided(id);
    expect(detail).toMatchObject({
      state: 'refused',
      hasContent: true,
      bounce: { state: 'sent', reason: 'spf' },
    });
    const made = await at.mailward.reaches(detail.bounce!.bounceId!, 'delivered');
    expect(made).toMatchObject({ sender: '', domains: ['sender.example'] });
    const [view] = await at.mailward.client.recipients.overview();
    expect(view?.bounces).toEqual({ sent: 1, suppressed: 0 });
  });

  it('by an aligned DKIM signature', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const how = {
      signingDomain: 'mail.sender.example',
      selector: 's1',
      privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    };
    // Its types ask for the one, its code for the other.
    const { signatures } = await dkimSign(LETTER, { ...how, signatureData: [how] });
    await using at = await scene({
      ...healthy,
      'sender.example TXT': [['v=spf1 -all']],
      's1._domainkey.mail.sender.example TXT': [[`v=DKIM1; k=rsa; p=${key}`]],
    });
    const id = await at.mailward.send('gone@example.com', signatures + LETTER, 'ann@sender.example');
    expect((await at.decided(id)).bounce).toMatchObject({ state: 'sent', reason: 'dkim' });
    await at.arrival(at.world);
    // The same signature shows nothing for another domain's sender, nor for another text.
    const other = await at.mailward.send('gone@example.com', signatures + LETTER, 'ann@victim.example');
    expect((await at.decided(other)).bounce).toMatchObject({ state: 'suppressed', reason: 'not-authentic' });
    const changed = signatures + LETTER.replace('Hello', 'Buy');
    const forged = await at.mailward.send('gone@example.com', changed, 'ann@sender.example');
    expect((await at.decided(forged)).bounce).toMatchObject({ state: 'suppressed', reason: 'not-authentic' });
  });

  it('is one of a protected domain, whose own server gets the bounce', async () => {
    await using at = await scene({});
    const id = await at.mailward.send('gone@example.com', LETTER, 'bob@example.com');
    expect(await at.arrival(at.office)).toMatchObject({ sender: '', recipients: ['bob@example.com'] });
    expect((await at.decided(id)).bounce).toMatchObject({ state: 'sent', reason: 'own-domain' });
  });

  it('is told when mail expires', async () => {
    await using at = await scene(healthy, { delivery: { ...delivery, retrySeconds: [1] } });
    at.office.temper.rcpt = () => '450 4.2.0 later';
    const id = await at.mailward.send('late@example.com', LETTER, 'ann@sender.example');
    await at.mailward.tried(id, 1);
    // What was queued six days ago, as far as the spool knows.
    await at.mailward.engine.close();
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(`${at.mailward.dataDir}/mailward.db`);
    db.exec(`UPDATE recipient SET queued_since = queued_since - ${6 * 86_400_000}`);
    db.close();
    await at.mailward.open();
    const text = (await at.arrival(at.world)).content.toString('utf8');
    expect(text).toMatch(/^Status: 5\.4\.7\r$/m);
    expect((await at.decided(id)).state).toBe('expired');
  });
});

describe('one message, one bounce', () => {
  it('names all that failed while it was waited, and those still tried as delayed', async () => {
    await using at = await scene(healthy, { bounces: { ...bounces, gatherSeconds: 1 } });
    await at.mailward.protect('second.example', at.office.port);
    const waits = 'wait@example.com';
    at.office.temper.rcpt = (address) => (address === waits ? '450 4.2.0 later' : UNKNOWN);
    const all = ['gone@example.com', 'gone2@second.example', waits];
    const id = await at.mailward.send(all, LETTER, 'ann@sender.example');
    const found = recognise('', (await at.arrival(at.world)).content);
    expect(found.statuses.map(({ recipient, action }) => [recipient, action])).toEqual([
      ['gone@example.com', 'failed'],
      ['gone2@second.example', 'failed'],
      [waits, 'delayed'],
    ]);
    // What fails later is not told again, and neither is what an admin has tried again.
    at.office.temper.rcpt = () => UNKNOWN;
    await at.mailward.client.queue.retry({ ids: [id] });
    await until('all to be refused', async () => {
      const { allRecipients } = await at.mailward.client.messages.get({ id });
      return allRecipients.every((one) => one.state === 'refused' && one.attempts >= 2);
    });
    await at.mailward.engine.close();
    await at.mailward.open();
    const next = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    await at.decided(next);
    await until('the bounce for the next message', () => at.world.arrivals.length >= 2);
    expect(at.world.arrivals).toHaveLength(2);
  });

  it('survives a restart before it is made', async () => {
    await using at = await scene(healthy, { bounces: { ...bounces, gatherSeconds: 1 } });
    const id = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    await at.mailward.reaches(id, 'refused');
    await at.mailward.engine.close();
    expect(at.world.arrivals).toHaveLength(0);
    await at.mailward.open();
    await at.arrival(at.world);
    expect((await at.decided(id)).bounce?.state).toBe('sent');
  });

  it('is not made when an admin mended it in time', async () => {
    await using at = await scene(healthy, { bounces: { ...bounces, gatherSeconds: 2 } });
    const id = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    await at.mailward.reaches(id, 'refused');
    at.office.temper.rcpt = () => null;
    await at.mailward.client.queue.retry({ ids: [id] });
    await at.mailward.reaches(id, 'delivered');
    await until(
      'it to be forgotten',
      async () => (await at.mailward.client.messages.get({ id })).bounce === null,
    );
    expect(at.world.taken).toBe(0);
  });
});

describe('nobody is told', () => {
  const table: [string, Records, string, string, string][] = [
    [
      'when SPF says that the sender is forged',
      { ...healthy, 'sender.example TXT': [['v=spf1 -all']] },
      'ann@sender.example',
      LETTER,
      'not-authentic',
    ],
    [
      'when nothing shows that the sender is real',
      { ...healthy, 'sender.example TXT': [] },
      'ann@sender.example',
      LETTER,
      'not-authentic',
    ],
    ['when the sender’s domain is not there', {}, 'ann@nowhere.example', LETTER, 'not-authentic'],
    [
      'of an automatic reply',
      healthy,
      'ann@sender.example',
      `Auto-Submitted: auto-replied\r\n${LETTER}`,
      'automatic',
    ],
    [
      'of a bounce with a sender',
      healthy,
      'ann@sender.example',
      `Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n${LETTER}`,
      'automatic',
    ],
    ['when the sender is no address', healthy, 'ann@[192.0.2.1]', LETTER, 'no-address'],
  ];
  it.each(table)('%s', async (_name, records, sender, content, reason) => {
    await using at = await scene(records);
    const id = await at.mailward.send('gone@example.com', content, sender);
    const detail = await at.decided(id);
    expect(detail).toMatchObject({
      state: 'refused',
      hasContent: true,
      bounce: { state: 'suppressed', reason },
    });
    expect(at.world.taken + at.office.taken).toBe(0);
    const [view] = await at.mailward.client.recipients.overview();
    expect(view?.bounces).toEqual({ sent: 0, suppressed: 1 });
  });

  it('of a bounce: the null sender has nobody behind it', async () => {
    await using at = await scene(healthy);
    const id = await at.mailward.send('gone@example.com', LETTER, '');
    const other = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    await at.mailward.reaches(id, 'refused');
    await at.decided(other);
    expect((await at.mailward.client.messages.get({ id })).bounce).toBeNull();
  });

  it('when that is switched off', async () => {
    await using at = await scene(healthy, { bounces: { ...bounces, gatherSeconds: 0, send: false } });
    const id = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    expect((await at.decided(id)).bounce).toMatchObject({ state: 'suppressed', reason: 'switched-off' });
  });

  it('when a bounce is refused in turn: it stays where the admin finds it', async () => {
    await using at = await scene(healthy);
    at.world.temper.rcpt = () => '550 5.7.1 no bounces here';
    const id = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    const { bounce } = await at.decided(id);
    const refused = await at.mailward.reaches(bounce!.bounceId!, 'refused');
    expect(refused.bounce).toBeNull();
    expect(at.world.taken).toBe(0);
  });

  it('while the server refuses everybody: that will be mended', async () => {
    await using at = await scene(healthy);
    at.office.temper.rcpt = () => '550 5.1.1 User unknown';
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.com`);
    const ids: string[] = [];
    // Five recipients of one message: it is seen at once that it is the server.
    ids.push(await at.mailward.send(all, LETTER, 'ann@sender.example'));
    ids.push(await at.mailward.send('bob@example.com', LETTER, 'bob@example.com'));
    for (const id of ids)
      await until(`the bounce for ${id} to be put off`, async () => {
        const { bounce } = await at.mailward.client.messages.get({ id });
        return bounce?.state === 'due' && bounce.at > Date.now() + 300_000;
      });
    expect(at.world.taken + at.office.taken).toBe(0);
  });
});

describe('where a bounce goes', () => {
  const sentTo = async (records: Records) => {
    const at = await scene({ 'sender.example TXT': [['v=spf1 ip4:127.0.0.1 -all']], ...records });
    const id = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
    const { bounce } = await at.decided(id);
    return { at, bounceId: bounce!.bounceId! };
  };

  it('to the domain’s own address when it has no MX', async () => {
    const { at, bounceId } = await sentTo({ 'sender.example A': ['127.0.0.1'] });
    await using _at = at;
    await at.mailward.reaches(bounceId, 'delivered');
  });

  it('nowhere when the domain says that it takes no mail', async () => {
    const { at, bounceId } = await sentTo({
      'sender.example MX': [{ exchange: '', priority: 0 }],
      'sender.example A': ['127.0.0.1'],
    });
    await using _at = at;
    const detail = await at.mailward.reaches(bounceId, 'refused');
    expect(detail.lastReply).toMatchObject({ enhanced: '5.1.10' });
    expect(at.world.connections).toBe(0);
  });

  it('to the next mail server when the first is dead', async () => {
    const { at, bounceId } = await sentTo({
      'sender.example MX': [
        { exchange: 'two.sender.example', priority: 20 },
        { exchange: 'one.sender.example', priority: 10 },
      ],
      'one.sender.example A': ['127.0.0.77'],
      'two.sender.example A': ['127.0.0.1'],
    });
    await using _at = at;
    await at.mailward.reaches(bounceId, 'delivered');
  });

  it('is sent also while the servers of twenty other senders are away', async () => {
    const records: Records = { ...healthy };
    const away = Array.from({ length: 20 }, (_, index) => `away${index}.example`);
    for (const name of away) {
      records[`${name} TXT`] = [['v=spf1 ip4:127.0.0.1 -all']];
      records[`${name} A`] = ['127.0.0.77'];
    }
    await using at = await scene(records);
    at.office.temper.data = () => '554 5.6.0 no letters';
    const sent = async (domain: string) =>
      (await at.decided(await at.mailward.send('bob@example.com', LETTER, `ann@${domain}`))).bounce!
        .bounceId!;
    for (const bounce of await Promise.all(away.map(sent))) await at.mailward.tried(bounce, 1);
    const id = await sent('sender.example');
    // As every ten minutes.
    await at.mailward.client.queue.retry({ ids: [id] });
    await at.mailward.reaches(id, 'delivered');
  });

  it('waits when DNS cannot say', async () => {
    const { at, bounceId } = await sentTo({ 'sender.example MX': ['broken'] });
    await using _at = at;
    const detail = await until('the first try', async () => {
      const found = await at.mailward.client.messages.get({ id: bounceId });
      return found.lastReply ? found : null;
    });
    expect(detail).toMatchObject({ state: 'queued', lastReply: { enhanced: '4.4.3' } });
  });
});

describe('mail for a domain that is taken out while it comes in', () => {
  it('is not taken: its sender is to try again, and hears then that nobody of that name is here', async () => {
    await using at = await scene(healthy);
    await at.mailward.protect('sender.example', at.office.port);
    await using client = await RawClient.greet(at.mailward.engine.smtp?.port ?? 0);
    await client.openData('bob@sender.example', 'ann@sender.example');
    client.send('Subject: half of it\r\n\r\n');
    await at.mailward.client.domains.remove({ name: 'sender.example' });
    client.send('and the rest\r\n.\r\n');
    await client.expect(451);
    await client.command('MAIL FROM:<bob@sender.example>', 250);
    await client.command('RCPT TO:<ann@sender.example>', 550);
  });

  for (const [name, records, bounceState] of [
    ['has a mail server', healthy, 'delivered'],
    [
      'takes no mail',
      { ...healthy, 'sender.example MX': [{ exchange: '', priority: 0 }] } satisfies Records,
      'refused',
    ],
  ] as const)
    it(`in the last moment stays here, whatever bounces go to that domain, which ${name}, and goes when it is ours again`, async () => {
      await using at = await scene(records);
      await at.mailward.protect('sender.example', at.office.port);
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called on what it was called on
      const { accept: really } = Deposit.prototype;
      const storing = vi.spyOn(Deposit.prototype, 'accept').mockImplementationOnce(async function (
        this: Deposit,
        envelope,
      ) {
        await at.mailward.client.domains.remove({ name: 'sender.example' });
        return really.call(this, envelope);
      });
      const id = await at.mailward.send('ann@sender.example', LETTER, 'bob@far.example');
      storing.mockRestore();
      const first = await at.mailward.send('gone@example.com', LETTER, 'ann@sender.example');
      await at.mailward.reaches((await at.decided(first)).bounce!.bounceId!, bounceState);
      const { state, attemptList, lastReply } = await at.mailward.client.messages.get({ id });
      expect({ state, attemptList, lastReply }).toEqual({
        state: 'queued',
        attemptList: [],
        lastReply: null,
      });
      expect(at.world.arrivals.map(({ sender }) => sender)).toEqual(bounceState === 'delivered' ? [''] : []);
      await at.mailward.protect('sender.example', at.office.port);
      await at.mailward.reaches(id, 'delivered');
      expect(at.office.arrivals.map(({ sender }) => sender)).toEqual(['bob@far.example']);
    });
});

describe('a flood of bounces for mail that was never sent', () => {
  const bounceOf = (path: string) =>
    [
      'From: MAILER-DAEMON@far.example',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
      '',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; far.example',
      '',
      'Final-Recipient: rfc822; someone@far.example',
      'Action: failed',
      'Status: 5.1.1',
      '',
      '--b',
      'Content-Type: message/rfc822',
      '',
      `Received: from ${path} by far.example; Mon, 1 Jan 2024 00:00:00 +0000`,
      'Message-ID: <x@spam.example>',
      'From: ann@example.com',
      'Subject: Buy',
      '',
      '--b--',
      '',
    ].join('\r\n');

  it('is counted, and rejected when asked to, but for bounces of our own mail', async () => {
    await using at = await scene({}, { bounces: { ...bounces, backscatter: 'reject', floodPerHour: 5 } });
    const send = (path: string) => at.mailward.send('ann@example.com', bounceOf(path), '');
    for (let n = 0; n < 5; n++) await send('bot [203.0.113.9]');
    await expect(send('bot [203.0.113.9]')).rejects.toThrow(
      '550 5.7.1 This bounce is for mail that was not sent from example.com',
    );
    // The office's server, by its address; and a person's letter is not a bounce.
    await send('desk (mail [127.0.0.1])');
    await at.mailward.send('ann@example.com', LETTER, 'bob@sender.example');
    const [view] = await at.mailward.client.recipients.overview();
    expect(view?.backscatter).toEqual({ lastHour: 7, foreign: 6, rejected: 1, flood: true });
  });

  it('is only counted by default', async () => {
    await using at = await scene({}, { bounces: { ...bounces, floodPerHour: 2 } });
    for (let n = 0; n < 6; n++) await at.mailward.send('ann@example.com', bounceOf('bot [203.0.113.9]'), '');
    const [view] = await at.mailward.client.recipients.overview();
    expect(view?.backscatter).toEqual({ lastHour: 6, foreign: 6, rejected: 0, flood: true });
  });
});
