// Where WHOIS is not asked: at home, when only a public server says so.
import { expect, it } from 'vitest';
import { askWhois } from '../../../src-main/probes/registration/whois.ts';
import { World } from '../../../src-main/probes/world.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { WhoisServer } from '../../lab/whois.ts';

it('a public WHOIS server is not looked for in the office’s own network', async () => {
  const { signal } = new AbortController();
  const world = new World({ settings: settingsSchema.parse({}).probes }, signal);
  // As a forged answer of DNS would have it.
  await world.once('any addresses of whois.iana.org', () => Promise.resolve(['10.0.0.1', '::1']));
  await expect(askWhois('office.example', world, signal)).rejects.toThrow(
    'it is at 10.0.0.1, ::1, which is no address of the public Internet',
  );
});

it('a WHOIS server that the admin named leads to no other in the office’s own network', async () => {
  await using iana = await WhoisServer.start();
  iana.otherwise = 'refer: 127.0.0.2:43\n';
  const { signal } = new AbortController();
  const ask = (...whoisServers: string[]) => {
    const settings = settingsSchema.parse({ probes: { whoisServers } }).probes;
    return askWhois('office.example', new World({ settings }, signal), signal);
  };
  await expect(ask(`.=${iana.place}`)).rejects.toThrow(
    'it is at 127.0.0.2, which is no address of the public Internet',
  );
  // Named itself, it is asked; nobody is there.
  await expect(ask(`.=${iana.place}`, 'other=127.0.0.2')).rejects.toThrow('connection refused');
});
