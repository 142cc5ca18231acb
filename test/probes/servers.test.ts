// Whom the checks visit: the servers that an admin's route names wherever they are; those that a stranger's DNS names only on the Internet.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reachable } from '../../src-main/probes/smtp/server-reachable.check.ts';
import { destinationSchema } from '../../shared/domain.ts';
import { Internet } from '../lab/internet/internet.ts';
import { hasInternet } from '../lab/packages.ts';
import { Sink } from '../lab/sink.ts';
import { ask } from './asking.ts';

describe.skipIf(!hasInternet)('servers that are visited', () => {
  let internet: Internet;
  beforeAll(async () => {
    internet = await Internet.start({
      zones: {
        'inward.example': { records: ['@ MX 10 mail', 'mail A 127.77.0.30', 'mail AAAA ::1'] },
        'mapped.example': { records: ['@ MX 10 mail', 'mail AAAA ::ffff:127.77.0.30'] },
        'bare.example': { records: ['@ A 127.77.0.30'] },
      },
    });
  });
  afterAll(() => internet[Symbol.asyncDispose]());

  it.each(['inward', 'mapped', 'bare'])(
    'a domain’s own DNS leads no question to this machine: %s',
    async (name) => {
      await using sink = await new Sink({ host: '127.77.0.30', port: 25 }).start();
      const found = await ask(reachable, {
        target: { domain: `${name}.example` },
        settings: internet.settings({ alsoPublic: [] }),
      });
      expect(found.map(({ code }) => code)).toEqual(['could-not-check']);
      expect(found[0]?.summary).toContain('which is not on the public Internet, so it was not asked.');
      expect(sink.connections).toBe(0);
    },
  );

  it('a route of the admin’s own leads into the office’s network', async () => {
    await using sink = await new Sink({ host: '127.77.0.30', port: 25 }).start();
    const found = await ask(reachable, {
      target: {
        domain: 'inward.example',
        destinations: [destinationSchema.parse({ host: sink.host, port: sink.port })],
      },
      settings: internet.settings({ alsoPublic: [] }),
    });
    expect(found.map(({ code }) => code)).toEqual(['answers']);
  });
});
