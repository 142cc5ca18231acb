// The check that finds out whether a server goes by the MX records, in every world of its table; and that what it warns of does happen.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../shared/finding.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import { checkNamed } from '../../../src-main/probes/catalogue.ts';
import { runChecks } from '../../../src-main/probes/runner.ts';
import { Cable } from '../../lab/cable.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { cannot } from '../../lab/office-server.ts';
import { makes } from '../../lab/office-server.ts';
import type { Make, OfficeServer } from '../../lab/office-server.ts';
import { hasOffice, startOffice } from '../../lab/office.ts';
import { hasInternet } from '../../lab/packages.ts';
import { ask, nobody } from '../asking.ts';
import type { Question } from '../asking.ts';
import { codesOf } from '../scenario.ts';
import table, { connections, domain, testRecord } from './goes-by-mx.scenarios.ts';
import type { GoesByMxWorld } from './goes-by-mx.scenarios.ts';
import { speaker } from './speaker.ts';

const mail = `mail.${domain}`;
const other = `other.${domain}`;

class Stage implements AsyncDisposable {
  readonly internet: Internet;
  /** Null: something else stands in its place. */
  readonly office: OfficeServer | null;
  readonly #world: GoesByMxWorld;
  readonly #port: number;
  readonly #address: string;
  readonly #kept: AsyncDisposableStack;

  private constructor(
    world: GoesByMxWorld,
    internet: Internet,
    office: OfficeServer | null,
    [address, port]: [string, number],
    kept: AsyncDisposableStack,
  ) {
    this.#world = world;
    this.internet = internet;
    this.office = office;
    this.#address = address;
    this.#port = port;
    this.#kept = kept;
  }

  static async build(world: GoesByMxWorld, make: Make): Promise<Stage> {
    await using kept = new AsyncDisposableStack();
    const { network, instead, goesByMx, setup = {} } = world;
    const hasCable = network === 'mute' || network === 'cut at RCPT';
    const addressOf = (at: (host: string) => string) => (hasCable ? '127.0.0.1' : at(mail));
    const zone = (more: readonly string[]) => (at: (host: string) => string) => [
      ...(world.mx ?? ['10 mail']).map((one) => `@ MX ${one}`),
      ...[`mail A ${addressOf(at)}`, `other A ${at(other)}`],
      ...more.map((record) => record.replaceAll('{mail}', addressOf(at))),
    ];
    const names = [`ns1.${domain}`, `ns2.${domain}`] as const;
    const internet = kept.use(
      await Internet.start({
        zones: {
          [domain]: {
            records: zone(world.records ?? []),
            servers:
              world.isSpreading === true
                ? { [names[0]]: {}, [names[1]]: { records: ['@ MX 10 mail'] } }
                : names,
          },
        },
        resolvers: { office: 'plain' },
      }),
    );
    const address = addressOf((host) => internet.address(host));
    if (instead !== undefined) {
      const { port } = kept.use(await speaker(instead));
      return new Stage(world, internet, null, [address, port], kept.move());
    }
    const byMx = goesByMx === true;
    const office = kept.use(
      await startOffice(
        make,
        {
          ...{ name: mail, domains: [domain] },
          mailboxes: byMx ? 'any' : [`postmaster@${domain}`, `ann@${domain}`],
          goesByMx: byMx ? internet.address('office') : null,
          ...setup,
        },
        address,
      ),
    );
    if (network === 'stopped') await office.stop();
    if (!hasCable) return new Stage(world, internet, office, [address, office.port], kept.move());
    const cable = kept.use(await Cable.to(office.host, office.port));
    if (network === 'mute') cable.mute();
    else cable.cutAt('RCPT');
    return new Stage(world, internet, office, [address, cable.port], kept.move());
  }

