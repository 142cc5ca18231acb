// A pretend office's mail server for the demonstration: takes mail in, and misbehaves as told.
import { SMTPServer } from 'smtp-server';

/** `not-home`: what a server says that was told it is not the final destination any more; its first mail it still takes. */
export type DemoOfficeManner = 'healthy' | 'not-home';

export interface DemoOfficeServer {
  port: number;
  close: () => Promise<void>;
}

class Refusal extends Error {
  readonly responseCode: number;
  constructor(code: number, text: string) {
    super(text);
    this.responseCode = code;
  }
}

export async function startOfficeServer(manner: DemoOfficeManner): Promise<DemoOfficeServer> {
  let count = 0;
  const server = new SMTPServer({
    name: 'mail.office.example',
    banner: 'Postfix',
    hideENHANCEDSTATUSCODES: true,
    hideSTARTTLS: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    logger: false,
    onRcptTo(address, _session, callback) {
      count++;
      if (manner === 'not-home' && count > 1)
        callback(new Refusal(454, `4.7.1 <${address.address}>: Relay access denied`));
      else if (/^(nobody|sales2019)@/.test(address.address)) {
        callback(
          new Refusal(
            550,
            `5.1.1 <${address.address}>: Recipient address rejected: User unknown in virtual mailbox table`,
          ),
        );
      } else if (count % 7 === 0)
        callback(
          new Refusal(
            450,
            `4.2.0 <${address.address}>: Recipient address rejected: Greylisted, try again in 5 minutes`,
          ),
        );
      else callback();
    },
    onData(stream, _session, callback) {
      stream.on('end', () => callback(null, '2.0.0 Ok: queued'));
      stream.resume();
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const address = server.server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
