import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of a certificate authority of its own, with a server for 127.0.0.1 and localhost, and a client. */
export interface Certificates {
  ca: string;
  serverCert: string;
  serverKey: string;
  /** the server's key, then its certificate */
  serverPem: string;
  clientCert: string;
  clientKey: string;
}

/**
 * Makes certificates that are good for a day, in a folder that is there.
 * @throws Error when openssl is missing or fails
 */
export function makeCertificates(folder: string): Certificates {
  const at = (name: string) => join(folder, name);
  const extensions = at('server.ext');
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const key = (name: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at(`${name}.key`)];
  openssl('req', '-x509', '-days', '1', '-subj', '/CN=weir test authority', ...key('ca'), '-out', at('ca.pem'));
  for (const [name, more] of [['server', ['-extfile', extensions]] as const, ['client', []] as const]) {
    openssl('req', '-subj', `/CN=${name}`, ...key(name), '-out', at(`${name}.csr`));
    const authority = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
    openssl('x509', '-req', '-days', '1', '-in', at(`${name}.csr`), ...authority, ...more, '-out', at(`${name}.pem`));
  }
  writeFileSync(at('server.both'), readFileSync(at('server.key'), 'utf8') + readFileSync(at('server.pem'), 'utf8'), { mode: 0o600 });
  return {
    ca: at('ca.pem'),
    serverCert: at('server.pem'),
    serverKey: at('server.key'),
    serverPem: at('server.both'),
    clientCert: at('client.pem'),
    clientKey: at('client.key'),
  };
}

function openssl(...args: string[]): void {
  const run = spawnSync('openssl', args, { encoding: 'utf8' });
  if (run.error !== undefined) {
    throw new Error(`Tests of TLS make their certificates with openssl (${run.error.message}): \`apt install openssl\`.`);
  }
  if (run.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${run.stderr.trim()}`);
}
