import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import type { ClickHouseClientConfigOptions } from '@clickhouse/client';
import type { TlsFiles } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';

/** A ClickHouse server. */
export interface ServerStoreConfig {
  /** http://host:8123 or https://host:8443 */
  url: string;
  username?: string;
  password?: string;
  /** made when missing; left out: the user's default */
  database?: string;
  /** files with PEM texts. With a certificate and without a password the certificate says who we are */
  tls?: TlsFiles;
  /** name of a cluster of one shard: its tables are replicated */
  cluster?: string;
}

/** How long nothing may come over a connection, ms: long enough for a query of minutes, and for a DDL that waits for replicas. */
const PATIENCE_MS = 300_000;
/** Servers close idle connections after 3 s (old ones) or 10 s: ours are closed before, so that no request meets a closing one. */
const IDLE_SOCKET_MS = 2000;

/**
 * What the client is opened with.
 * @param patience ms without a byte after which a request has failed
 * @throws WeirError `config` for a file that cannot be read, or a key without its certificate
 */
export function serverOptions(config: ServerStoreConfig, patience = PATIENCE_MS): ClickHouseClientConfigOptions {
  const { url, username, password, database, tls } = config;
  const options: ClickHouseClientConfigOptions = {
    url,
    database,
    application: 'weir',
    request_timeout: patience,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS, eagerly_destroy_stale_sockets: true },
  };
  if (username !== undefined) options.username = username;
  if (password !== undefined) options.password = password;
  if (tls === undefined) return options;
  if (!url.startsWith('https:')) throw new WeirError('config', `store.tls is given, but ${url} is not https`);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new WeirError(
      'config',
      `store.tls.${tls.cert === undefined ? 'key' : 'cert'} is given without its ${tls.cert === undefined ? 'cert' : 'key'}`,
    );
  }
  // the client's own `tls` option would always log in by certificate, and needs a ca
  options.http_agent = new Agent({ keepAlive: true, ca: pem('ca', tls.ca), cert: pem('cert', tls.cert), key: pem('key', tls.key) });
  if (tls.cert !== undefined && password === undefined) {
    options.set_basic_auth_header = false;
    options.http_headers = { 'X-ClickHouse-User': username ?? 'default', 'X-ClickHouse-SSL-Certificate-Auth': 'on' };
  }
  return options;
}

/** The address without what it may say of user and password. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return pathname === '/' ? origin : `${origin}${pathname}`;
}

function pem(name: keyof TlsFiles, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new WeirError('config', `store.tls.${name}: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}
