// From where the service may be used: under the address that it is reached at, from pages that it served itself.
import type { IncomingMessage } from 'node:http';

/** `HOST:PORT` as it stands in a URL. */
export function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The origin under which a request reaches us; null when its Host is not ours. A hostile page can point a name of its own
 * at 127.0.0.1 (DNS rebinding): its requests then carry that name. So a Host is ours when it is the very address that the
 * connection came in at, or belongs to the public address. Not so `localhost`: it may be ::1 or 127.0.0.1, and another
 * program may listen at the other of the two.
 */
export function originOf(
  { headers: { host }, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  publicUrl: URL | null,
): string | null {
  if (host === undefined || socket.localAddress === undefined || socket.localPort === undefined) return null;
  if (publicUrl !== null && host.toLowerCase() === publicUrl.host) return publicUrl.origin;
  // A socket that listens for both families shows an IPv4 address as ::ffff:192.0.2.1.
  const own = authority(socket.localAddress.replace(/^::ffff:(?=\d+\.)/, ''), socket.localPort);
  return host === own || (socket.localPort === 80 && `${host}:80` === own) ? `http://${host}` : null;
}

/**
 * The origin of the page that asks; that of the address asked for a program, which sends none; null when the page is not
 * ours.
 */
export function askingOrigin(request: IncomingMessage, publicUrl: URL | null): string | null {
  const own = originOf(request, publicUrl);
  const { origin } = request.headers;
  if (own === null || origin === undefined || origin === own) return own;
  // A proxy may pass our own address on as the Host.
  return publicUrl !== null && origin === publicUrl.origin ? origin : null;
}

/** Whether a request asks for this machine by the name that each machine calls itself. */
export function asksForLocalhost({ headers: { host }, socket }: IncomingMessage): boolean {
  return host === `localhost:${socket.localPort ?? 0}` || (socket.localPort === 80 && host === 'localhost');
}
