// A mail server that strangers find through an MX record: on port 25, with a certificate of the test's choice or none.
import { createServer, type Server } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface MailServer {
  stop: () => Promise<void>;
}

export interface Face {
  /** PEM; null: it offers no encryption. */
  certificate: { cert: string; key: string } | null;
  /** It offers encryption, and hangs up when it comes to that. */
  breaksOff: boolean;
}

export async function startMailServer(
  address: string,
  { certificate, breaksOff }: Face,
): Promise<MailServer> {
  if (breaksOff) return serve(breaking(), address);
  const server = new SMTPServer({
    ...(certificate ?? { hideSTARTTLS: true }),
    authOptional: true,
    disabledCommands: ['AUTH'],
    logger: false,
  });
  // A client that hangs up is no fault of the test.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(25, address, resolve);
  });
  return { stop: () => new Promise((resolve) => server.close(resolve)) };
}

function breaking(): Server {
  return createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('220 mail.example ready\r\n');
    socket.on('data', (heard: Buffer) => {
      const said = heard.toString('latin1');
      if (said.startsWith('EHLO')) socket.write('250-mail.example\r\n250 STARTTLS\r\n');
      else if (said.startsWith('STARTTLS')) socket.write('220 go on\r\n');
      else socket.destroy();
    });
  });
}

async function serve(server: Server, address: string): Promise<MailServer> {
  await new Promise<void>((resolve) => server.listen(25, address, resolve));
  return { stop: () => new Promise((resolve) => server.close(() => resolve())) };
}
