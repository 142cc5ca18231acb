// The PROXY protocol, versions 1 and 2: a proxy in front of us says who the client really is (haproxy.org, proxy-protocol.txt).
import type { Clock } from '../../clock/clock.ts';
import { type Socket, isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The client's and our own end as the proxy saw them. */
export interface ProxiedAddresses {
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
}

/** `local`: the proxy speaks for itself (its health check), so the connection's own ends are the true ones. */
export type ProxyHeader =
  | { kind: 'more' }
  | { kind: 'wrong'; why: string }
  | { kind: 'local'; length: number }
  | { kind: 'proxied'; length: number; ends: ProxiedAddresses };

/** §2.1: with CRLF. */
const LONGEST_V1 = 107;
/** A header may be 65,551 octets long; no proxy writes more than some hundred. */
const LONGEST_V2 = 4096;
const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);

/** Reads a header from the first octets of a connection. */
export function readProxyHeader(octets: Buffer): ProxyHeader {
  const signature = SIGNATURE.subarray(0, Math.min(octets.length, SIGNATURE.length));
  if (octets.subarray(0, signature.length).equals(signature)) {
    return octets.length < 16 ? { kind: 'more' } : readBinary(octets);
  }
  return readText(octets);
}

function readText(octets: Buffer): ProxyHeader {
  const end = octets.subarray(0, LONGEST_V1).indexOf('\r\n');
  if (end < 0) {
    const begins = 'PROXY '.startsWith(octets.subarray(0, 6).toString('latin1'));
    return begins && octets.length < LONGEST_V1 ? { kind: 'more' } : wrong('it is no PROXY header');
  }
  const [word, family, source, target, sourcePort, targetPort, ...more] = octets
    .subarray(0, end)
    .toString('latin1')
    .split(' ');
  const length = end + 2;
  if (word !== 'PROXY') return wrong('it is no PROXY header');
  if (family === 'UNKNOWN') return { kind: 'local', length };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : null;
  if (!isAddress) return wrong('its protocol is neither TCP4, TCP6 nor UNKNOWN');
  if (!source || !target || !isAddress(source) || !isAddress(target)) return wrong('its addresses are none');
  const remotePort = portOf(sourcePort);
  const localPort = portOf(targetPort);
  if (remotePort === null || localPort === null || more.length > 0) return wrong('its ports are none');
  return {
    kind: 'proxied',
    length,
    ends: { remoteAddress: source, remotePort, localAddress: target, localPort },
  };
}

function portOf(text: string | undefined): number | null {
  return text !== undefined && /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
    ? Number(text)
    : null;
}

function readBinary(octets: Buffer): ProxyHeader {
  const versionAndCommand = octets.readUInt8(12);
  const familyAndProtocol = octets.readUInt8(13);
  const length = 16 + octets.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2) return wrong('its version is not 2');
  if (length > LONGEST_V2) return wrong(`it is longer than ${LONGEST_V2} octets`);
  const command = versionAndCommand & 15;
  if (command > 1) return wrong('its command is neither LOCAL nor PROXY');
  if (octets.length < length) return { kind: 'more' };
  // UNSPEC and UNIX have no address of use; the specification wants the connection's own ends used then.
  if (command === 0 || familyAndProtocol === 0x00 || familyAndProtocol >> 4 === 3) {
    return { kind: 'local', length };
  }
  const size = familyAndProtocol === 0x11 ? 4 : familyAndProtocol === 0x21 ? 16 : 0;
  if (size === 0) return wrong('its protocol is not TCP over IPv4 or IPv6');
  if (length < 16 + 2 * size + 4) return wrong('it is too short for its addresses');
  const address = (at: number) =>
    ipaddr.process(ipaddr.fromByteArray([...octets.subarray(at, at + size)]).toString());
  return {
    kind: 'proxied',
    length,
    ends: {
      remoteAddress: address(16).toString(),
      localAddress: address(16 + size).toString(),
      remotePort: octets.readUInt16BE(16 + 2 * size),
      localPort: octets.readUInt16BE(16 + 2 * size + 2),
    },
  };
}

function wrong(why: string): ProxyHeader {
  return { kind: 'wrong', why };
}

/**
 * Waits for the header of a connection from a listed proxy and takes it off the socket. Answers null when the
 * connection's own ends are the true ones; throws when the header is wrong, too late, or never comes.
 */
export async function takeProxyHeader(
  socket: Socket,
  patience: number,
  clock: Clock,
): Promise<ProxiedAddresses | null> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0);
    const finish = (error: Error | null, ends: ProxiedAddresses | null = null) => {
      timer.cancel();
      socket.off('readable', onReadable).off('close', onEnd).off('end', onEnd).off('error', onEnd);
      if (error) reject(error);
      else resolve(ends);
    };
    const onEnd = () => finish(new Error('it ended before its PROXY header was complete'));
    const timer = clock.deadline(patience, () => finish(new Error('its PROXY header did not come in time')));
    const onReadable = () => {
      for (let piece = socket.read() as Buffer | null; piece; piece = socket.read() as Buffer | null) {
        seen = seen.length === 0 ? piece : Buffer.concat([seen, piece]);
        const header = readProxyHeader(seen);
        if (header.kind === 'more') continue;
        if (header.kind === 'wrong') {
          finish(new Error(`its PROXY header is wrong: ${header.why}`));
          return;
        }
        if (seen.length > header.length) socket.unshift(seen.subarray(header.length));
        finish(null, header.kind === 'proxied' ? header.ends : null);
        return;
      }
    };
    socket.on('readable', onReadable).on('close', onEnd).on('end', onEnd).on('error', onEnd);
  });
}
