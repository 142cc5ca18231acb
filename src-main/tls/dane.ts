// Which certificate a mail server's zone says it must show (TLSA records, RFC 6698, RFC 7672), and whether the one it shows is that.
import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket, type DetailedPeerCertificate } from 'node:tls';

/** A TLSA record (RFC 6698 §2.1). */
export interface Tlsa {
  usage: number;
  selector: number;
  matchingType: number;
  /** The certificate association data. */
  data: Uint8Array;
}

const LONGEST_CHAIN = 10;

/** Whether mail servers go by a record. The public lists of authorities that usages 0 and 1 rest on say nothing about mail servers (RFC 7672 §3.1.3). */
export function isUsable({ usage, selector, matchingType, data }: Tlsa): boolean {
  const length = [null, 32, 64][matchingType];
  return (
    (usage === 2 || usage === 3) &&
    (selector === 0 || selector === 1) &&
    length !== undefined &&
    (length === null ? data.length > 0 : data.length === length)
  );
}

/**
 * Whether a chain satisfies one of the records.
 * @param chain as the server sent it, its own certificate first.
 * @param names under which the server may be certified: its host name.
 * @returns null when it does, else what is wrong with it.
 */
export function mismatch(
  chain: readonly X509Certificate[],
  records: readonly Tlsa[],
  host: string,
  now: number,
): string | null {
  const [own] = chain;
  if (own === undefined) return 'the server showed no certificate';
  const ofServer = records.filter(({ usage }) => usage === 3);
  // DANE-EE: the record names this very key; names and dates in the certificate do not matter (RFC 7672 §3.1.1).
  if (ofServer.some((record) => fits(own, record))) return null;
  const ofAuthority = records.filter(({ usage }) => usage === 2);
  if (ofAuthority.length === 0) return 'its certificate is not the one that its zone names (DANE)';
  const depth = chain.findIndex((certificate) => ofAuthority.some((record) => fits(certificate, record)));
  if (depth < 0) return 'no authority of its certificate is one that its zone names (DANE)';
  if (!isChain(chain.slice(0, depth + 1), now))
    return 'its certificate does not lead to the authority that its zone names (DANE)';
  if (own.checkHost(host, { subject: 'default' }) === undefined)
    return `its certificate is not for ${host} (DANE)`;
  return null;
}

/** The certificates that a server showed, its own first; none where it is not TLS. */
export function chainOf(socket: Socket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  if (!(socket instanceof TLSSocket)) return chain;
  // The types leave out what there is when no certificate was shown: an empty object.
  let next: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  // A self-signed certificate is its own issuer; a chain longer than any real one is no chain.
  while (next?.raw !== undefined && chain.length < LONGEST_CHAIN) {
    const { raw } = next;
    if (chain.some((one) => one.raw.equals(raw))) break;
    chain.push(new X509Certificate(raw));
    next = next.issuerCertificate;
  }
  return chain;
}

function fits(certificate: X509Certificate, { selector, matchingType, data }: Tlsa): boolean {
  const whole =
    selector === 0 ? certificate.raw : certificate.publicKey.export({ type: 'spki', format: 'der' });
  const value =
    matchingType === 0
      ? whole
      : createHash(matchingType === 1 ? 'sha256' : 'sha512')
          .update(whole)
          .digest();
  return value.equals(data);
}

/** Each is in date and signed by the next; the last is trusted for itself. */
function isChain(chain: readonly X509Certificate[], now: number): boolean {
  return chain.every((certificate, index) => {
    const inDate = Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
    const issuer = chain[index + 1];
    if (issuer === undefined) return inDate;
    return inDate && issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  });
}
