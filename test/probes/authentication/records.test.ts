// What the domain's records say of its mail (SPF, DKIM, DMARC, TLS-RPT), well and broken, from the lab's name servers.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkNamed } from '../../../src-main/probes/catalogue.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { Finding } from '../../../shared/finding.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { ask } from '../asking.ts';
import { codesOf } from '../scenario.ts';
import table, { keys, relay, server, zones } from './records.scenarios.ts';
import type { RecordsWorld } from './records.scenarios.ts';

function rsa(bits: number): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}

function ed25519(): string {
  const { publicKey } = generateKeyPairSync('ed25519');
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(12).toString('base64');
}

/** As TXT records have it: in strings of 255 octets at most. */
function keyRecord(selector: string, text: string): string {
  const whole = text.replace(/RSA(\d+)/, (_, bits: string) => rsa(Number(bits))).replace('ED25519', ed25519);
  const strings = (whole.match(/.{1,250}/g) ?? []).map((part) => `"${part}"`);
  return `${selector}._domainkey TXT ${strings.join(' ')}`;
}

describe.skipIf(!hasInternet)('records', () => {
  let internet: Internet;
  beforeAll(async () => {
    const keyRecords = Object.entries(keys).flatMap(([selector, texts]) =>
      texts.map((text) => keyRecord(selector, text)),
    );
    internet = await Internet.start({
      zones: {
        ...Object.fromEntries(
          Object.entries(zones).map(([name, records]) => [`${name}.example`, { records }]),
        ),
        'signed.example': { records: [...(zones['signed'] ?? []), ...keyRecords] },
        'silent.example': { servers: ['ns.silent.example'] },
      },
      faults: { 'ns.silent.example': 'silent' },
    });
  });
  afterAll(() => internet[Symbol.asyncDispose]());

  async function play(check: string, { of, servers, relay: address, selectors, network }: RecordsWorld) {
    const named = checkNamed(check);
    if (named === undefined) throw new Error(`there is no check ${check}`);
    return ask(named, {
      target: {
        domain: `${of ?? 'fine'}.example`,
        destinations: (servers ?? []).map((host) => destinationSchema.parse({ host })),
        relay: address === undefined ? null : { hostname: 'relay.example', addresses: [address] },
        selectors: selectors ?? [],
      },
      settings: network === 'cut' ? await internet.cutOff() : internet.settings({ rdapBootstrap: '' }),
    });
  }
  const playOne = async (check: string, world: RecordsWorld): Promise<Finding | undefined> =>
    (await play(check, world))[0];

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

  it('say how many questions SPF takes', async () => {
    const found = await playOne('spf', { of: 'eleven' });
    expect(found?.facts['lookups']).toBe(11);
    expect(found?.summary).toBe('The SPF record of eleven.example takes 11 DNS questions; 10 are allowed.');
    expect((await playOne('spf', { of: 'two', servers: [server] }))?.facts).toMatchObject({
      lookups: 2,
      void: 2,
    });
  });

  it('say which machine SPF does not cover', async () => {
    const world = { of: 'fine', servers: [server, relay] };
    expect((await playOne('spf', world))?.summary).toContain(`does not cover the server’s address ${relay}:`);
  });

  it('say how long a DKIM key is', async () => {
    const found = await playOne('dkim', { of: 'signed', selectors: ['weak'] });
    expect([found?.subject, found?.facts]).toEqual(['weak', { type: 'rsa', bits: 512 }]);
  });

  it('say who does not take DMARC reports', async () => {
    expect((await playOne('dmarc', { of: 'aside' }))?.summary).toBe(
      'DMARC reports about aside.example are to go to refuser.example, which has not said that it wants them.',
    );
  });
});
