// What a server offers in its answer to EHLO (RFC 5321 §4.1.1.1).

export interface Extensions {
  pipelining: boolean;
  eightBit: boolean;
  smtpUtf8: boolean;
  startTls: boolean;
  size: boolean;
  /** Octets; 0 when it names no limit. */
  maxSize: number;
}

/**
 * Reads the reply's lines; the first is the server's name and no keyword, and lines without a code are none either. Empty for a server
 * that knows only HELO.
 */
export function readEhlo(reply: string): Extensions {
  const keywords = new Map<string, string>();
  const lines = reply.split('\n').filter((line) => /^\d{3}(?:[ -]|$)/.test(line));
  for (const line of lines.slice(1)) {
    const [keyword = '', value = ''] = line.slice(4).trim().split(/\s+/, 2);
    keywords.set(keyword.toUpperCase(), value);
  }
  const limit = keywords.get('SIZE') ?? '';
  return {
    pipelining: keywords.has('PIPELINING'),
    eightBit: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    startTls: keywords.has('STARTTLS'),
    size: keywords.has('SIZE'),
    maxSize: /^\d{1,15}$/.test(limit) ? Number(limit) : 0,
  };
}