  async question(): Promise<Question> {
    const { route, network, relay } = this.#world;
    const hosts = { address: [this.#address], both: [mail, other], name: [mail] }[route ?? 'name'];
    return {
      target: {
        domain,
        destinations: hosts.map((host) => destinationSchema.parse({ host, port: this.#port })),
        relay: relay === undefined ? null : { hostname: relay, addresses: [] },
      },
      settings: network === 'down' ? await this.internet.cutOff() : this.internet.settings(),
    };
  }

  async ask(name = 'goes-by-mx'): Promise<Finding[]> {
    return ask(checkNamed(name)!, await this.question());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept[Symbol.asyncDispose]();
  }
}

/** The makes that a world can be built with; one where no server of the lab is needed. */
function makesOf({ makes: wanted, goesByMx, instead, setup = {} }: GoesByMxWorld): Make[] {
  if (instead !== undefined) return ['postfix'];
  const all: readonly Make[] = wanted ?? makes;
  return all.filter((make) =>
    cannot[make].every((key) => !(key in setup) && !(key === 'goesByMx' && goesByMx === true)),
  );
}

for (const make of makes) {
  describe.skipIf(!hasInternet || !hasOffice(make))(`goes-by-mx with ${make}`, () => {
    for (const { name, finds, world } of table.filter((row) => makesOf(row.world).includes(make))) {
      it.concurrent(name, async () => {
        await using stage = await Stage.build(world, make);
        const found = await stage.ask();
        const said = found.map(({ code, summary }) => `${code}: ${summary}`).join('\n');
        expect(codesOf(found), said).toEqual(finds);
        for (const { evidence, summary } of found) {
          expect(evidence.length, `no evidence for: ${summary}`).toBeGreaterThan(0);
          expect(summary).not.toContain('\n');
        }
      });
    }
  });
}

describe.skipIf(!hasInternet || !hasOffice('exim'))('what goes-by-mx warns of', () => {
  const healthy: GoesByMxWorld = { records: [testRecord] };
  const trusting: GoesByMxWorld = { ...healthy, goesByMx: true, setup: { domains: [] } };

  /** Moves the MX to Mailward, as everybody sees it from then on. */
  async function moveMx({ internet }: Stage): Promise<void> {
    const at = (host: string) => internet.address(host);
    await internet.change(domain, {
      records: [`@ MX 10 other`, `mail A ${at(mail)}`, `other A ${at(other)}`],
    });
    await internet.restartResolver('office');
  }

  it.each(['exim', 'sendmail'] as const)('happens when the MX is moved (%s)', async (make) => {
    await using stage = await Stage.build(trusting, make);
    expect(codesOf(await stage.ask('relay-denied'))).toEqual(['home']);
    expect(codesOf(await stage.ask())).toEqual(['by-mx']);
    await moveMx(stage);
    expect(codesOf(await stage.ask('relay-denied'))).toEqual(['relay-denied']);
  });

  it('does not happen when the server has the domain in its configuration as well', async () => {
    await using stage = await Stage.build({ ...trusting, setup: { domains: [domain] } }, 'exim');
    const [found] = await stage.ask();
    expect(found?.code).toBe('by-mx');
    expect(found?.summary).toContain(`if it does not know ${domain} otherwise`);
    await moveMx(stage);
    expect(codesOf(await stage.ask('relay-denied'))).toEqual(['home']);
  });

  it('does not happen to a server of which it says that it goes by its configuration', async () => {
    await using stage = await Stage.build(healthy, 'exim');
    expect(codesOf(await stage.ask())).toEqual(['by-configuration']);
    await moveMx(stage);
    expect(codesOf(await stage.ask('relay-denied'))).toEqual(['home']);
  });

  it('is mended by entering the domain, as the manual says', async () => {
    await using stage = await Stage.build(trusting, 'exim');
    await stage.office!.change({ domains: [domain], goesByMx: null });
    expect(codesOf(await stage.ask())).toEqual(['by-configuration']);
  });
});

describe.skipIf(!hasInternet || !hasOffice('exim'))('goes-by-mx', () => {
  it('asks DNS alone as long as there is no test record, and says exactly how to add it', async () => {
    await using stage = await Stage.build({}, 'exim');
    const [found] = await stage.ask();
    expect(found?.summary).toBe(
      `There is no test record yet: add “mailward-test.${domain}. 300 IN MX 10 ${mail}.” to the zone, test again, and remove it afterwards; it carries no mail and changes nothing else.`,
    );
    expect(found?.state).toBe('not-applicable');
    expect(stage.office!.log()).not.toContain('127.0.0.1');
  });

  it('has a backup imitated by records like the domain’s own', async () => {
    await using stage = await Stage.build({ mx: ['10 other', '20 mail'] }, 'exim');
    const [found] = await stage.ask();
    expect(found?.summary).toContain(
      `add “mailward-test.${domain}. 300 IN MX 10 ${other}.” and “mailward-test.${domain}. 300 IN MX 20 ${mail}.” to the zone`,
    );
  });

  it('finds out with one connection beside the one that all checks share, and leaves them theirs where two are all', async () => {
    const world: GoesByMxWorld = { records: [testRecord], setup: connections(2) };
    await using stage = await Stage.build(world, 'postfix');
    const { target, settings } = await stage.question();
    const names = ['relay-denied', 'unknown-recipient', 'postmaster', 'server-open-relay', 'goes-by-mx'];
    const found = await runChecks({
      checks: names.map((name) => checkNamed(name)!),
      target: { ...nobody, ...target },
      settings: stage.internet.settings(settings),
      onFinding: () => undefined,
    });
    expect(found.map(({ check, state }) => [check, state]).sort()).toEqual(
      names.map((name) => [name, 'ok']).sort(),
    );
    // The first is the lab's own.
    expect(stage.office!.log().match(/: connect from/g)).toHaveLength(3);
  });

  it('says what the server said of the test name, and never goes beyond RCPT', async () => {
    await using stage = await Stage.build(
      { records: [testRecord], goesByMx: true, setup: { domains: [] } },
      'exim',
    );
    const [found] = await stage.ask();
    expect(found).toMatchObject({
      severity: 'attention',
      facts: { testName: `mailward-test.${domain}`, answer: '250 Accepted' },
    });
    const asked = found?.evidence.map((one) => one.asked) ?? [];
    // Each in a transaction of its own: some servers take one recipient of a bounce alone.
    expect(
      asked.slice(asked.indexOf('MAIL FROM:<>')).map((line) => line.replace(/[0-9a-f]{12}/, '…')),
    ).toEqual([
      ...['MAIL FROM:<>', `RCPT TO:<postmaster@mailward-test.${domain}>`, 'RSET'],
      ...['MAIL FROM:<>', `RCPT TO:<postmaster@mailward-….${domain}>`, 'RSET'],
      ...['MAIL FROM:<>', 'RCPT TO:<mailward-question@example.org>', 'RSET', 'QUIT'],
    ]);
  });
});
