// Servers with several addresses, servers that are away, and Mailward's own door: what needs a network made for the question.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../shared/finding.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import { ownRelay } from '../../../src-main/probes/smtp/own-relay.check.ts';
import { reachable } from '../../../src-main/probes/smtp/reachable.check.ts';
import { askApart, canBeApart, oneRouter } from '../../lab/apart.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { Service } from '../../lab/mailward.ts';
import { hasInternet } from '../../lab/packages.ts';
import { isListening } from '../../lab/ports.ts';
import { Sink } from '../../lab/sink.ts';
import { ask } from '../asking.ts';

const short = (found: Finding[]) => found.map(({ subject, code }) => `${subject} ${code}`).sort();
const relay = (...addresses: string[]) => ({ relay: { hostname: 'relay.example.net', addresses } });

describe.skipIf(!hasInternet)('a server with several addresses', () => {
  it('of which one answers is reachable, and the other is pointed out', async () => {
    await using internet = await Internet.start({
      zones: { 'office.example': { records: ['mail A 127.0.0.1', 'mail A 127.77.0.9'] } },
    });
    await using office = await new Sink().start();
    const found = await ask(reachable, {
      target: { destinations: [destinationSchema.parse({ host: 'mail.office.example', port: office.port })] },
      settings: internet.settings(),
    });
    expect(short(found)).toEqual([
      `127.0.0.1 port ${office.port} answers`,
      `127.77.0.9 port ${office.port} partly`,
    ]);
    expect(found.find(({ code }) => code === 'partly')?.severity).toBe('attention');
  });

  it('whose name cannot be looked up could not be checked', async () => {
    const found = await ask(reachable, {
      target: { destinations: [destinationSchema.parse({ host: 'mail.office.example' })] },
    });
    expect(short(found)).toEqual(['mail.office.example could-not-check']);
  });
});

describe.skipIf(!canBeApart)('a server that is away', () => {
  const job = {
    checks: ['server-reachable'],
    target: { destinations: ['10.0.2.77'].map((host) => destinationSchema.parse({ host })) },
  };
  const targets = { reachabilityTargets: ['127.1.0.1:443', '127.2.0.1:443'] };

  it('is silent when there is a network, and only not heard when there may be none', async () => {
    const [online, offline] = await askApart(oneRouter, [
      { ...job, servers: { '127.1.0.1:443': '', '127.2.0.1:443': '' }, settings: targets },
      { ...job, settings: targets },
    ]);
    expect(short(online ?? [])).toEqual(['10.0.2.77 silent']);
    expect(short(offline ?? [])).toEqual(['10.0.2.77 could-not-check']);
  });
});

// Everybody's mail comes to port 25, which only root may listen on.
describe.skipIf(process.getuid?.() !== 0)('Mailward’s own door', () => {
  it('takes the domain’s mail and nobody else’s', async () => {
    await using service = await Service.start({ smtp: '127.77.0.1:25' });
    expect(short(await ask(ownRelay, { target: relay('127.77.0.1') }))).toEqual(['127.77.0.1 not-for-us']);
    await service.addDomain('example.com', '127.0.0.1:9');
    expect(short(await ask(ownRelay, { target: relay('127.77.0.1') }))).toEqual(['127.77.0.1 closed']);
  });

  it('is open when something else stands there and takes everything', async () => {
    await using sink = await new Sink({ host: '127.77.0.2', port: 25 }).start();
    const found = await ask(ownRelay, { target: relay(sink.host) });
    expect(short(found)).toEqual(['127.77.0.2 open']);
    expect(sink.taken).toBe(0);
  });

  it('that refuses connections is shut, if there is a network at all', async () => {
    expect(await isListening('127.77.0.3', 25)).toBe(false);
    await using somebody = await new Sink({ host: '0.0.0.0' }).start();
    const places = ['127.1.0.1', '127.2.0.1'].map((host) => `${host}:${somebody.port}`);
    const shut = await ask(ownRelay, {
      target: relay('127.77.0.3'),
      settings: { reachabilityTargets: places },
    });
    expect(short(shut)).toEqual(['127.77.0.3 refused']);
    expect(short(await ask(ownRelay, { target: relay('127.77.0.3') }))).toEqual([
      '127.77.0.3 could-not-check',
    ]);
  });

  it('is asked about only where it is known', async () => {
    expect((await ask(ownRelay, {})).map(({ code }) => code)).toEqual(['not-applicable']);
  });
});
