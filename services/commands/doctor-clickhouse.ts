import type { Config } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { StoreConnection } from '../storage/connection.ts';
import { readMigrations } from '../storage/migrations.ts';
import { parseRows } from '../storage/reader.ts';
import { type Check, fail, failed, ok, PATIENCE_MS, spanText, warn, within } from './doctor-check.ts';
import { storeConfigOf } from './store-config.ts';

/** The server's clock may differ from ours by this, ms: rows say when they were stored. */
const CLOCK_SKEW = 5000;
/** Oldest server that the SQL was run on: views with FINAL and settings, JSON types. */
const LEAST_VERSION = [23, 8];
/** What `weir serve` does in its database. */
const RIGHTS = ['SELECT', 'INSERT', 'ALTER TTL', 'ALTER DELETE', 'CREATE TABLE', 'CREATE VIEW', 'DROP VIEW', 'DROP TABLE'];
const NAME = 'store';

/** A ClickHouse server: reachable, its version and clock, the database, its schema, and what we may do there. */
export async function checkServer(store: Extract<Config['store'], { url: string }>, environment: NodeJS.ProcessEnv): Promise<Check[]> {
  let connection: StoreConnection;
  try {
    const config = storeConfigOf(store, environment);
    connection = new StoreConnection({ ...config, database: undefined } as typeof config, { patience: PATIENCE_MS });
  } catch (error) {
    return [failed(NAME, error)];
  }
  const late = () => new WeirError('store_failed', `the store at ${connection.place} does not answer in ${PATIENCE_MS / 1000} s`);
  const ask = async <T>(sql: string, params?: Record<string, unknown>): Promise<T[]> =>
    parseRows<T>(await within(() => connection.read(sql, 'JSONEachRow', params), late));
  try {
    const before = Date.now();
    const [server] = await ask<{ version: string; now: number; user: string }>(
      'SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS now, currentUser() AS user',
    );
    const checks = [checkVersion(connection.place, server), ...checkClock(server.now, before, Date.now())];
    const [granted, schema] = await Promise.all([
      checkRights(store.database, server.user, ask).catch((error: unknown) => [failed(NAME, error)]),
      checkSchema(store.database, ask).catch((error: unknown) => [failed(NAME, error)]),
    ]);
    return [...checks, ...schema, ...granted];
  } catch (error) {
    return [failed(NAME, error, 'start the server, or correct store.url, store.username and store.tls')];
  } finally {
    await within(() => connection.close(), late).catch(() => undefined);
  }
}

type Ask = <T>(sql: string, params?: Record<string, unknown>) => Promise<T[]>;

function checkVersion(place: string, { version, user }: { version: string; user: string }): Check {
  const [major, minor] = version.split('.').map(Number);
  const found = `ClickHouse ${version} at ${place}, as user ${user}`;
  const isOld = major < LEAST_VERSION[0] || (major === LEAST_VERSION[0] && minor < LEAST_VERSION[1]);
  return isOld
    ? warn(NAME, found, `older than ${LEAST_VERSION.join('.')}, with which nothing was tried: take a newer one`)
    : ok(NAME, found);
}

/** The server read its clock between the two times. */
function checkClock(server: number, before: number, after: number): Check[] {
  const skew = server < before ? before - server : server > after ? server - after : 0;
  if (skew <= CLOCK_SKEW) return [ok('clock', `agrees with ClickHouse's${skew === 0 ? '' : ` within ${spanText(skew)}`}`)];
  return [
    warn(
      'clock',
      `ClickHouse's clock is ${spanText(skew)} ${server < before ? 'behind' : 'ahead of'} this machine's`,
      'set both by NTP: retention, latency and silence go by the clock',
    ),
  ];
}

async function checkSchema(database: string, ask: Ask): Promise<Check[]> {
  const own = readMigrations().length;
  const tables = await ask<{ name: string }>('SELECT name FROM system.tables WHERE database = {database:String}', { database });
  if (!tables.some(({ name }) => name === 'migrations')) {
    return [
      ok(
        NAME,
        `database ${database}: ${tables.length === 0 ? 'nothing there yet' : `${tables.length} tables, none of ours`}; the first weir serve makes schema ${own}`,
      ),
    ];
  }
  const [{ version }] = await ask<{ version: number }>('SELECT max(version) AS version FROM {database:Identifier}.migrations', {
    database,
  });
  if (version > own)
    return [
      fail(NAME, 'config', `database ${database} has schema ${version}, this program knows ${own}`, 'use the newer weir that made it'),
    ];
  if (version < own) return [ok(NAME, `database ${database} has schema ${version}; the next weir serve brings it to ${own}`)];
  return [ok(NAME, `database ${database} has schema ${version}, as this program`)];
}

async function checkRights(database: string, user: string, ask: Ask): Promise<Check[]> {
  const rows = await ask<Record<string, string>>('SHOW GRANTS');
  const grants = rows.flatMap((row) => Object.values(row));
  // through roles, or as whoever may do anything: what these hold is not listed by name
  if (grants.some((grant) => !/ ON /.test(grant))) return [ok(NAME, `${user} has rights by roles; they are not looked into`)];
  const missing = RIGHTS.filter((right) => !grants.some((grant) => covers(grant, right, database)));
  const databases = await ask<{ name: string }>('SELECT name FROM system.databases WHERE name = {database:String}', { database });
  if (databases.length === 0 && !grants.some((grant) => covers(grant, 'CREATE DATABASE', database))) missing.push('CREATE DATABASE');
  if (missing.length === 0) return [ok(NAME, `${user} may do all that is needed in ${database}`)];
  return [
    fail(
      NAME,
      'environment',
      `${user} may not ${missing.join(', ')} in ${database}`,
      `GRANT ${missing.join(', ')} ON ${database}.* TO ${user}`,
    ),
  ];
}

/** Whether a line of SHOW GRANTS allows a right in the whole database. A group's name stands for its members (`ALTER` for `ALTER TTL`). */
export function covers(grant: string, right: string, database: string): boolean {
  const match = /^GRANT (.+) ON (\S+) TO /.exec(grant);
  if (match === null) return false;
  const [, list, place] = match;
  const scope = place.replaceAll('`', '');
  const isHere = scope === '*.*' || scope === `${database}.*` || (scope.endsWith('*.*') && database.startsWith(scope.slice(0, -3)));
  if (!isHere) return false;
  const given = list.split(',').map((text) => text.trim());
  return given.some((name) => name === 'ALL' || name === 'ALL PRIVILEGES' || name === right || groupsOf(right).includes(name));
}

/** Groups of rights that hold one; columns in brackets are not looked at. */
function groupsOf(right: string): string[] {
  switch (right) {
    case 'CREATE TABLE':
    case 'CREATE VIEW':
    case 'CREATE DATABASE':
      return ['CREATE'];
    case 'DROP VIEW':
    case 'DROP TABLE':
      return ['DROP'];
    case 'ALTER TTL':
    case 'ALTER DELETE':
      return ['ALTER', 'ALTER TABLE'];
    default:
      return [];
  }
}
