// A small DNS server in the test's own process: answers from a table over UDP on loopback, and counts what it was asked.
import { createSocket, type Socket } from 'node:dgram';
import packet from 'dns-packet';

/** What a name has: texts for A, AAAA, PTR and TXT; or how the question is answered instead. */
export type Zone = Record<string, Record<string, string[]> | 'servfail' | 'silence'>;

const REFUSAL = { servfail: 2, nxdomain: 3 };

export class NameServer implements AsyncDisposable {
  zone: Zone;
  /** Seconds. */
  ttl = 60;
  /** `TYPE name`, in the order of asking. */
  readonly asked: string[] = [];
  readonly #socket: Socket = createSocket('udp4');

  constructor(zone: Zone) {
    this.zone = zone;
  }

  async start(): Promise<this> {
    this.#socket.on('message', (message, from) => {
      const query = packet.decode(message);
      const [question] = query.questions;
      if (!question) return;
      const name = question.name.toLowerCase();
      this.asked.push(`${question.type} ${name}`);
      const known = this.zone[name];
      if (known === 'silence') return;
      const refused = known === 'servfail' ? REFUSAL.servfail : known === undefined ? REFUSAL.nxdomain : 0;
      const data = typeof known === 'object' ? (known[question.type] ?? []) : [];
      const answers = data.map((one) => ({
        type: question.type,
        name: question.name,
        ttl: this.ttl,
        // A string in a TXT record has at most 255 octets.
        data: question.type === 'TXT' ? (one.match(/.{1,255}/g) ?? ['']) : one,
      }));
      const flags = packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | refused;
      const answer = packet.encode({
        type: 'response',
        id: query.id,
        flags,
        questions: [question],
        answers,
      });
      this.#socket.send(answer, from.port, from.address);
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return this;
  }

  /** As `filters.resolvers` takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}
