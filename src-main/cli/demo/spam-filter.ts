// A pretend spam filter for the demonstration: speaks Rspamd's HTTP, and finds some of the sample mail suspicious.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SpamFilter {
  url: string;
  close: () => Promise<void>;
}

/** Starts it on a free port of this machine. Mail whose subject speaks of a parcel is spam to it. */
export async function startSpamFilter(): Promise<SpamFilter> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const spam = /^subject:.*parcel/im.test(Buffer.concat(parts).toString('latin1'));
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(spam ? suspicious : harmless));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const harmless = { action: 'no action', score: 0.4, required_score: 15, symbols: {} };
const suspicious = {
  action: 'reject',
  score: 17.2,
  required_score: 15,
  symbols: {
    PHISHING: { score: 8.5, description: 'a link shows another address than the one it leads to' },
    FORGED_SENDER: { score: 5, description: 'From: and the envelope sender differ' },
    MISSING_MID: { score: 2.5, description: 'Message-ID: is missing' },
    HTML_SHORT_LINK_IMG_1: { score: 1.2, description: 'a short text with a picture that is a link' },
  },
};
