// Types of what is used of the library mailauth beyond its public interface.
declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { Writable } from 'node:stream';
  import type { ARCData, DKIMResult } from 'mailauth';
  import type { KeyOptions, KeyRecord } from 'mailauth/lib/tools.js';

  interface HeaderField {
    /** The name in lower case; null for a line that begins with a colon. */
    key: string | null;
    casedKey: string | undefined;
    line: Buffer;
  }
  interface HeaderSection {
    parsed: HeaderField[];
    original: Buffer;
  }
  interface VerifierOptions {
    resolver: (name: string, type: string) => Promise<unknown>;
    strict?: boolean;
  }
  /** Where a message's signatures and seals get their keys. */
  interface KeyCache {
    resolver: VerifierOptions['resolver'];
    get: (
      type: string,
      name: string,
      minBitLength: number | undefined,
      options?: KeyOptions,
    ) => Promise<KeyRecord>;
  }
  /** Reads a message written to it, and has its signatures verified when it has finished. */
  class DkimVerifier extends Writable {
    constructor(options: VerifierOptions);
    state: 'header' | 'body';
    headerChunks: Buffer[];
    headers: HeaderSection;
    /** Addresses in From. */
    headerFrom: string[];
    fromFields: number;
    results: DKIMResult[];
    arc: ARCData & { keyCache: KeyCache };
    keyCache: KeyCache;
    emitHeaders(chunk?: Buffer): Promise<void>;
    messageHeaders(headers: HeaderSection): Promise<void>;
    /** Body, in pieces. */
    nextChunk(chunk: Buffer): Promise<void>;
    /** The end of the message. */
    finish(): Promise<void>;
  }
  export { DkimVerifier, type HeaderField, type HeaderSection, type KeyCache, type VerifierOptions };
}

declare module 'mailauth/lib/tools.js' {
  import type { KeyObject } from 'node:crypto';

  interface KeyOptions {
    strict?: boolean;
    hashAlgo?: string;
  }
  /** What a key record says. */
  interface KeyRecord {
    /** PEM, or the key itself. */
    publicKey: string | KeyObject;
    rr: string;
    modulusLength: number | undefined;
    keyType: string;
    flags: string[];
    testing: boolean;
    warnings: string[];
  }
  function toALabel(domain: string): string;
  function getPublicKey(
    type: string,
    name: string,
    minBitLength: number | undefined,
    resolver: (name: string, type: string) => Promise<unknown>,
    options: KeyOptions,
  ): Promise<KeyRecord>;
  export { getPublicKey, toALabel, type KeyOptions, type KeyRecord };
}
