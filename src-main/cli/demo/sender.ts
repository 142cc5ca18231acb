// A pretend sending server for the demonstration.
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SampleMail } from './mail.ts';

/** Sends one message to a listener on this machine; rejects when it is refused. */
export async function sendMail(port: number, mail: SampleMail): Promise<void> {
  const smtp = new SMTPConnection({
    host: '127.0.0.1',
    port,
    secure: false,
    ignoreTLS: true,
    name: 'mx.partner.example',
  });
  try {
    await new Promise<void>((resolve, reject) => {
      smtp.on('error', reject);
      smtp.connect((failed) => {
        if (failed) {
          reject(failed);
          return;
        }
        smtp.send({ from: mail.sender, to: mail.recipients }, mail.content, (error) =>
          error ? reject(error) : resolve(),
        );
      });
    });
  } finally {
    smtp.quit();
  }
}
