import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config, TlsFiles } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { freeBytes } from '../telemetry/disk-space.ts';
import { listenError, parseListen } from '../telemetry/listen-address.ts';
import { bytesText, type Check, fail, failed, ok, PATIENCE_MS, spanText, warn } from './doctor-check.ts';
import { existingKey } from './master-key.ts';
import { RunVersions } from './run-versions.ts';

const DAY = 86_400_000;
/** File of a state folder that says which master key its states were made with. */
const KEY_CHECK = 'key-check';
/** Free bytes of a disk that are too few to work with, and few enough to be told of. */
const DISK = { least: 512e6, few: 5e9 };
/** Bytes of memory below which a process that serves will not be happy. */
const MEMORY_LEAST = 1e9;
/** A token that is shorter can be guessed. */
const TOKEN_LEAST = 16;
/** HS256 asks for a secret as long as its hash (RFC 7518). */
const SIGNING_LEAST = 32;
/** Time before a certificate ends that somebody should know of it. */
const CERTIFICATE_SOON = 30 * DAY;
/** `statfs` types of file systems that other machines see as well. FUSE (0x65735546) holds most others. */
const SHARED_FILE_SYSTEMS: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  12805120: 'CephFS',
  1702057286: 'FUSE',
  18225520: 'GFS2',
  1952539503: 'OCFS2',
  198183888: 'Lustre',
  16914839: '9P',
};

export function usesKafka({ sources }: Config): boolean {
  return sources.some(({ kafka }) => kafka !== undefined);
}

/** Does `weir serve` have anything to do with this config: something that is not read once from files into a folder? */
export function isLive(config: Config): boolean {
  return usesKafka(config) || 'url' in config.store || config.sources.some(({ http }) => http !== undefined);
}

/** The master key: Kafka's processes have to share one, so it comes from the environment. */
export function checkKey(config: Config, dataFolder: string, environment: NodeJS.ProcessEnv): Check {
  const name = config.values.key_env;
  if (environment[name] === undefined && usesKafka(config)) {
    return fail(
      'hash key',
      'config',
      `${name} is not set: all processes need the same key, so weir serve on Kafka makes none by itself`,
      `set ${name} to 32 random bytes, as \`openssl rand -hex 32\` prints them, for every process, and keep it with the backups`,
    );
  }
  try {
    const key = existingKey(config, dataFolder, environment);
    // without the file the first run makes it, and nothing is to be changed here
    if (usesKafka(config) && existsSync(join(config.kafka.state, KEY_CHECK)))
      new RunVersions(config.kafka.state, key, undefined).checkKey(name);
    const known = key.some((byte) => byte !== 0);
    return ok('hash key', environment[name] !== undefined ? `from ${name}` : known ? `in ${dataFolder}` : 'the first run makes one');
  } catch (error) {
    return failed('hash key', error);
  }
}

/** Passwords and tokens that the config takes from the environment. */
export function checkSecrets(config: Config, environment: NodeJS.ProcessEnv): Check[] {
  const named: { path: string; variable: string | undefined; least: number }[] = [
    ...(usesKafka(config) ? [{ path: 'kafka.sasl.password_env', variable: config.kafka.sasl?.password_env, least: 1 }] : []),
    ...('url' in config.store ? [{ path: 'store.password_env', variable: config.store.password_env, least: 1 }] : []),
    ...config.sources.map(({ name, http }) => ({ path: `source ${name}: http.token_env`, variable: http?.token_env, least: TOKEN_LEAST })),
    ...config.sources.flatMap(({ name, identity }) =>
      (identity ?? []).map((rule, i) => ({
        path: `source ${name}: identity[${i}].verify.secret_env`,
        variable: typeof rule === 'string' ? undefined : rule.verify?.secret_env,
        least: SIGNING_LEAST,
      })),
    ),
    ...config.alerts.webhooks.map(({ secret_env }, i) => ({ path: `alerts.webhooks[${i}].secret_env`, variable: secret_env, least: 1 })),
  ];
  const used = named.filter((entry) => entry.variable !== undefined) as { path: string; variable: string; least: number }[];
  const checks = used.flatMap(({ path, variable, least }): Check[] => {
    const value = environment[variable];
    if (value === undefined || value === '')
      return [
        fail('secrets', 'config', `${path}: ${variable} is not set in the environment`, `set ${variable} for every process of weir serve`),
      ];
    if (value.length < least)
      return [warn('secrets', `${path}: ${variable} has ${value.length} characters and can be guessed`, `give it ${least} or more`)];
    return [];
  });
  return checks.length > 0 || used.length === 0 ? checks : [ok('secrets', `${used.map(({ variable }) => variable).join(', ')} set`)];
}

/** PEM files that the config names: there, readable, and not about to end. @param now ms */
export function checkTlsFiles(config: Config, now: number): Check[] {
  const places: [string, TlsFiles | undefined][] = [
    ['kafka.tls', usesKafka(config) && typeof config.kafka.tls === 'object' ? config.kafka.tls : undefined],
    ['store.tls', 'url' in config.store ? config.store.tls : undefined],
  ];
  return places.flatMap(([path, files]) =>
    Object.entries(files ?? {}).flatMap(([kind, file]) => (file === undefined ? [] : [checkPem(`${path}.${kind}`, kind, file, now)])),
  );
}

