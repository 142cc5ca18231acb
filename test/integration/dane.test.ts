// DANE from end to end: a signed zone on NSD, a validating Unbound, a Postfix with a certificate, and mail between them.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineUnderTest } from '../engine/engine-under-test.ts';
import { selfSigned } from '../lab/certificates.ts';
import { Internet } from '../lab/internet/internet.ts';
import { hasInternet } from '../lab/packages.ts';
import { hasOffice, startOffice } from '../lab/office.ts';
import type { OfficeServer } from '../lab/office-server.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

const host = 'mail.office.example';

describe.skipIf(!hasInternet || !hasOffice('postfix'))('a destination with the TLS policy dane', () => {
  const folder = scratch('dane');
  let office: OfficeServer;
  let internet: Internet;
  let mailward: EngineUnderTest;
  let record: string;

  /** What the zone says of the server: its address, and who it is. */
  const records = (...tlsa: string[]) => [`mail A ${office.host}`, ...tlsa];

  beforeAll(async () => {
    const certificate = selfSigned(folder.path, 'office');
    office = await startOffice('postfix', {
      domains: ['example.com', 'forged.example', 'silent.example'],
      tls: { ...certificate, required: false },
    });
    const key = new X509Certificate(readFileSync(certificate.certificate)).publicKey;
    const digest = createHash('sha256')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    record = `_${office.port}._tcp.mail TLSA 3 1 1 ${digest}`;
    internet = await Internet.start({
      zones: { 'office.example': { signed: true, ttl: 1, records: records(record) } },
      resolvers: { validating: 'validating' },
    });
    mailward = await EngineUnderTest.start(
      { recipients: { ask: false } },
      { lookUp: () => Promise.resolve({ addresses: [office.host], ttl: 60 }) },
    );
    const { settings } = mailward.engine;
    const delivery = {
      ...settings.get().delivery,
      retrySeconds: [1],
      validatingResolvers: [internet.address('validating')],
    };
    settings.set({ ...settings.get(), delivery });
  });

  afterAll(async () => {
    await mailward[Symbol.asyncDispose]();
    await internet[Symbol.asyncDispose]();
    await office[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  async function send(domain: string): Promise<string> {
    await mailward.client.domains.add({
      name: domain,
      route: [{ host, port: office.port, tls: 'dane', sourceAddress: null }],
    });
    return mailward.send(`bob@${domain}`);
  }

  it('gets its mail, encrypted, when its certificate is the one that its zone names', async () => {
    const page = await mailward.reaches(await send('example.com'), 'delivered');
    expect(page.attemptList[0]?.tls).toMatch(/^TLS/);
    const words = page.attemptList[0]?.transcript.map(({ text }) => text);
    expect(words).toContain('its zone says which certificate it has (DANE)');
  });

  it('gets none while its zone names another, and all of it once that is mended', async () => {
    const other = record.replace(/[0-9a-f]{64}$/, 'ab'.repeat(32));
    await internet.change('office.example', { records: records(other) });
    await internet.restartResolver('validating');
    const id = await send('forged.example');
    const waiting = await mailward.tried(id, 1);
    expect(waiting.allRecipients[0]).toMatchObject({ state: 'queued', cause: 'tls-required' });
    expect(waiting.attemptList[0]?.results[0]?.reply?.text).toMatch(/not the one that its zone names/);
    expect(office.mailbox('bob@forged.example')).toEqual([]);
    await internet.change('office.example', { records: records(record) });
    await internet.restartResolver('validating');
    await until('it is not delivered', async () => {
      await mailward.client.queue.retry({ ids: [id] });
      return (await mailward.client.messages.get({ id })).state === 'delivered';
    });
  });

  it('gets none in clear while the zone cannot be asked', async () => {
    await internet.stopServer('ns1.hosting.example');
    await internet.restartResolver('validating').catch(() => undefined);
    const waiting = await mailward.tried(await send('silent.example'), 1);
    expect(waiting.allRecipients[0]).toMatchObject({ state: 'queued', cause: 'tls-required' });
    expect(office.mailbox('bob@silent.example')).toEqual([]);
  });
});
