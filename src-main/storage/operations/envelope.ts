// A stored message's envelope, as whoever sends it on needs it.
import type { DatabaseSync } from 'node:sqlite';

export interface StoredEnvelope {
  id: number;
  sender: string;
  subject: string;
  size: number;
  receivedAt: number;
  clientAddress: string;
  body8bit: boolean;
  smtpUtf8: boolean;
  /** All recipients of the message, whatever their domain and state. */
  recipientCount: number;
  /** At most three addresses, for the traffic list. */
  firstRecipients: string[];
  domains: string[];
}

/** Reads the envelope of a message that is there; `all` are its recipients, in order. */
export function envelopeReader(db: DatabaseSync) {
  const message = db.prepare(
    'SELECT sender, subject, size, received_at, client_address, body_8bit, smtputf8 FROM message WHERE id = ?',
  );
  return (id: number, all: readonly { address: string; domain: string }[]): StoredEnvelope => {
    const row = message.get(id) as Record<string, unknown>;
    return {
      id,
      sender: row['sender'] as string,
      subject: row['subject'] as string,
      size: row['size'] as number,
      receivedAt: row['received_at'] as number,
      clientAddress: row['client_address'] as string,
      body8bit: row['body_8bit'] === 1,
      smtpUtf8: row['smtputf8'] === 1,
      recipientCount: all.length,
      firstRecipients: all.slice(0, 3).map(({ address }) => address),
      domains: [...new Set(all.map(({ domain }) => domain))],
    };
  };
}