function checkPem(path: string, kind: string, file: string, now: number): Check {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return fail(
      'tls files',
      'config',
      `${path}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'correct the path, or let this user read it',
    );
  }
  if (kind === 'key')
    return /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(text)
      ? ok('tls files', `${path}: a private key`)
      : fail(
          'tls files',
          'config',
          `${path}: ${file} holds no private key in PEM`,
          'give the file with the key that belongs to the certificate',
        );
  try {
    const ends = Math.min(...certificatesIn(text).map((pem) => Date.parse(new X509Certificate(pem).validTo)));
    if (ends === Number.POSITIVE_INFINITY)
      return fail('tls files', 'config', `${path}: ${file} holds no certificate in PEM`, 'give the file with the certificate');
    const left = ends - now;
    const day = new Date(ends).toISOString().slice(0, 10);
    if (left < 0) return fail('tls files', 'config', `${path}: a certificate in ${file} ended on ${day}`, 'replace it');
    if (left < CERTIFICATE_SOON)
      return warn('tls files', `${path}: a certificate ends in ${spanText(left)}, on ${day}`, 'replace it before');
    return ok('tls files', `${path}: good until ${day}`);
  } catch (error) {
    return fail(
      'tls files',
      'config',
      `${path}: ${file} is not readable as a certificate (${(error as Error).message})`,
      'give a PEM file',
    );
  }
}

function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
}

/** The folder of snapshots: writable, and the same for every process. */
export function checkStateFolder(config: Config): Check[] {
  const { state, brokers } = config.kafka;
  const existing = nearestFolder(state);
  try {
    if (existing === state) {
      const probe = join(state, `.weir-doctor-${process.pid}`);
      writeFileSync(probe, '');
      unlinkSync(probe);
    } else accessSync(existing, constants.W_OK);
  } catch (error) {
    return [
      fail(
        'state folder',
        'environment',
        `${state} cannot be written (${(error as NodeJS.ErrnoException).code})`,
        'let the user of weir serve write there, or set kafka.state to another folder',
      ),
    ];
  }
  const there = existing === state ? 'writable' : 'not there yet, can be made';
  const shared = SHARED_FILE_SYSTEMS[Number(statfsSync(existing).type)];
  const remote = brokers.some((broker) => !/^(localhost|127\.|\[::1\]|::1)/.test(broker));
  if (remote && shared === undefined) {
    return [
      warn(
        'state folder',
        `${state} is ${there}, on a disk of this machine, while the brokers are elsewhere`,
        'fine while all processes run on this machine; else put it on a file system that all of them mount (NFS, CephFS, EFS)',
      ),
    ];
  }
  return [ok('state folder', `${state} is ${there}${shared === undefined ? '' : `, on ${shared}`}`)];
}

/** Room on the disks of the folders that are written to, by what lies in them. */
export function checkDisks(folders: Readonly<Record<string, string>>): Check[] {
  return Object.entries(folders).map(([name, folder]) => {
    const free = freeBytes(folder);
    if (free === undefined) return warn('disk', `${name}: how much is free on the disk of ${folder} cannot be told`, '');
    const found = `${bytesText(free)} free for ${name} (${folder})`;
    if (free < DISK.least) return fail('disk', 'environment', found, 'make room, or name another folder');
    return free < DISK.few ? warn('disk', found, 'watch weir_disk_free_bytes, or make room') : ok('disk', found);
  });
}

/** What this process may use of memory: of the machine, or of its container. */
export function checkMemory(): Check {
  const limit = process.constrainedMemory?.() ?? 0;
  const most = limit > 0 && limit < totalmem() ? limit : totalmem();
  const found = `${bytesText(most)}${most < totalmem() ? ' by the limit of its container' : ` in the machine, ${bytesText(freemem())} unused`}`;
  return most < MEMORY_LEAST ? warn('memory', found, 'give each process 1 GB or more') : ok('memory', found);
}

/** Can `weir serve` listen where the config says? A serve that runs there already is no fault. */
export async function checkPorts(config: Config): Promise<Check[]> {
  const places = [['serve.listen', config.serve.listen]];
  if (config.sources.some(({ http }) => http !== undefined)) places.push(['serve.http.listen', config.serve.http.listen]);
  return Promise.all(places.map(([name, listen]) => checkPort(name, listen)));
}

async function checkPort(name: string, listen: string): Promise<Check> {
  try {
    const { host, port } = parseListen(listen, name);
    await bind(host, port);
    return ok('ports', `${name} ${listen} is free`);
  } catch (error) {
    const told = listenError(error, listen, name);
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && (await answersAsWeir(listen)))
      return ok('ports', `${name} ${listen}: a weir serve answers there`);
    return told instanceof WeirError
      ? failed('ports', told)
      : fail('ports', 'environment', `${name} ${listen}: ${(error as Error).message}`, '');
  }
}

function bind(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

async function answersAsWeir(listen: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${listen.replace(/^(0\.0\.0\.0|\[::\])/, '127.0.0.1')}/healthz`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return typeof ((await answer.json()) as { status?: unknown }).status === 'string';
  } catch {
    return false;
  }
}

function nearestFolder(folder: string): string {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}
