// What DNS and the web say of the mail servers (MTA-STS, DANE, PTR, HELO), well and broken.
import { readFileSync } from 'node:fs';
import { createServer as createWebServer } from 'node:https';
import type { Server } from 'node:https';
import { createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dane } from '../../../src-main/probes/authentication/dane.check.ts';
import { helo } from '../../../src-main/probes/authentication/helo.check.ts';
import { mtaSts } from '../../../src-main/probes/authentication/mta-sts.check.ts';
import { ptr } from '../../../src-main/probes/authentication/ptr.check.ts';
import { reverseName } from '../../../src-main/probes/dns/message.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { Finding } from '../../../shared/finding.ts';
import { selfSignedFor } from '../../lab/certificates.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { scratch } from '../../lab/scratch.ts';
import type { Scratch } from '../../lab/scratch.ts';
import { ask, askOne } from '../asking.ts';
import type { Question } from '../asking.ts';

const policy = (mode: string, ...mx: string[]) =>
  `version: STSv1\r\nmode: ${mode}\r\n${mx.map((one) => `mx: ${one}\r\n`).join('')}max_age: 604800\r\n`;

/** Each domain has MX mail.DOMAIN; what its policy host serves. */
const policies: Record<string, { body: string; status?: number; type?: string } | 'nobody' | 'stranger'> = {
  good: { body: policy('enforce', 'mail.good.example', '*.relays.example') },
  trial: { body: policy('testing', 'other.trial.example') },
  wrong: { body: policy('enforce', 'other.wrong.example') },
  off: { body: policy('none') },
  torn: { body: 'version: STSv1\nmode: enforce\n' },
  page: { body: '<html>', type: 'text/html' },
  gone: { body: 'not here', status: 404 },
  moved: { body: '', status: 301 },
  closed: 'nobody',
  stranger: 'stranger',
};
const digest = 'ab'.repeat(32);
const server = '93.184.215.14';
const unnamed = '93.184.215.15';
const astray = '93.184.215.16';
const lost = '93.184.215.17';
const server6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c';

