import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { makeFolder } from '../state/make-folder.ts';

/** Name of the key's file in a data folder. */
const KEY_FILE = 'hash-key';
const KEY_BYTES = 32;
/** A key from the environment has at least this many characters. */
const LEAST_SECRET = 16;

export interface MasterKey {
  key: Uint8Array;
  /** where it came from, for people */
  origin: string;
}

/**
 * The master key that the tenants' hash keys are derived from. From the environment (config: `values.key_env`) when it
 * is set there; else the data folder's own. A new data folder takes the user's key, which is made on first use (mode
 * 0600): so hashes agree between the data folders of one user, and a data folder that is moved keeps its own.
 * @throws WeirError `config` for a key that is too short, `disk` when none can be written
 */
export function masterKey(config: Config, dataFolder: string, environment: NodeJS.ProcessEnv = process.env): MasterKey {
  const name = config.values.key_env;
  const secret = environment[name];
  if (secret !== undefined) {
    if (secret.length < LEAST_SECRET) {
      throw new WeirError(
        'config',
        `the environment's ${name} has ${secret.length} characters; a master key needs at least ${LEAST_SECRET}`,
      );
    }
    return { key: createHash('sha256').update(secret).digest(), origin: `environment variable ${name}` };
  }
  const own = join(dataFolder, KEY_FILE);
  const kept = readKey(own);
  if (kept !== undefined) return { key: kept, origin: own };
  const key = userKey(environment) ?? randomBytes(KEY_BYTES);
  try {
    return { key: writeKey(own, key), origin: own };
  } catch (cause) {
    throw new WeirError('disk', `the hash key cannot be written to ${own}: ${(cause as Error).message}`, { cause });
  }
}

/** The key that a run on this folder would use, as far as it is there: zeros where the first run would make one. Writes nothing. */
export function existingKey(config: Config, dataFolder: string, environment: NodeJS.ProcessEnv = process.env): Uint8Array {
  if (environment[config.values.key_env] !== undefined) return masterKey(config, dataFolder, environment).key;
  return readKey(join(dataFolder, KEY_FILE)) ?? new Uint8Array(KEY_BYTES);
}

/** The 128-bit key of one tenant, four 32-bit words: HMAC-SHA-256 of its name under the master key, cut. */
export function tenantKey(master: Uint8Array, tenant: string): Uint32Array {
  const digest = createHmac('sha256', master).update(`tenant\n${tenant}`).digest();
  return Uint32Array.from({ length: 4 }, (_, i) => digest.readUInt32LE(i * 4));
}

/** The user's key, made on first use; undefined where there is no home to write to. */
function userKey(environment: NodeJS.ProcessEnv): Uint8Array | undefined {
  const folder = environment.XDG_CONFIG_HOME ?? join(environment.HOME ?? homedir(), '.config');
  const path = join(folder, 'weir', KEY_FILE);
  const known = readKey(path);
  if (known !== undefined) return known;
  try {
    return writeKey(path, randomBytes(KEY_BYTES));
  } catch {
    return undefined; // no home, or a read-only one: the data folder gets a key of its own
  }
}

function readKey(path: string): Uint8Array | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new WeirError('input_unreadable', `the hash key ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (!/^[0-9a-f]{64}$/.test(text)) throw new WeirError('config', `${path} is no hash key: it should hold ${KEY_BYTES * 2} hex digits`);
  return Buffer.from(text, 'hex');
}

/** Writes a key unless another process was first; returns the one that is there. */
function writeKey(path: string, key: Uint8Array): Uint8Array {
  makeFolder(dirname(path), 0o700);
  try {
    writeFileSync(path, `${Buffer.from(key).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readKey(path) ?? key;
  }
}
