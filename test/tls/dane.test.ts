// DANE: whether a chain of certificates is the one that a zone names.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mismatch, type Tlsa } from '../../src-main/tls/dane.ts';
import { selfSigned, signed } from '../lab/certificates.ts';
import { scratch } from '../lab/scratch.ts';

const folder = scratch('dane');
afterAll(() => folder[Symbol.dispose]());

let own: X509Certificate;
let authority: X509Certificate;
let stranger: X509Certificate;
beforeAll(() => {
  const files = signed(folder.path, 'mail');
  own = new X509Certificate(readFileSync(files.certificate));
  authority = new X509Certificate(readFileSync(files.authority));
  stranger = new X509Certificate(readFileSync(selfSigned(folder.path, 'stranger').certificate));
});

const keyOf = (certificate: X509Certificate) => certificate.publicKey.export({ type: 'spki', format: 'der' });
const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest();
const record = (usage: number, selector: number, matchingType: number, data: Uint8Array): Tlsa => ({
  usage,
  selector,
  matchingType,
  data,
});

describe('a chain of certificates', () => {
  const judge = (records: Tlsa[], host = 'mail.example', now = Date.now(), chain = [own, authority]) =>
    mismatch(chain, records, host, now);

  it('fits the key or the certificate that the zone names, whatever its name and date', () => {
    const later = Date.now() + 90 * 86_400_000;
    expect(judge([record(3, 1, 1, sha256(keyOf(own)))], 'other.example', later)).toBeNull();
    expect(judge([record(3, 0, 1, sha256(own.raw))])).toBeNull();
    expect(judge([record(3, 1, 0, keyOf(own))])).toBeNull();
    const sha512 = createHash('sha512').update(own.raw).digest();
    expect(judge([record(3, 1, 1, sha256(keyOf(stranger))), record(3, 0, 2, sha512)])).toBeNull();
  });

  it('does not fit the key of another, nor one that only the authority has', () => {
    expect(judge([record(3, 1, 1, sha256(keyOf(stranger)))])).toMatch(/not the one/);
    expect(judge([record(3, 1, 1, sha256(keyOf(authority)))])).toMatch(/not the one/);
    expect(judge([record(3, 1, 1, sha256(keyOf(own)))], 'mail.example', Date.now(), [])).toMatch(
      /no certificate/,
    );
  });

  it('fits the authority that the zone names, with the right name and in date', () => {
    const named = [record(2, 0, 1, sha256(authority.raw))];
    expect(judge(named)).toBeNull();
    expect(judge(named, 'other.example')).toMatch(/not for other\.example/);
    expect(judge(named, 'mail.example', Date.now() + 90 * 86_400_000)).toMatch(/does not lead/);
    // Anybody can show the authority's certificate behind a key of his own.
    expect(judge(named, 'stranger.example', Date.now(), [stranger, authority])).toMatch(/does not lead/);
    expect(judge([record(2, 0, 1, sha256(stranger.raw))])).toMatch(/no authority/);
  });
});
