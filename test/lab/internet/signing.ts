// DNSSEC for the lab's zones: keys and signatures made by the ldns tools.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needProgram } from '../packages.ts';
import { dotted } from './zones.ts';

const run = promisify(execFile);
const day = 86_400;

export class Signer {
  readonly #folder: string;
  readonly #keys = new Map<string, Promise<string>>();
  #count = 0;

  constructor(folder: string) {
    this.#folder = join(folder, 'keys');
    mkdirSync(this.#folder);
  }

  /** The DS record that the zone above needs. */
  async ds(zone: string): Promise<string> {
    const base = await this.#key(zone);
    return readFileSync(join(this.#folder, `${base}.ds`), 'utf8').trim();
  }

  /** A zone file with signatures. @param seconds from now to their end; negative: they have ended. */
  async sign(zone: string, content: string, seconds: number): Promise<string> {
    const base = await this.#key(zone);
    this.#count += 1;
    const plain = join(this.#folder, `zone-${this.#count}`);
    writeFileSync(plain, content);
    await run(
      needProgram('ldns-signzone'),
      [
        ...['-i', stamp(Math.min(-day, seconds - day)), '-e', stamp(seconds)],
        ...['-f', `${plain}.signed`, plain, base],
      ],
      { cwd: this.#folder },
    );
    return readFileSync(`${plain}.signed`, 'utf8');
  }

  #key(zone: string): Promise<string> {
    const known = this.#keys.get(zone);
    if (known !== undefined) return known;
    const made = run(
      needProgram('ldns-keygen'),
      ['-a', 'ECDSAP256SHA256', '-k', '-r', '/dev/urandom', dotted(zone)],
      { cwd: this.#folder },
    ).then(({ stdout }) => stdout.trim());
    this.#keys.set(zone, made);
    return made;
  }
}

function stamp(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString().replace(/[-:T]/g, '').slice(0, 14);
}
