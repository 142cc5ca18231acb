// What DNS and the web say of the mail servers (MTA-STS, DANE, PTR, HELO), well and broken.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createWebServer } from 'node:https';
import type { Server as WebServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkNamed } from '../../../src-main/probes/catalogue.ts';
import { reverseName } from '../../../src-main/probes/dns/message.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { Finding } from '../../../shared/finding.ts';
import { authority, selfSigned, selfSignedFor } from '../../lab/certificates.ts';
import type { Authority } from '../../lab/certificates.ts';
import { Internet } from '../../lab/internet/internet.ts';
import type { ZoneOptions } from '../../lab/internet/zones.ts';
import { hasInternet } from '../../lab/packages.ts';
import { scratch } from '../../lab/scratch.ts';
import type { Scratch } from '../../lab/scratch.ts';
import { ask } from '../asking.ts';
import { codesOf } from '../scenario.ts';
import { startMailServer } from './mail-server.ts';
import type { MailServer } from './mail-server.ts';
import table, { astray, faces, lost, policies, server, server6, tlsa } from './servers.scenarios.ts';
import type { Face, ServersWorld } from './servers.scenarios.ts';

const back = 'PTR mail.office.example.';
const reversed = (address: string, zone: string) => reverseName(address).replace(`.${zone}`, '');

/** A mail server's name, and what each of its addresses shows. */
const facesOf = (name: string): readonly Face[] => faces[name] ?? ['valid'];
const hostOf = (name: string) => (name === 'implicit' ? 'implicit.example' : `mail.${name}.example`);
const placeOf = (name: string, index: number) => `${index}.${hostOf(name)}`;
const addressesOf = (name: string, at: (host: string) => string) =>
  facesOf(name).map((_, index) => `${name === 'implicit' ? '@' : 'mail'} A ${at(placeOf(name, index))}`);
const mailServersOf = Object.keys(policies).concat(Object.keys(tlsa));

/** `valid` and the like of one host, as files. */
function certificateOf(face: Face, host: string, known: Authority, folder: string) {
  switch (face) {
    case 'valid':
      return known.issue(host);
    case 'ended':
      return known.issue(host, -1);
    case 'misnamed':
      return known.issue('other.example');
    case 'common-name':
      return known.issue(host, 30, { inSubjectAlone: true });
    case 'own-made':
      return selfSigned(folder, `own-${host}`);
    default:
      return null;
  }
}

/** Records with what the certificates are; of a host with several addresses the first one's counts. */
function tlsaOf(record: string, certificate: string | undefined, authorityPem: string): string {
  if (certificate === undefined) return record;
  const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex');
  const shown = new X509Certificate(readFileSync(certificate));
  return record
    .replace('KEY', sha256(shown.publicKey.export({ type: 'spki', format: 'der' })))
    .replace('CERTIFICATE', sha256(shown.raw))
    .replace('AUTHORITY', sha256(new X509Certificate(authorityPem).raw));
}

