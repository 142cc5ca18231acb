// A domain in which all is well, with everything that checks ask about it: name servers, resolvers, a registry, blocklists, a mail server.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { runChecks } from '../../src-main/probes/runner.ts';
import { blocklistCatalogue } from '../../shared/blocklist-catalogue.ts';
import type { Check } from '../../src-main/probes/check.ts';
import type { Target } from '../../src-main/probes/target.ts';
import { destinationSchema } from '../../shared/domain.ts';
import type { Finding } from '../../shared/finding.ts';
import type { ProbesSettings } from '../../shared/settings-probes.ts';
import { authority } from './certificates.ts';
import { blocklist } from './internet/blocklist.ts';
import { Internet } from './internet/internet.ts';
import type { InternetOptions } from './internet/internet.ts';
import type { ZoneOptions } from './internet/zones.ts';
import { hasInternet, hasPostfix } from './packages.ts';
import { Postfix } from './postfix.ts';
import { RdapServer } from './rdap.ts';
import { scratch } from './scratch.ts';
import { TimeTeller } from './web.ts';

export const healthyDomain = 'office.example';
const mail = `mail.${healthyDomain}`;
const nameServers = [`ns1.${healthyDomain}`, `ns2.${healthyDomain}`];

/** Whether the lab's programs are here, and may listen where mail is taken. */
export const canBeHealthy = hasInternet && hasPostfix;

export class HealthyDomain implements AsyncDisposable {
  readonly internet: Internet;
  readonly settings: ProbesSettings;
  readonly target: Target;
  readonly rdap: RdapServer;
  /** The certificate of the authority that the mail server's is from, PEM. */
  readonly authority: string;
  readonly #postfix: Postfix;
  readonly #kept: AsyncDisposableStack;

  private constructor(
    parts: Pick<HealthyDomain, 'internet' | 'settings' | 'target' | 'rdap' | 'authority'>,
    postfix: Postfix,
    kept: AsyncDisposableStack,
  ) {
    this.internet = parts.internet;
    this.settings = parts.settings;
    this.target = parts.target;
    this.rdap = parts.rdap;
    this.authority = parts.authority;
    this.#postfix = postfix;
    this.#kept = kept;
  }

  /** How many connections the mail server has had. */
  connections(): number {
    return [...this.#postfix.log().matchAll(/: connect from/g)].length;
  }

  /** @param state `dead`: every name server of the domain is silent. */
  static async start(state: 'well' | 'dead' = 'well'): Promise<HealthyDomain> {
    await using kept = new AsyncDisposableStack();
    const faults: InternetOptions['faults'] =
      state === 'well' ? {} : Object.fromEntries(nameServers.map((name) => [name, 'silent' as const]));
    const internet = kept.use(
      await Internet.start({
        zones: { ...lists(), [healthyDomain]: { servers: nameServers, signed: true, ttl: 3600, records } },
        faults,
        resolvers: { one: 'validating', two: 'validating' },
      }),
    );
    const address = internet.address(mail);
    const known = authority(kept.use(scratch('healthy')).path);
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, known.pem]);
    kept.defer(() => setDefaultCACertificates(trusted));
    const { certificate, key } = known.issue(mail);
    const postfix = kept.use(
      await Postfix.start({
        ...{ host: address, port: 25, domains: [healthyDomain], mailboxes: [`postmaster@${healthyDomain}`] },
        settings: {
          myhostname: mail,
          smtpd_tls_security_level: 'may',
          smtpd_tls_chain_files: `${key} ${certificate}`,
        },
      }),
    );
    const rdap = kept.use(await RdapServer.start());
    rdap.domains.set(healthyDomain, { expires: new Date(Date.now() + 200 * 86_400_000).toISOString() });
    const clocks = [kept.use(await TimeTeller.start(0)), kept.use(await TimeTeller.start(0))];
    const settings = internet.settings({
      rdapBootstrap: '',
      rdapServers: [`example=${rdap.url}`],
      reachabilityTargets: [...clocks.map(({ place }) => place), `${address}:25`],
    });
    const target: Target = {
      domain: healthyDomain,
      destinations: [destinationSchema.parse({ host: mail })],
      ...{ relay: null, selectors: [], formerMx: [], expiresAt: null },
    };
    const parts = { internet, settings, target, rdap, authority: known.pem };
    return new HealthyDomain(parts, postfix, kept.move());
  }

  /** Asks about it; `at` says when each check had ended, ms from the beginning. */
  async ask(
    checks: readonly Check[],
    dataDir: string,
  ): Promise<{ found: Finding[]; tookMs: number; at: Map<string, number> }> {
    const started = performance.now();
    const at = new Map<string, number>();
    const found = await runChecks({
      ...{ checks, dataDir, target: this.target, settings: this.settings },
      onFinding: () => undefined,
      onDone: ({ name }) => at.set(name, performance.now() - started),
    });
    return { found, tookMs: performance.now() - started, at };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#kept.disposeAsync();
  }
}

function records(at: (host: string) => string): string[] {
  return ['@ MX 10 mail', `mail A ${at(mail)}`, '@ TXT "v=spf1 mx -all"', '_dmarc TXT "v=DMARC1; p=reject"'];
}

/** Every list of the catalogue, with its test points and nobody on it. */
function lists(): Record<string, ZoneOptions> {
  return Object.fromEntries(
    blocklistCatalogue.lists.map(({ zone, lists: kinds, testPoints, codes }) => {
      if (!kinds.includes('domain')) return [zone, blocklist()];
      const listed = { [testPoints.listed]: Object.keys(codes)[0] ?? '127.0.0.2' };
      return [zone, blocklist({ kind: 'domains', testPoints: false, listed })];
    }),
  );
}
