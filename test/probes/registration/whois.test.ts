// Where WHOIS is not asked: at home, when only a public server says so.
import { expect, it } from 'vitest';
import { askWhois } from '../../../src-main/probes/registration/whois.ts';
import { World } from '../../../src-main/probes/world.ts';
import { settingsSchema } from '../../../shared/settings.ts';

it('a public WHOIS server is not looked for in the office’s own network', async () => {
  const { signal } = new AbortController();
  const world = new World({ settings: settingsSchema.parse({}).probes }, signal);
  // As a forged answer of DNS would have it.
  await world.once('any addresses of whois.iana.org', () => Promise.resolve(['10.0.0.1', '::1']));
  await expect(askWhois('office.example', world, signal)).rejects.toThrow(
    'it is at 10.0.0.1, ::1, which is no address of the public Internet',
  );
});
