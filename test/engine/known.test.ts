// What is known of a domain without being told: made of what checks found and of what its server answered.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profileSchema, modeSchema, routeSchema, type Domain } from '../../shared/domain.ts';
import type { CheckName, CodeOf, FactsOf } from '../../shared/facts/index.ts';
import { knownSchema } from '../../shared/known.ts';
import { knownOf } from '../../src-main/engine/known.ts';
import { memoryDatabase, type MemoryDatabase } from '../storage/memory-database.ts';

let db: MemoryDatabase;
beforeEach(() => {
  db = memoryDatabase();
});
afterEach(async () => {
  await db.close();
});

const at = Date.UTC(2026, 10, 1);

function domain(...hosts: string[]): Domain {
  return {
    name: 'office.example',
    createdAt: at,
    route: routeSchema.parse(hosts.map((host) => ({ host }))),
    mode: modeSchema.parse({ name: 'deliver', since: at, reason: '', reroute: null }),
    profile: profileSchema.parse({}),
  };
}

/** A run of a check that found one thing. */
async function found<Name extends CheckName, Code extends CodeOf<Name>>(
  check: Name,
  code: Code,
  facts: FactsOf<Name, Code>,
  when = at,
): Promise<void> {
  const evidence = [{ asked: 'connect', of: 'mail.office.example (192.0.2.1)', at: when, answer: 'so' }];
  const finding = {
    ...{ check, code, subject: '192.0.2.1', state: 'ok' as const, severity: null, summary: 'So it is.' },
    ...{ evidence, facts: facts as never, at: when, tookMs: 1 },
  };
  await db.write('keepRun', {
    domain: 'office.example',
    check,
    at: when,
    endedAt: when,
    findings: [finding],
  });
}
const greeting = (banner: string) => ({
  ...{ banner, name: banner.split(' ')[1] ?? '', software: null, features: [], size: 0 },
});
const nameServers = (...names: string[]) => ({
  zone: 'office.example',
  parentNames: names,
  servers: [],
});
const registration = (registrar: string | null) => ({
  ...{ registered: 'office.example', expiresAt: null, registrarExpiresAt: null, registrar },
  ...{ statuses: [], source: null },
});
const known = async (of = domain('mail.office.example')) => knownSchema.parse(await knownOf(db, of));

it('is nothing before any check ran', async () => {
  expect(await known()).toEqual({ software: [], dnsHost: null, registrar: null, readAt: null });
});

it('rests on the latest findings, and says how old the oldest of them is', async () => {
  await found('server-greeting', 'greets', greeting('220 mail.office.example ESMTP Postfix'), at + 5_000);
  await found('delegation', 'fine', nameServers('ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'));
  await found('registration', 'fine', registration('GoDaddy.com, LLC'), at + 9_000);
  expect(await known()).toEqual({
    software: [{ software: 'postfix', confidence: 'likely', because: [expect.stringContaining('Postfix')] }],
    dnsHost: {
      name: 'Cloudflare',
      support: 'https://support.cloudflare.com/',
      because: 'The domain’s name servers are ada.ns.cloudflare.com, bob.ns.cloudflare.com.',
    },
    registrar: {
      name: 'GoDaddy',
      support: 'https://www.godaddy.com/contact-us',
      because: 'The registry says that the registrar is GoDaddy.com, LLC.',
    },
    readAt: at,
  });
  await found('delegation', 'fine', nameServers('ns1.p01.nsone.net', 'ns2.p01.nsone.net'), at + 20_000);
  expect((await known()).dnsHost?.name).toBe('IBM NS1 Connect');
});

describe('the server', () => {
  it('is told by the route’s names', async () => {
    const of = domain('office-example.mail.protection.outlook.com');
    expect((await known(of)).software[0]).toMatchObject({ software: 'microsoft365', confidence: 'certain' });
  });

  it('is told by the MX record’s name where the route has its address', async () => {
    const target = { preference: 1, exchange: 'aspmx.l.google.com', v4: ['192.0.2.27'], v6: [] };
    await found('mx', 'fine', { ttl: 300, mx: [target] });
    expect((await known(domain('192.0.2.27'))).software[0]?.software).toBe('google-workspace');
    expect((await known(domain('192.0.2.28'))).software).toEqual([]);
  });

  it('is told by its certificate', async () => {
    await found('server-tls', 'unverified', {
      ...{ protocol: 'TLSv1.3', cipher: 'x', expiresAt: at, names: ['Plesk'], subject: 'Plesk' },
      ...{ issuer: 'Plesk', trouble: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect((await known()).software[0]?.software).toBe('plesk');
  });

  it.each([
    ['mail.office.example', 'exim'],
    // Its words are not those of the server behind it.
    ['eu-smtp-inbound-1.mimecast.com', undefined],
  ])('is told by the replies of %s: %s', async (host, software) => {
    const reply = { code: 550, enhanced: null, text: 'relay not permitted' };
    const results = JSON.stringify([{ recipient: 'bob@office.example', reply, cause: 'relay-denied' }]);
    db.sql.exec('PRAGMA foreign_keys = OFF');
    db.sql
      .prepare(
        `INSERT INTO attempt (message_id, started_at, ended_at, host, port, results, transcript) VALUES (1, 1, 2, ?, 25, ?, '[]')`,
      )
      .run(host, results);
    expect((await known()).software[0]?.software).toBe(software);
  });

  it('is not told by a finding without a certificate, or without a greeting', async () => {
    await found('server-tls', 'not-offered', {});
    await found('server-greeting', 'mute', greeting(''));
    expect((await known()).software).toEqual([]);
  });
});

it('names a registrar that nobody knows as the registry does, on one line', async () => {
  await found('registration', 'fine', registration(`Tiny Registrar\n\u001b[31m${'x'.repeat(500)}`));
  const { registrar } = await known();
  expect(registrar?.name).toMatch(/^Tiny Registrar .\[31mx+…$/u);
  expect(registrar?.name.length).toBe(200);
  expect(registrar?.support).toBeNull();
});

it('names no DNS host where two share the name servers', async () => {
  await found('delegation', 'fine', nameServers('ada.ns.cloudflare.com', 'ns1.p01.nsone.net'));
  expect((await known()).dnsHost).toBeNull();
});
