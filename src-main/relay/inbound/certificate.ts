// Our certificate for STARTTLS: read from two files, read again when they change, and kept when the new one is broken.
import type { Clock, Timer } from '../../clock/clock.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import { constants, X509Certificate } from 'node:crypto';
import { statSync, watch, type FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { readNamedFile } from '../../settings/own-file.ts';
import { DAY_MS } from '../../../shared/time.ts';

export interface CertificateFiles {
  /** PEM: the certificate first, then those that lead to a root. */
  certificate: string;
  /** PEM, without a passphrase. */
  key: string;
}

/** Certificate and key are replaced one after the other: in between they do not fit, and that is no trouble yet, ms. */
const SETTLING_MS = 1_000;
/** Watching misses changes on network file systems and behind links; looking does not, ms. */
const LOOK_AGAIN_MS = 60_000;
/** Whoever renews certificates does it a month before the end; a week before, it has not worked, ms. */
const SOON_MS = 7 * DAY_MS;

export class Certificate {
  readonly #files: CertificateFiles;
  readonly #changed: () => void;
  readonly #clock: Clock;
  readonly #events: Publisher<RelayEvents>;
  readonly #watchers: FSWatcher[] = [];
  readonly #look: Timer;
  #settling: Timer | null = null;
  #context: SecureContext | null = null;
  #validTo = 0;
  #broken: string | null = null;
  #stamp = '';

  /** Never throws: a listener without a certificate still takes mail, in clear. */
  constructor(
    files: CertificateFiles,
    changed: () => void,
    { clock, events }: { clock: Clock; events: Publisher<RelayEvents> },
  ) {
    this.#files = files;
    this.#changed = changed;
    this.#clock = clock;
    this.#events = events;
    this.#stamp = this.#present();
    this.#read();
    this.#tell(null);
    for (const folder of new Set([dirname(files.certificate), dirname(files.key)])) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#notice());
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch {
        // A folder that is not there yet, or cannot be watched: it is looked at from time to time all the same.
      }
    }
    this.#look = clock.every(LOOK_AGAIN_MS, () => this.#notice()).unref();
  }

  /** Null while there is none that works. */
  get context(): SecureContext | null {
    return this.#context;
  }

  /** What is wrong and what to do; null when all is well. */
  problem(now: number): string | null {
    if (this.#broken !== null) return this.#broken;
    const until = new Date(this.#validTo).toISOString().slice(0, 10);
    if (this.#validTo < now)
      return `The TLS certificate ${this.#files.certificate} expired on ${until}; renew it`;
    if (this.#validTo - SOON_MS < now) {
      return `The TLS certificate ${this.#files.certificate} expires on ${until}; renew it`;
    }
    return null;
  }

  close(): void {
    this.#look.cancel();
    this.#settling?.cancel();
    for (const watcher of this.#watchers) watcher.close();
  }

  #notice(): void {
    if (this.#settling || this.#present() === this.#stamp) return;
    const settled = () => {
      this.#settling = null;
      const stamp = this.#present();
      const before = this.#broken;
      this.#stamp = stamp;
      this.#read();
      this.#tell(before);
      this.#changed();
    };
    this.#settling = this.#clock.after(SETTLING_MS, settled).unref();
  }

  #tell(before: string | null): void {
    if (this.#broken !== null && this.#broken !== before)
      this.#events.emit('note', { part: 'door', words: this.#broken });
  }

  /** Changes whenever one of the files does, also behind links. */
  #present(): string {
    return [this.#files.certificate, this.#files.key]
      .map((path) => {
        try {
          const { ino, mtimeNs, size } = statSync(path, { bigint: true });
          return `${ino} ${mtimeNs} ${size}`;
        } catch (error) {
          // Not there, or in a folder that this user may not enter (certbot's own, say).
          return (error as NodeJS.ErrnoException).code;
        }
      })
      .join(', ');
  }

  /** A new context replaces the old one whole; connections under way keep theirs. */
  #read(): void {
    try {
      const cert = readNamedFile(this.#files.certificate);
      const key = readNamedFile(this.#files.key);
      const leaf = new X509Certificate(cert);
      const context = createSecureContext({
        cert,
        key,
        minVersion: 'TLSv1.2',
        honorCipherOrder: true,
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      });
      this.#validTo = Date.parse(leaf.validTo);
      this.#context = context;
      this.#broken = null;
    } catch (error) {
      const kept = this.#context
        ? 'the one before stays in use'
        : 'connections are not encrypted (STARTTLS is not offered)';
      const { certificate, key } = this.#files;
      const both = key === certificate ? certificate : `${certificate} with the key ${key}`;
      this.#broken = `The TLS certificate ${both} cannot be used (${explain(error)}); ${kept}`;
    }
  }
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'this user may not read it';
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'the key belongs to another certificate';
  return message;
}
