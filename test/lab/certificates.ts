// Certificates for tests, made by openssl on the spot: nothing that could expire lies in the repository.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A self-signed certificate, good for 30 days, in `FOLDER/NAME.crt` and `FOLDER/NAME.key`. */
export function selfSigned(folder: string, name: string): { certificate: string; key: string } {
  const certificate = join(folder, `${name}.crt`);
  const key = join(folder, `${name}.key`);
  const subject = ['-subj', `/CN=${name}.example`, '-addext', `subjectAltName=DNS:${name}.example`];
  // RSA: the oldest of the lab's servers can do no other.
  const kind = ['-newkey', 'rsa:2048', '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...kind, '-days', '30', '-keyout', key, '-out', certificate, ...subject],
    {
      stdio: 'ignore',
    },
  );
  return { certificate, key };
}

/** A certificate for `NAME.example` that an authority of our own has signed, both good for 30 days. */
export function signed(
  folder: string,
  name: string,
): { certificate: string; key: string; authority: string } {
  const authority = join(folder, `${name}-ca.crt`);
  const authorityKey = join(folder, `${name}-ca.key`);
  const certificate = join(folder, `${name}.crt`);
  const key = join(folder, `${name}.key`);
  const curve = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-x509',
    '-days',
    '30',
  ];
  const make = (args: string[]) => execFileSync('openssl', ['req', ...curve, ...args], { stdio: 'ignore' });
  make(['-keyout', authorityKey, '-out', authority, '-subj', `/CN=${name} authority`]);
  make([
    ...['-keyout', key, '-out', certificate, '-CA', authority, '-CAkey', authorityKey],
    ...['-subj', `/CN=${name}.example`, '-addext', `subjectAltName=DNS:${name}.example`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  ]);
  return { certificate, key, authority };
}

/** The same for several names, which it is good for, in `FOLDER/web.crt`. */
export function selfSignedFor(
  folder: string,
  names: readonly string[],
): { certificate: string; key: string } {
  const certificate = join(folder, 'web.crt');
  const key = join(folder, 'web.key');
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  const subject = ['-subj', `/CN=${names[0] ?? ''}`, '-addext', `subjectAltName=${alternatives}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-days', '30', '-keyout', key, '-out', certificate, ...subject],
    { stdio: 'ignore' },
  );
  return { certificate, key };
}

export interface Authority {
  /** Issues a certificate for a name or an address: good for 30 days, or for as many as given (from then until now when negative). */
  issue: (
    name: string,
    days?: number,
    how?: { inSubjectAlone?: true },
  ) => { certificate: string; key: string };
  /** The authority's own certificate, PEM. */
  pem: string;
}

/** A certificate authority of the lab's own, in a folder. */
export function authority(folder: string): Authority {
  const { certificate, key } = selfSigned(folder, 'authority');
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  let issued = 0;
  return {
    pem: readFileSync(certificate, 'utf8'),
    issue: (name, days = 30, { inSubjectAlone } = {}) => {
      const path = join(folder, `issued${issued++}`);
      const kind = /^[\d.]+$/.test(name) ? 'IP' : 'DNS';
      const from = new Date(Date.now() + Math.min(0, days - 1) * 86_400_000);
      const until = new Date(Date.now() + days * 86_400_000);
      const time = (date: Date) => date.toISOString().replace(/[-:T]|\.\d+/g, '');
      writeFileSync(
        `${path}.ext`,
        inSubjectAlone ? 'keyUsage=digitalSignature\n' : `subjectAltName=${kind}:${name}\n`,
      );
      openssl(
        'req',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        `${path}.key`,
        '-out',
        `${path}.csr`,
        '-subj',
        `/CN=${name}`,
      );
      writeFileSync(`${path}.index`, '');
      writeFileSync(`${path}.serial`, '01\n');
      writeFileSync(`${path}.cnf`, caConfiguration(path));
      openssl(
        'ca',
        '-batch',
        '-config',
        `${path}.cnf`,
        '-name',
        'lab',
        '-in',
        `${path}.csr`,
        '-out',
        `${path}.crt`,
        '-cert',
        certificate,
        '-keyfile',
        key,
        '-startdate',
        time(from),
        '-enddate',
        time(until),
        '-extfile',
        `${path}.ext`,
        '-notext',
      );
      return { certificate: `${path}.crt`, key: `${path}.key` };
    },
  };
}

/** openssl-ca(1) alone can make a certificate that has ended. */
function caConfiguration(path: string): string {
  return `[lab]
database = ${path}.index
serial = ${path}.serial
new_certs_dir = ${dirname(path)}
default_md = sha256
policy = any
[any]
commonName = supplied
`;
}