type Files = { certificate: string; key: string } | null;
const zonesWith = (files: ReadonlyMap<string, Files>, authorityPem: string): Record<string, ZoneOptions> => ({
  ...Object.fromEntries(
    Object.keys(policies).map((name) => [
      `${name}.example`,
      {
        records: (at: (host: string) => string) => [
          ...(name === 'implicit' ? [] : ['@ MX 10 mail']),
          ...addressesOf(name, at),
          '_mta-sts TXT "v=STSv1; id=20261121T000000;"',
          name === 'inward' ? 'mta-sts A 10.0.0.5' : `mta-sts A ${at(`mta-sts.${name}.example`)}`,
        ],
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(tlsa).map(([name, { records, signed }]) => [
      `${name}.example`,
      {
        signed,
        records: (at: (host: string) => string) => [
          '@ MX 10 mail',
          ...addressesOf(name, at),
          ...records.map(
            (record) =>
              `_25._tcp.mail TLSA ${tlsaOf(record, files.get(placeOf(name, 0))?.certificate, authorityPem)}`,
          ),
        ],
      },
    ]),
  ),
  'plain.example': { records: ['@ MX 10 mail', 'mail A 192.0.2.1'] },
  'noid.example': { records: ['_mta-sts TXT "v=STSv1; id=;"'] },
  'nohost.example': { records: ['_mta-sts TXT "v=STSv1; id=1"'] },
  'office.example': { records: [`mail A ${server}`, `mail AAAA ${server6}`, 'alias CNAME mail'] },
  '93.in-addr.arpa': {
    records: [
      `${reversed(server, '93.in-addr.arpa')} ${back}`,
      `${reversed(astray, '93.in-addr.arpa')} ${back}`,
      `${reversed(lost, '93.in-addr.arpa')} PTR mail.silent.example.`,
    ],
  },
  'ip6.arpa': { records: [`${reversed(server6, 'ip6.arpa')} ${back}`] },
  'silent.example': { servers: ['ns.silent.example'] },
});

describe.skipIf(!hasInternet)('what is said of the mail servers', () => {
  let internet: Internet;
  let folder: Scratch;
  const webs: WebServer[] = [];
  const mailServers: MailServer[] = [];
  const trusted = getCACertificates('default');

  beforeAll(async () => {
    folder = scratch('web');
    const known = authority(folder.path);
    const files = new Map<string, Files>();
    for (const name of mailServersOf)
      for (const [index, face] of facesOf(name).entries())
        files.set(placeOf(name, index), certificateOf(face, hostOf(name), known, folder.path));
    internet = await Internet.start({
      zones: zonesWith(files, known.pem),
      faults: { 'ns.silent.example': 'silent' },
      resolvers: { one: 'validating', two: 'validating' },
    });
    for (const name of mailServersOf)
      for (const [index, face] of facesOf(name).entries()) {
        if (face === 'nobody') continue;
        const pair = files.get(placeOf(name, index)) ?? null;
        mailServers.push(
          await startMailServer(internet.address(placeOf(name, index)), {
            breaksOff: face === 'breaks-off',
            certificate: pair && {
              cert: readFileSync(pair.certificate, 'utf8') + known.pem,
              key: readFileSync(pair.key, 'utf8'),
            },
          }),
        );
      }
    const hosts = Object.entries(policies).flatMap(([name, how]) =>
      how === 'nobody' || how.stranger === true ? [] : [`mta-sts.${name}.example`],
    );
    const { certificate, key } = selfSignedFor(folder.path, hosts);
    const secrets = { cert: readFileSync(certificate), key: readFileSync(key) };
    setDefaultCACertificates([...trusted, secrets.cert.toString(), known.pem]);
    for (const [name, how] of Object.entries(policies)) {
      if (how === 'nobody') continue;
      const { body, status = 200, type = 'text/plain' } = how;
      const web = createWebServer(secrets, (_, response) => {
        response
          .writeHead(status, { 'content-type': type, location: 'https://elsewhere.example/' })
          .end(body);
      });
      await new Promise<void>((resolve) =>
        web.listen(443, internet.address(`mta-sts.${name}.example`), resolve),
      );
      webs.push(web);
    }
  });
  afterAll(async () => {
    setDefaultCACertificates(trusted);
    for (const each of mailServers) await each.stop();
    for (const web of webs) {
      web.closeAllConnections();
      await new Promise((resolve) => web.close(resolve));
    }
    folder[Symbol.dispose]();
    await internet[Symbol.asyncDispose]();
  });

  async function settingsOf(network: ServersWorld['network']) {
    if (network === 'cut') return internet.cutOff();
    // Any server of the lab shows that there is a network.
    const online = [`${internet.address('a.root')}:53`];
    const nobody = ['127.0.0.1:9', '127.0.0.2:9'];
    const more =
      network === 'unchecked' ? { publicResolvers: (await internet.cutOff()).publicResolvers } : {};
    return internet.settings({
      rdapBootstrap: '',
      reachabilityTargets: network === 'offline' ? nobody : online,
      ...more,
    });
  }

  async function play(check: string, world: ServersWorld): Promise<Finding[]> {
    const { of, servers = [], relay, greeting, network } = world;
    const named = checkNamed(check);
    if (named === undefined) throw new Error(`there is no check ${check}`);
    const smtp = greeting === undefined ? null : await greeter(greeting);
    const destinations =
      smtp === null
        ? servers.map((host) => destinationSchema.parse({ host }))
        : [destinationSchema.parse({ host: '127.0.0.1', port: (smtp.address() as AddressInfo).port })];
    try {
      return await ask(named, {
        target: {
          domain: of === undefined ? '' : `${of}.example`,
          destinations,
          relay: relay === undefined ? null : { hostname: relay[0], addresses: relay.slice(1) },
        },
        settings: await settingsOf(network),
      });
    } finally {
      await new Promise((resolve) => (smtp === null ? resolve(null) : smtp.close(resolve)));
    }
  }

  for (const check of new Set(table.map((row) => row.check))) {
    describe(check, () => {
      for (const { name, finds, world } of table.filter((row) => row.check === check)) {
        it.concurrent(name, async () => {
          const found = await play(check, world);
          expect(codesOf(found), found.map(({ summary }) => summary).join('\n')).toEqual(finds);
          for (const { state, evidence } of found)
            if (state !== 'not-applicable') expect(evidence.length).toBeGreaterThan(0);
        });
      }
    });
  }

  it('says what is wrong with the web server of an MTA-STS policy', async () => {
    const why = async (of: string) => (await play('mta-sts', { of }))[0]?.summary;
    expect(await why('stranger')).toContain('its certificate is for another name');
    expect(await why('closed')).toContain('connection refused');
    expect(await why('gone')).toContain('the web server answers 404');
  });

  it('says what a mail server shows in place of what was promised', async () => {
    const why = async (check: string, of: string) => (await play(check, { of }))[0]?.summary;
    expect(await why('mta-sts', 'ownmade')).toContain('was made by the server itself; careful senders');
    expect(await why('mta-sts', 'misnamed')).toContain('is for other.example');
    expect(await why('mta-sts', 'ended')).toContain('ended on');
    expect(await why('mta-sts', 'clear')).toContain('offers no encryption (STARTTLS)');
    expect(await why('mta-sts', 'unheard')).toContain('whether its certificate is valid could not be seen');
    expect(await why('mta-sts', 'inward')).toContain('10.0.0.5, which is not on the public Internet');
    const mismatch = (await play('dane', { of: 'stale' }))[0];
    expect(mismatch?.severity).toBe('urgent');
    expect(mismatch?.evidence.map(({ answer }) => answer).join()).toContain('SHA-256 of its key');
  });

  it('says where a name leads instead', async () => {
    expect((await play('ptr', { servers: [astray] }))[0]?.summary).toBe(
      `The address ${astray} (the server) has the name mail.office.example, which does not lead back to it.`,
    );
    const relay = ['mail.office.example', astray] as const;
    expect((await play('helo', { relay }))[0]?.summary).toBe(
      `The relay calls itself mail.office.example, which leads to ${server}, ${server6} and not to ${astray}.`,
    );
  });
});

/** A server that says one thing and hangs up. */
async function greeter(greeting: string) {
  const smtp = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(greeting);
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  return smtp;
}
