// MX targets of which name servers say what no real one would: for the check must neither believe it nor blame somebody else.
import { describe, expect, it } from 'vitest';
import { mx } from '../../../src-main/probes/dns/mx.check.ts';
import { Forger } from '../../lab/internet/forger.ts';
import type { Said } from '../../lab/internet/forger.ts';
import { ask } from '../asking.ts';

const zone = 'office.example';
const host = 'mail.office.example';
const soa = { mname: 'ns', rname: 'x', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 };
const usual: Record<string, Said['answers']> = {
  [`SOA ${zone}`]: [[zone, 'SOA', soa]],
  [`NS ${zone}`]: [[zone, 'NS', `ns.${zone}`]],
  [`A ns.${zone}`]: [[`ns.${zone}`, 'A', '127.0.0.1']],
  [`MX ${zone}`]: [[zone, 'MX', { preference: 10, exchange: host }]],
};

/** A name server that says this of the MX target, and of everything else what is usual. */
async function found(of: Record<string, Said[]>) {
  await using server = await Forger.start(({ name, type }) => {
    const own = name.toLowerCase() === host ? of[type] : undefined;
    if (own !== undefined) return own;
    const answers = usual[`${type} ${name.toLowerCase()}`];
    return [answers === undefined ? { authorities: [[zone, 'SOA', soa]] } : { answers }];
  });
  return await ask(mx, {
    target: { domain: zone },
    settings: {
      alsoPublic: ['192.0.2.0/24', '2001:db8::/32'],
      ...{ rootServers: [server.address], dnsPort: server.port, publicResolvers: [server.address] },
    },
  });
}

const v4: Said[] = [{ answers: [[host, 'A', '192.0.2.1']] }];
const inside: Said[] = [{ answers: [[host, 'A', '10.0.0.1']] }];
const v6: Said[] = [{ answers: [[host, 'AAAA', '2001:db8::1']] }];
const no: Said[] = [{ rcode: 3, authorities: [[zone, 'SOA', soa]] }];
const fails: Said[] = [{ rcode: 2, aa: false }];

describe('a mail server whose name is', () => {
  it.each([
    ['there for IPv4 and denied for IPv6', { A: v4, AAAA: no }, ['target-contradicted']],
    ['there for IPv6 and denied for IPv4', { A: no, AAAA: v6 }, ['ipv6-only', 'target-contradicted']],
    ['denied for IPv4, and without IPv6 address', { A: no, AAAA: [{}] }, ['no-target-found']],
    ['there for IPv6, and nobody says anything of IPv4', { A: fails, AAAA: v6 }, ['could-not-check']],
    ['there for IPv4, and nobody says anything of IPv6', { A: v4, AAAA: fails }, ['fine']],
    [
      'at a private IPv4 address, and nobody says anything of IPv6',
      { A: inside, AAAA: fails },
      ['could-not-check'],
    ],
    ['without IPv4 address, and nobody says anything of IPv6', { A: [{}], AAAA: fails }, ['could-not-check']],
  ])('%s', async (_, of, codes) => {
    const all = await found(of);
    expect(all.map(({ code }) => code).sort()).toEqual(codes);
    const [first] = all.filter(({ code }) => code.startsWith('target'));
    // Who said so, and what exactly.
    if (first !== undefined) {
      const said = first.evidence.map(({ asked, answer }) => `${asked}: ${answer.split('\n')[0] ?? ''}`);
      expect(said).toContain(`${of.A === no ? 'A' : 'AAAA'} ${host}: NXDOMAIN, authoritative`);
    }
  });
});
