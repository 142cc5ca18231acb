// Line ends of old devices: a bare LF becomes CRLF, for those clients alone whom the admin listed (`smtp.oldDevices`).

const CR = 13;
const LF = 10;

export class LineEnds {
  #lastWasCr = false;

  /** The octets with a CR before each LF that has none. A CR that stands alone stays: it is no line end. Linear. */
  mend(chunk: Buffer): Buffer {
    const missing: number[] = [];
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
      const hasCr = at === 0 ? this.#lastWasCr : chunk[at - 1] === CR;
      if (!hasCr) missing.push(at);
    }
    if (chunk.length > 0) this.#lastWasCr = chunk.at(-1) === CR;
    if (missing.length === 0) return chunk;
    const mended = Buffer.allocUnsafe(chunk.length + missing.length);
    let from = 0;
    let written = 0;
    for (const at of missing) {
      written += chunk.copy(mended, written, from, at);
      mended[written++] = CR;
      from = at;
    }
    chunk.copy(mended, written, from);
    return mended;
  }
}
