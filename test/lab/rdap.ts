// The registry's RDAP server of the lab: standard answers (RFC 9083), and switches for the ways in which real ones disappoint.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface RegisteredDomain {
  /** ISO date; left out as registries do that do not tell. */
  expires?: string;
  registrarExpires?: string;
  /** RDAP's words: `active`, `client hold`, `redemption period`. */
  status?: string[];
  registrar?: string;
}

export type RdapManner =
  | { is: 'well' }
  /** 429 for so many questions, asking for a rest of so many seconds. */
  | { is: 'busy'; times: number; retryAfter: string }
  | { is: 'silent' }
  | { is: 'endless' }
  | { is: 'failing'; status: number; body?: string; type?: string }
  /** Sends on to another server, or wherever it is told to. */
  | { is: 'elsewhere'; to: (path: string) => string };

export class RdapServer implements AsyncDisposable {
  manner: RdapManner = { is: 'well' };
  readonly domains = new Map<string, RegisteredDomain>();
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = [];
  /** What `/dns.json` serves: endings and their servers, as IANA's list has them. */
  bootstrap: [string[], string[]][] = [];
  readonly #server: Server;
  readonly #scheme: string;
  readonly #host: string;

  private constructor(host: string, tls?: { certificate: string; key: string }) {
    this.#host = host;
    this.#scheme = tls ? 'https' : 'http';
    const answer = (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response);
    this.#server = tls
      ? createSecureServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, answer)
      : createServer(answer);
  }

  static async start({
    host = '127.0.0.1',
    tls,
  }: {
    host?: string;
    tls?: { certificate: string; key: string };
  } = {}): Promise<RdapServer> {
    const made = new RdapServer(host, tls);
    await new Promise<void>((resolve, reject) => {
      made.#server.once('error', reject);
      made.#server.listen(0, host, resolve);
    });
    return made;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://${this.#host}:${port}/`;
  }

  #answer({ url = '/' }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url);
    const { manner } = this;
    switch (manner.is) {
      case 'silent':
        return;
      case 'endless':
        response.writeHead(200, { 'content-type': 'application/rdap+json' });
        pour(response);
        return;
      case 'failing':
        response.writeHead(manner.status, { 'content-type': manner.type ?? 'text/html' });
        response.end(manner.body ?? '<h1>It does not work</h1>');
        return;
      case 'elsewhere':
        response.writeHead(302, { location: manner.to(url) }).end();
        return;
      case 'busy':
        if (manner.times > 0) {
          manner.times -= 1;
          response.writeHead(429, { 'retry-after': manner.retryAfter }).end();
          return;
        }
        break;
      case 'well':
    }
    if (url === '/dns.json') {
      json(response, 200, 'application/json', {
        version: '1.0',
        publication: '2026-11-01T00:00:00Z',
        description: 'RDAP bootstrap file for Domain Name System registrations',
        services: this.bootstrap,
      });
      return;
    }
    const name = /^\/domain\/([\w.-]+)$/.exec(url)?.[1];
    const domain = name === undefined ? undefined : this.domains.get(name);
    if (name === undefined || domain === undefined)
      json(response, 404, 'application/rdap+json', { errorCode: 404, title: 'Not Found' });
    else json(response, 200, 'application/rdap+json', record(name, domain));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function record(name: string, { expires, registrarExpires, status, registrar }: RegisteredDomain) {
  const event = (eventAction: string, eventDate: string | undefined) =>
    eventDate === undefined ? [] : [{ eventAction, eventDate }];
  return {
    rdapConformance: ['rdap_level_0', 'icann_rdap_response_profile_1'],
    objectClassName: 'domain',
    handle: 'LAB-1',
    ldhName: name.toUpperCase(),
    status: status ?? ['active'],
    events: [
      ...event('registration', '2001-02-03T04:05:06Z'),
      ...event('expiration', expires),
      ...event('registrar expiration', registrarExpires),
      ...event('last update of RDAP database', '2026-11-01T00:00:00Z'),
    ],
    entities:
      registrar === undefined
        ? []
        : [
            {
              objectClassName: 'entity',
              handle: '9999',
              roles: ['registrar'],
              vcardArray: [
                'vcard',
                [
                  ['version', {}, 'text', '4.0'],
                  ['fn', {}, 'text', registrar],
                ],
              ],
            },
          ],
    nameservers: [{ objectClassName: 'nameserver', ldhName: `ns1.${name}` }],
  };
}

function json(response: ServerResponse, status: number, type: string, body: unknown): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

/** Sends as fast as it is taken, until the other side has had enough. */
function pour(response: ServerResponse): void {
  const piece = Buffer.alloc(65_536, ' ');
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}
