// The check that compares a server with what earlier runs saw, in every sequence of its table.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../shared/finding.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import { moved } from '../../../src-main/probes/smtp/server-moved.check.ts';
import { selfSigned } from '../../lab/certificates.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { scratch } from '../../lab/scratch.ts';
import type { Scratch } from '../../lab/scratch.ts';
import { ask } from '../asking.ts';
import { codesOf } from '../scenario.ts';
import table from './moved.scenarios.ts';
import type { Face, Look, Machine, MovedWorld } from './moved.scenarios.ts';

const DAY = 86_400_000;
const domain = 'office.example';
const mail = `mail.${domain}`;

describe.skipIf(!hasInternet)('server-moved', () => {
  let folder: Scratch;
  const secrets = new Map<string, { key: string; cert: string }>();

  beforeAll(() => {
    folder = scratch('moved');
    for (const [which, name] of [
      ['first', 'mail.office'],
      ['renewed', 'mail.office'],
      ['other', 'fresh.hosting'],
    ] as const) {
      const own = join(folder.path, which);
      mkdirSync(own);
      const { certificate, key } = selfSigned(own, name);
      secrets.set(which, { key: readFileSync(key, 'utf8'), cert: readFileSync(certificate, 'utf8') });
    }
  });
  afterAll(() => {
    folder[Symbol.dispose]();
  });

  function serve({ name, software, certificate }: Face, address: string): Promise<AsyncDisposable> {
    const server = new SMTPServer({
      ...{ name, banner: software, authOptional: true, disableReverseLookup: true },
      ...(certificate === null ? { disabledCommands: ['STARTTLS'] } : secrets.get(certificate)),
    });
    server.on('error', () => undefined);
    return new Promise((resolve) => {
      server.listen(25, address, () =>
        resolve({
          [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
        }),
      );
    });
  }

  /** Looks one after another; each knows what those before it found. Returns what each found. */
  async function play({ looks }: MovedWorld): Promise<{ found: Finding[][]; internet: Internet }> {
    const records = ({ leads = [], mx = '' }: Look) => [
      `@ MX 10 ${mx}.`,
      ...leads.map((machine) => `mail A ${internet.address(machine)}`),
    ];
    await using internet = await Internet.start({ zones: { [domain]: {} } });
    const past: Finding[] = [];
    const found: Finding[][] = [];
    let day = 0;
    for (const look of looks) {
      const { answers = {}, route, relay, network, after = 0 } = look;
      day += after;
      await internet.change(domain, { records: records(look) });
      await using open = new AsyncDisposableStack();
      for (const [machine, face] of Object.entries(answers))
        open.use(await serve(face, internet.address(machine as Machine)));
      const host = route === 'address' ? internet.address('old') : mail;
      const all = await ask(moved, {
        target: {
          domain,
          destinations: route === 'none' ? [] : [destinationSchema.parse({ host })],
          relay: relay === undefined ? null : { hostname: relay, addresses: [] },
        },
        settings: network === 'cut' ? await internet.cutOff() : internet.settings(),
        now: () => Date.now() + day * DAY,
        past: {
          findings: (_, subject) =>
            Promise.resolve(past.filter((one) => subject === undefined || one.subject === subject)),
        },
      });
      past.unshift(...all);
      found.push(all);
    }
    return { found, internet };
  }

  for (const { name, finds, world } of table) {
    it.concurrent(name, async () => {
      const { found } = await play(world);
      const last = found.at(-1) ?? [];
      expect(codesOf(last), last.map(({ summary }) => summary).join('\n')).toEqual(finds);
      for (const { evidence, summary } of last) expect(evidence.length, summary).toBeGreaterThan(0);
    });
  }

  it('tells each thing as it is, as it was, and when it changed, and goes on telling it', async () => {
    const face: Face = { name: mail, software: 'Postfix', certificate: 'first' };
    const before: Look = { leads: ['old'], answers: { old: face }, mx: mail };
    const after: Look = {
      leads: ['new'],
      answers: { new: { ...face, name: 'new.office.example', certificate: 'renewed' } },
      mx: 'relay.example',
    };
    const { found, internet } = await play({ looks: [before, after, { ...after, after: 2 }] });
    const of = (n: number, subject: string) => found[n]?.find((one) => one.subject === subject);
    const [second, third] = [of(1, mail), of(2, mail)];
    const at = expect.any(Number) as number;
    expect(second?.facts).toMatchObject({
      addresses: { now: [internet.address('new')], before: [internet.address('old')], changedAt: at },
      banner: { now: { name: 'new.office.example' }, before: { name: mail }, changedAt: at },
      certificate: { now: { names: [mail] }, before: { names: [mail] }, changedAt: at },
    });
    expect(third?.code).toBe('moved');
    expect(third?.facts).toEqual(second?.facts);
    expect(third?.summary).toBe(second?.summary);
    expect(of(2, 'MX')?.facts).toMatchObject({
      mx: {
        now: [{ preference: 10, exchange: 'relay.example' }],
        before: [{ preference: 10, exchange: mail }],
        changedAt: at,
      },
    });
  });

  it('says where the server went, and whether it answers there', async () => {
    const face: Face = { name: mail, software: 'Postfix', certificate: 'first' };
    const { found, internet } = await play({
      looks: [
        { route: 'address', leads: ['old'], answers: { old: face }, mx: mail },
        { route: 'address', leads: ['new'], answers: { new: face }, mx: mail },
      ],
    });
    const away = found[1]?.find(({ code }) => code === 'moved-away');
    const [old, now] = [internet.address('old'), internet.address('new')];
    expect(away?.summary).toBe(
      `No server answers at ${old}, where the route leads; ${mail} leads to ${now} now, where a server answers.`,
    );
    expect(away?.severity).toBe('urgent');
  });
});
