// Authentication-Results: ours is added, whoever forges it is not believed (RFC 8601 §5).
import { expect, it } from 'vitest';
import {
  headerEnd,
  resultFields,
  withoutForged,
} from '../../../../src-main/relay/policy/filters/results-header.ts';

const strip = (text: string) =>
  withoutForged(Buffer.from(text, 'latin1'), 'mx.example.com').toString('latin1');
const rest = 'From: a@b.example\r\nSubject: Authentication-Results: mx.example.com; spf=pass\r\n';

it.each([
  'Authentication-Results: mx.example.com; spf=pass\r\n',
  'authentication-RESULTS : MX.Example.COM 1; spf=pass\r\n',
  'Authentication-Results:\r\n\tmx.example.com;\r\n spf=pass smtp.mailfrom=a@b\r\n',
  'Authentication-Results: (a (nested) comment \\) here) "mx.example.com"; dkim=pass\r\n',
  'Authentication-Results: "mx\\.example.com"; dkim=pass\r\n',
  'Authentication-Results: (never closed mx.example.com; dkim=pass\r\n',
  'Authentication-Results: \r\n',
  'X-Mailward-Filters: none\r\n',
])('takes out %j', (forged) => {
  expect(strip(forged + rest)).toBe(rest);
  expect(strip(rest + forged)).toBe(rest);
});

it('leaves those of others, and everything else, octet for octet', () => {
  const others = `Authentication-Results: mx.elsewhere.test; spf=pass\r\nReceived: x\r\n\ty\r\nX-\xe4: \xff\r\n${rest}`;
  expect(strip(others)).toBe(others);
});

it('finds the end of the header section', () => {
  expect(headerEnd(Buffer.from('a: b\r\n\r\nc'))).toBe(6);
  expect(headerEnd(Buffer.from('\r\nbody'))).toBe(0);
  expect(headerEnd(Buffer.from('a: b\r\n'))).toBe(-1);
});

it('writes what was found, folded, on lines that mail can carry', () => {
  const base = { action: 'tag' as const, evidence: [], took: 1 };
  const fields = resultFields('mx.example.com', [
    {
      ...base,
      filter: 'spf',
      result: 'fail',
      resinfo: [
        'spf=fail (mx.example.com: domain of ann@example.org does not designate 192.0.2.1 as permitted sender) smtp.mailfrom=example.org smtp.helo="a b"',
      ],
      signers: [],
    },
    { ...base, filter: 'dkim', result: 'pass', resinfo: ['dkim=pass header.d=example.org'], signers: [] },
  ]).toString();
  expect(fields).toMatch(/^Authentication-Results: mx\.example\.com;\r\n\tspf=fail \(/);
  expect(fields.replace(/\r\n\t/g, ' ')).toContain('smtp.helo="a b"; dkim=pass header.d=example.org\r\n');
  expect(fields).toContain('X-Mailward-Filters: spf=fail\r\n');
  for (const line of fields.split('\r\n')) expect(line.length).toBeLessThan(100);
  expect(resultFields('mx.example.com', []).toString()).toBe('');
});
