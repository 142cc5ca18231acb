// Types of what is used of the library mailauth beyond its public interface.
declare module 'mailauth/lib/dkim/dkim-verifier.js' {
  import type { Writable } from 'node:stream';
  import type { ARCData, DKIMResult } from 'mailauth';

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
    arc: ARCData;
    emitHeaders(chunk?: Buffer): Promise<void>;
    messageHeaders(headers: HeaderSection): Promise<void>;
  }
  export { DkimVerifier, type HeaderField, type HeaderSection, type VerifierOptions };
}
