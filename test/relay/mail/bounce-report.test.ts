// What a bounce looks like on the wire, also for addresses and words that are not ASCII.
import { describe, expect, it } from 'vitest';
import { composeReport } from '../../../src-main/relay/mail/bounce-report.ts';
import { recognise } from '../../../src-main/relay/mail/bounces.ts';
import type { PendingBounce } from '../../../src-main/storage/operations/bounces.ts';

const message = (change: Partial<PendingBounce> = {}, address = 'gone@example.com'): PendingBounce => ({
  id: 1,
  sender: 'ann@sender.example',
  subject: 'Grüße',
  receivedAt: Date.UTC(2026, 0, 5),
  clientAddress: '192.0.2.1',
  helo: 'sender.example',
  size: 100,
  smtpUtf8: false,
  head: Buffer.from(
    `Message-ID: <1@sender.example>\r\nSubject: Hi\r\nX-Long: ${'x'.repeat(3000)}\r\n\r\nthe content`,
  ),
  authenticity: null,
  recipients: [
    {
      address,
      domain: 'example.com',
      state: 'refused',
      cause: 'user-unknown',
      reply: {
        code: 550,
        enhanced: '5.1.1',
        text: `Benutzer unbekannt: für ${address}\r\nAction: delivered ${'y'.repeat(900)}`,
      },
      host: '192.0.2.25',
      triedAt: Date.UTC(2026, 0, 5, 1),
    },
  ],
  ...change,
});

const compose = (about: PendingBounce) =>
  composeReport({ message: about, hostname: 'relay.example.com', now: Date.UTC(2026, 0, 6), expireDays: 5 });

describe('a bounce', () => {
  it('is ASCII but for what it returns, and no line is longer than may be sent', () => {
    const { content, body8bit, smtpUtf8 } = compose(message());
    expect({ body8bit, smtpUtf8 }).toEqual({ body8bit: false, smtpUtf8: false });
    const lines = content.toString('latin1').split('\r\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(content.toString('latin1')).not.toMatch(/[^\r]\n|\r[^\n]/);
    expect(content.toString('latin1')).not.toContain('the content');
  });

  it('does not let a server’s words pass for fields of the report', () => {
    const { statuses } = recognise('', compose(message()).content);
    expect(statuses).toMatchObject([{ recipient: 'gone@example.com', status: '5.1.1', action: 'failed' }]);
    expect(statuses[0]?.diagnostic).toContain('Action: delivered');
  });

  it('writes an address that is not ASCII in ASCII for a sender who may not read UTF-8', () => {
    const text = compose(message({}, 'jürgen@example.com')).content.toString('latin1');
    expect(text).toContain('\r\nFinal-Recipient: utf-8; j\\x{FC}rgen@example.com\r\n');
    expect(text).toContain('\r\nContent-Type: message/delivery-status\r\n');
  });

  it('writes it as it is for a sender whose mail travels as SMTPUTF8', () => {
    const { content, body8bit, smtpUtf8 } = compose(message({ smtpUtf8: true }, 'jürgen@example.com'));
    const text = content.toString('utf8');
    expect(text).toContain('\r\nFinal-Recipient: utf-8; jürgen@example.com\r\n');
    expect(text).toContain('\r\nContent-Type: message/global-delivery-status\r\n');
    expect(text).toContain('\r\nContent-Type: message/global-headers\r\n');
    expect({ body8bit, smtpUtf8 }).toEqual({ body8bit: true, smtpUtf8: true });
  });

  it('says in words that people read what happened, in any script', () => {
    const text = compose(message()).content.toString('latin1');
    expect(text).toContain('Your message "Gr=C3=BC=C3=9Fe" could not be delivered');
  });
});
