// Real Rspamd and real ClamAV behind Mailward's filters: what they find, and what happens when they are gone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineUnderTest } from '../engine/engine-under-test.ts';
import { RawClient } from '../lab/client.ts';
import { hasClamd, hasRspamd } from '../lab/packages.ts';
import { ClamdServer, eicar, gtube, guess, RspamdServer } from '../lab/scanners.ts';
import { Sink } from '../lab/sink.ts';

const CLIENT = '127.0.7.7';

/** Only a message that came with all of the envelope gets the symbol. */
const rules = `
rspamd_config:register_symbol({ name = 'LAB_ENVELOPE', type = 'normal', score = 8.0, callback = function(task)
  local from, rcpt = task:get_from('smtp'), task:get_recipients('smtp')
  return tostring(task:get_from_ip()) == '${CLIENT}' and task:get_helo() == 'mail.example.org'
    and from and from[1].addr == 'ann@example.org' and rcpt and #rcpt == 2 and rcpt[2].addr == 'eve@example.com'
end })
rspamd_config:set_metric_symbol({ name = 'LAB_ENVELOPE', score = 8.0, description = 'the whole envelope' })
`;

class Mail implements AsyncDisposable {
  readonly office = new Sink();
  mailward!: EngineUnderTest;

  static async start(filters: Record<string, unknown>): Promise<Mail> {
    const mail = new Mail();
    await mail.office.start();
    const silent = {
      spf: 'off',
      dkim: 'off',
      dmarc: 'off',
      arc: 'off',
      reverseName: 'off',
      blocklists: 'off',
    };
    mail.mailward = await EngineUnderTest.start({ filters: { exempt: [], ...silent, ...filters } });
    await mail.mailward.protect('example.com', mail.office.port);
    return mail;
  }

  async send(body: string, ...to: string[]): Promise<string> {
    await using client = await RawClient.open(this.mailward.engine.smtp?.port ?? 0, '127.0.0.1', CLIENT);
    await client.expect(220);
    await client.command('EHLO mail.example.org', 250);
    await client.openData('ann@example.org', 'bob@example.com', ...to);
    client.send(`From: ann@example.org\r\nTo: bob@example.com\r\nSubject: hello\r\n${body}\r\n.\r\n`);
    return (await client.reply()).text;
  }

  async page(reply: string) {
    return this.mailward.client.messages.get({ id: /id (\w+)/.exec(reply)?.[1] ?? reply });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mailward[Symbol.asyncDispose]();
    await this.office[Symbol.asyncDispose]();
  }
}

describe.skipIf(!hasRspamd)('Rspamd', () => {
  let server: RspamdServer;
  beforeAll(async () => {
    server = await RspamdServer.start(rules);
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  it('has what it would reject quarantined, or refused where that is set', async () => {
    await using mail = await Mail.start({ rspamdUrl: server.url });
    const page = await mail.page(await mail.send(`\r\n${gtube}`));
    expect(page.state).toBe('quarantined');
    expect(page.filters).toMatchObject([{ filter: 'rspamd', result: 'fail', action: 'quarantine' }]);
    expect(page.filters[0]?.evidence).toContain('Rspamd would reject: score 15 of 15');
    await using strict = await Mail.start({ rspamdUrl: server.url, rspamd: 'reject' });
    expect(await strict.send(`\r\n${gtube}`)).toMatch(/^550 5\.7\.1 Refused: Rspamd would reject/);
  });

  it('is told the envelope; what it would mark is tagged, what it has nothing against passes', async () => {
    await using mail = await Mail.start({ rspamdUrl: server.url, rspamd: 'reject' });
    const marked = await mail.page(await mail.send('\r\nhello', 'eve@example.com'));
    expect(marked.filters).toMatchObject([{ result: 'fail', action: 'tag' }]);
    expect(marked.filters[0]?.evidence.join()).toContain('LAB_ENVELOPE 8');
    const clean = await mail.page(await mail.send('\r\nhello'));
    expect(clean.filters).toMatchObject([{ filter: 'rspamd', result: 'pass', action: 'off' }]);
  });

  it('is done without once it is gone', async () => {
    const own = await RspamdServer.start(rules);
    await using mail = await Mail.start({ rspamdUrl: own.url, rspamd: 'reject' });
    await own[Symbol.asyncDispose]();
    const page = await mail.page(await mail.send(`\r\n${gtube}`));
    expect(page.filters).toMatchObject([{ filter: 'rspamd', result: 'could-not-check', action: 'off' }]);
    expect(page.state).not.toBe('quarantined');
    expect(page.reply.code).toBe(250);
  });
});

describe.skipIf(!hasClamd)('ClamAV', () => {
  let server: ClamdServer;
  beforeAll(async () => {
    server = await ClamdServer.start();
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  it('has malware in an attachment refused, and a guess quarantined', async () => {
    await using mail = await Mail.start({ clamavAddress: server.socket });
    const attached = `MIME-Version: 1.0\r\nContent-Type: application/octet-stream; name="x.com"\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(eicar).toString('base64')}`;
    expect(await mail.send(attached)).toMatch(/^550 5\.7\.1 Refused: ClamAV found Lab\.Eicar/);
    expect(mail.office.taken).toBe(0);
    const guessed = await mail.page(await mail.send(`\r\n${guess}`));
    expect(guessed).toMatchObject({
      state: 'quarantined',
      filters: [{ filter: 'clamav', action: 'quarantine' }],
    });
    const clean = await mail.page(await mail.send('\r\nhello'));
    expect(clean.filters).toMatchObject([{ filter: 'clamav', result: 'pass' }]);
  });

  it('lets through what clamd will not look at, and says so', async () => {
    await using mail = await Mail.start({ clamavAddress: server.socket });
    const page = await mail.page(await mail.send(`\r\n${`${'x'.repeat(76)}\r\n`.repeat(40_000)}`));
    expect(page.filters).toMatchObject([{ filter: 'clamav', result: 'could-not-check' }]);
    expect(page.filters[0]?.evidence[0]).toMatch(/size limit exceeded|cannot be asked/);
    expect(page.reply.code).toBe(250);
  });
});