describe.skipIf(!hasInternet)('what is said of the mail servers', () => {
  let internet: Internet;
  let folder: Scratch;
  const webs: Server[] = [];
  const trusted = getCACertificates('default');

  beforeAll(async () => {
    internet = await Internet.start({
      zones: {
        ...Object.fromEntries(
          Object.keys(policies).map((name) => [
            `${name}.example`,
            {
              records: (at: (host: string) => string) => [
                '@ MX 10 mail',
                '_mta-sts TXT "v=STSv1; id=20261121T000000;"',
                `mta-sts A ${at(`mta-sts.${name}.example`)}`,
              ],
            },
          ]),
        ),
        'plain.example': { records: ['@ MX 10 mail', 'mail A 192.0.2.1'] },
        'noid.example': { records: ['_mta-sts TXT "v=STSv1; id=;"'] },
        'nohost.example': { records: ['_mta-sts TXT "v=STSv1; id=1"'] },
        'secure.example': { signed: true, records: ['@ MX 10 mail', `_25._tcp.mail TLSA 3 1 1 ${digest}`] },
        'unsigned.example': { records: ['@ MX 10 mail', `_25._tcp.mail TLSA 3 1 1 ${digest}`] },
        'late.example': { signed: -864_000, records: ['@ MX 10 mail', `_25._tcp.mail TLSA 3 1 1 ${digest}`] },
        'web.example': { signed: true, records: ['@ MX 10 mail', `_25._tcp.mail TLSA 1 1 1 ${digest}`] },
        'short.example': { signed: true, records: ['@ MX 10 mail', `_25._tcp.mail TLSA 3 1 2 ${digest}`] },
        'office.example': {
          records: [`mail A ${server}`, `mail AAAA ${server6}`, `other A ${server}`, 'alias CNAME mail'],
        },
        '93.in-addr.arpa': {
          records: [
            '14.215.184 PTR mail.office.example.',
            '16.215.184 PTR mail.office.example.',
            '17.215.184 PTR mail.silent.example.',
          ],
        },
        'ip6.arpa': {
          records: [`${reverseName(server6, '').slice(0, -1)} PTR mail.office.example.`],
        },
        'silent.example': { servers: ['ns.silent.example'] },
      },
      faults: { 'ns.silent.example': 'silent' },
      resolvers: { one: 'validating', two: 'validating' },
    });
    folder = scratch('web');
    const named = Object.keys(policies).filter((name) => name !== 'stranger');
    const { certificate, key } = selfSignedFor(
      folder.path,
      named.map((name) => `mta-sts.${name}.example`),
    );
    setDefaultCACertificates([...trusted, readFileSync(certificate, 'utf8')]);
    for (const [name, how] of Object.entries(policies)) {
      if (how === 'nobody') continue;
      const {
        body,
        status = 200,
        type = 'text/plain',
      } = how === 'stranger' ? { body: policy('enforce', 'mail.stranger.example') } : how;
      const web = createWebServer(
        { cert: readFileSync(certificate), key: readFileSync(key) },
        (_, response) => {
          response
            .writeHead(status, { 'content-type': type, location: 'https://elsewhere.example/' })
            .end(body);
        },
      );
      await new Promise<void>((resolve) =>
        web.listen(443, internet.address(`mta-sts.${name}.example`), resolve),
      );
      webs.push(web);
    }
  });
  afterAll(async () => {
    setDefaultCACertificates(trusted);
    for (const web of webs) {
      web.closeAllConnections();
      await new Promise((resolve) => web.close(resolve));
    }
    folder[Symbol.dispose]();
    await internet[Symbol.asyncDispose]();
  });

  /** With a network, as any of the lab's name servers shows. */
  const settings = (more = {}) =>
    internet.settings({
      rdapBootstrap: '',
      reachabilityTargets: [`${internet.address('a.root')}:53`],
      ...more,
    });
  const relayAt = (hostname: string, ...addresses: string[]): Question['target'] => ({
    relay: { hostname, addresses },
  });
  const to = (...hosts: string[]): Question['target'] => ({
    destinations: hosts.map((host) => destinationSchema.parse({ host })),
  });
  const codes = (found: Finding[]) => Object.fromEntries(found.map(({ subject, code }) => [subject, code]));

  describe('MTA-STS', () => {
    const of = (name: string, relay?: string) =>
      askOne(mtaSts, {
        target: { domain: `${name}.example`, ...(relay === undefined ? {} : relayAt(relay)) },
        settings: settings(),
      });

    it.each([
      ['good', 'fine', null],
      ['off', 'fine', null],
      ['plain', 'not-applicable', null],
      ['noid', 'record-broken', 'attention'],
      ['nohost', 'policy-missing', 'attention'],
      ['trial', 'mx-not-named-yet', 'attention'],
      ['wrong', 'mx-not-named', 'urgent'],
      ['torn', 'policy-broken', 'attention'],
      ['page', 'policy-broken', 'attention'],
      ['gone', 'policy-missing', 'attention'],
      ['moved', 'policy-missing', 'attention'],
      ['closed', 'policy-missing', 'attention'],
      ['stranger', 'policy-missing', 'attention'],
    ])('of %s.example: %s', async (name, code, severity) => {
      const found = await of(name);
      expect([found.code, found.severity, found.summary]).toEqual([code, severity, expect.any(String)]);
    });

    it('is to name the relay before the MX does', async () => {
      expect((await of('good', 'in.relays.example')).code).toBe('fine');
      expect((await of('good', 'relay.good.example')).code).toBe('relay-not-named');
    });

    it('says what is wrong with the web server', async () => {
      expect((await of('stranger')).summary).toContain('its certificate is for another name');
      expect((await of('closed')).summary).toContain('connection refused');
    });

    it('is not judged by a web server that is not reached for want of a network', async () => {
      const found = await askOne(mtaSts, {
        target: { domain: 'closed.example' },
        settings: settings({ reachabilityTargets: ['127.0.0.1:9', '127.0.0.2:9'] }),
      });
      expect(found.state).toBe('could-not-check');
    });
  });

  describe('DANE', () => {
    it.each([
      ['secure', 'fine', null],
      ['unsigned', 'unsigned', 'attention'],
      ['late', 'bogus', 'urgent'],
      ['web', 'unusable', 'attention'],
      ['short', 'malformed', 'urgent'],
      ['plain', 'not-applicable', null],
    ])('of %s.example: %s', async (name, code, severity) => {
      const found = await askOne(dane, { target: { domain: `${name}.example` }, settings: settings() });
      expect([found.code, found.severity]).toEqual([code, severity]);
    });

    it('is not judged without a resolver that checks signatures', async () => {
      const nowhere = (await internet.cutOff()).publicResolvers;
      const found = await askOne(dane, {
        target: { domain: 'secure.example' },
        settings: settings({ publicResolvers: nowhere }),
      });
      expect(found.state).toBe('could-not-check');
    });
  });

  it('addresses have names that lead back, or not', async () => {
    const found = await ask(ptr, {
      target: {
        domain: '',
        ...to(server, unnamed, astray, lost),
        ...relayAt('mail.office.example', server6),
      },
      settings: settings(),
    });
    expect(codes(found)).toEqual({
      [server]: 'confirmed',
      [server6]: 'confirmed',
      [unnamed]: 'missing',
      [astray]: 'not-confirmed',
      [lost]: 'could-not-check',
    });
    expect(found.find(({ subject }) => subject === astray)?.summary).toBe(
      `The address ${astray} (the server) has the name mail.office.example, which does not lead back to it.`,
    );
  });

  it.each<[string, string[], string]>([
    ['mail.office.example', [server], 'fine'],
    ['alias.office.example', [server6], 'fine'],
    ['mail.office.example', [unnamed], 'elsewhere'],
    ['nobody.office.example', [], 'not-known'],
    ['localhost', [], 'no-name'],
    ['mail.localdomain', [], 'no-name'],
    ['mail.silent.example', [], 'could-not-check'],
  ])('the relay calls itself %s at %j: %s', async (hostname, addresses, code) => {
    const found = await askOne(helo, {
      target: { domain: '', ...relayAt(hostname, ...addresses) },
      settings: settings(),
    });
    expect(found.code).toBe(code);
  });

  it.each([
    ['220 mail.office.example ESMTP Postfix\r\n', 'fine'],
    ['220-mail.office.example\r\n220 hello\r\n', 'fine'],
    ['220 OFFICE-SERVER ESMTP\r\n', 'no-name'],
    ['220 [192.0.2.1] hello\r\n', 'no-name'],
    ['220 nobody.office.example ESMTP\r\n', 'not-known'],
    ['554 go away\r\n', 'could-not-check'],
    ['', 'could-not-check'],
  ])('the server greets with %j: %s', async (greeting, code) => {
    const smtp = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(greeting);
    });
    await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
    const { port } = smtp.address() as { port: number };
    const destinations = [destinationSchema.parse({ host: '127.0.0.1', port })];
    const found = await askOne(helo, { target: { domain: '', destinations }, settings: settings() });
    await new Promise((resolve) => smtp.close(resolve));
    expect(found.code).toBe(code);
  });

  it('could not be asked for when nothing answers', async () => {
    const cut = await internet.cutOff();
    const target = { domain: 'good.example', ...to(server), ...relayAt('mail.office.example') };
    const found = await Promise.all(
      [mtaSts, dane, ptr, helo].map((check) => ask(check, { target, settings: cut })),
    );
    expect([...new Set(found.flat().map(({ state }) => state))]).toEqual(['could-not-check']);
  });
});
