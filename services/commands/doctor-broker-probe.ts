import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { KafkaConfig } from '../../schemas/config.ts';

/** What lies between us and a broker, when its client says no more than that it did not answer. */
export interface BrokerProbe {
  address: string;
  /** a connection can be made, and encrypted if the config says so */
  reachable: boolean;
  /** what happened, to follow the address */
  found: string;
}

/** Connects to a broker as the config says, and no further. Never throws. @param ms for each of the two steps */
export async function probeBroker(address: string, tls: KafkaConfig['tls'], ms: number): Promise<BrokerProbe> {
  const cut = address.lastIndexOf(':');
  const host = address.slice(0, cut).replace(/^\[(.*)\]$/, '$1');
  const port = Number(address.slice(cut + 1));
  const plain = await tryConnect(() => connect({ host, port }), 'connect', ms);
  if (plain !== undefined) return { address, reachable: false, found: REASONS[plain] ?? plain };
  const speaksTls = () => connectTls({ host, port, servername: isIP(host) === 0 ? host : undefined, rejectUnauthorized: false });
  if (tls === false) {
    const refusal = await tryConnect(speaksTls, 'secureConnect', ms);
    if (refusal === undefined) return { address, reachable: false, found: 'it speaks TLS there, and kafka.tls is not set' };
    return { address, reachable: true, found: 'a connection is possible' };
  }
  const files = typeof tls === 'boolean' ? {} : Object.fromEntries(Object.entries(tls).map(([name, file]) => [name, read(file)]));
  const secured = () => connectTls({ host, port, servername: isIP(host) === 0 ? host : undefined, ...files });
  const refusal = await tryConnect(secured, 'secureConnect', ms);
  if (refusal === undefined) return { address, reachable: true, found: 'a TLS connection is possible' };
  if (refusal === 'no answer') return { address, reachable: false, found: 'it does not speak TLS there, or does not answer' };
  return { address, reachable: false, found: `TLS: ${REASONS[refusal] ?? refusal}` };
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to its network',
  ECONNRESET: 'it does not speak TLS there',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there',
  EPROTO: 'it does not speak TLS there',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here: name it in kafka.tls.ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: name it in kafka.tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here: name it in kafka.tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not known here: name it in kafka.tls.ca',
  CERT_HAS_EXPIRED: 'its certificate has ended',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name than the one that the config uses',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a certificate of ours: kafka.tls.cert and kafka.tls.key',
};

/** undefined when the connection stands; else the error's code, its message, or `no answer`. The connection is closed. */
function tryConnect(open: () => Socket, event: 'connect' | 'secureConnect', ms: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let socket: Socket;
    try {
      socket = open();
    } catch (error) {
      resolve((error as Error).message);
      return;
    }
    const end = (found: string | undefined): void => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => end('no answer'), ms);
    socket.once(event, () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.once('close', () => end('ECONNRESET'));
  });
}

function read(file: string | undefined): Buffer | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file);
  } catch {
    return undefined; // said by the check of the files
  }
}
