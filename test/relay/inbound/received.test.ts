// The trace field that is put on top of each message.
import { describe, expect, it } from 'vitest';
import { receivedField } from '../../../src-main/relay/inbound/received.ts';

const trace = {
  helo: 'mx.example.org',
  clientAddress: '192.0.2.7',
  hostname: 'relay.example.net',
  protocol: 'ESMTP',
  tls: null,
  id: 'ABC123',
  receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  recipient: 'bob@example.com',
};

describe('the Received field', () => {
  it('names both sides, the id and the time', () => {
    expect(receivedField(trace).toString()).toBe(
      'Received: from mx.example.org ([192.0.2.7])\r\n' +
        '\tby relay.example.net (Mailward) with ESMTP id ABC123\r\n' +
        '\tfor <bob@example.com>; Fri, 02 Jan 2026 03:04:05 +0000\r\n',
    );
  });

  it('does not tell recipients of one another', () => {
    const text = receivedField({ ...trace, recipient: null }).toString();
    expect(text).not.toContain('bob');
    expect(text).toMatch(/id ABC123; Fri, 02 Jan 2026/);
  });

  it('writes an IPv6 client as an address literal (RFC 5321 §4.1.3)', () => {
    expect(receivedField({ ...trace, clientAddress: '2001:db8::1' }).toString()).toContain(
      '([IPv6:2001:db8::1])',
    );
  });

  it('lets no client write header fields through its HELO name', () => {
    const text = receivedField({ ...trace, helo: 'x\r\nBcc: all@example.com\r\n(' }).toString();
    expect(text.split('\r\n')).toHaveLength(4);
    expect(text).not.toContain('\r\nBcc');
  });
});
