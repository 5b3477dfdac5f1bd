import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WeirError } from '../core/errors.ts';
import type { StoreConnection } from './connection.ts';
import { parseRows } from './reader.ts';

export interface Migration {
  version: number;
  name: string;
  statements: string[];
}

const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/** The package's own folder, found from source and from dist/ alike: the nearest one above this file with schemas/clickhouse. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'schemas', 'clickhouse'))) {
    const above = dirname(folder);
    if (above === folder)
      throw new WeirError('store_failed', 'schemas/clickhouse is missing from this installation of weir: install it again');
    folder = above;
  }
  return folder;
}

/** The numbered migrations, in order. Statements end with `;` at the end of a line. */
export function readMigrations(folder = join(packageRoot(), 'schemas', 'clickhouse')): Migration[] {
  const migrations: Migration[] = [];
  for (const file of readdirSync(folder).sort()) {
    const parts = FILE_NAME.exec(file);
    if (parts === null) throw new WeirError('store_failed', `${join(folder, file)} is not named NNNN_name.sql`);
    const version = migrations.length + 1;
    if (Number(parts[1]) !== version) throw new WeirError('store_failed', `${join(folder, file)} should have number ${version}`);
    const text = readFileSync(join(folder, file), 'utf8').replace(/^--.*$/gm, '');
    const statements = text
      .split(/;\s*$/m)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== '');
    migrations.push({ version, name: parts[2], statements });
  }
  return migrations;
}

/** Statements that are repeated as a whole whenever they changed, without a number: views, retention. */
export interface Declaration {
  name: string;
  statements: string[];
}

/** What the migrations themselves are written down in. */
export const OWN_TABLES = {
  migrations:
    "CREATE TABLE IF NOT EXISTS migrations (version UInt32, name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree(applied_at) ORDER BY version",
  declarations:
    "CREATE TABLE IF NOT EXISTS declarations (name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree(applied_at) ORDER BY name",
};

/**
 * Brings a store up to this program: numbered migrations that it lacks, then the declarations that differ from what it
 * has. Every statement can be repeated, so a crash in between is harmless.
 * @returns the schema version of the store
 * @throws WeirError `store_newer` when the store was made by a newer program
 */
export async function migrate(connection: StoreConnection, migrations: Migration[], declarations: Declaration[]): Promise<number> {
  await connection.prepare();
  const there = parseRows<{ name: string }>(
    await connection.read('SELECT name FROM system.tables WHERE database = currentDatabase()', 'JSONEachRow'),
  );
  for (const [name, definition] of Object.entries(OWN_TABLES)) {
    if (!there.some((table) => table.name === name)) await connection.define(definition);
  }
  const [{ newest }] = parseRows<{ newest: number }>(await connection.read('SELECT max(version) AS newest FROM migrations', 'JSONEachRow'));
  const own = migrations.length;
  if (newest > own) throw newerStore(connection.place, newest, own);
  for (const migration of migrations) {
    if (migration.version <= newest) continue;
    for (const statement of migration.statements) await connection.define(statement);
    await connection.insertText(
      'INSERT INTO migrations (version, name) FORMAT JSONEachRow',
      JSON.stringify({ version: migration.version, name: migration.name }),
    );
  }
  const rows = parseRows<{ name: string; checksum: string }>(
    await connection.read('SELECT name, checksum FROM declarations FINAL', 'JSONEachRow'),
  );
  const known = new Map(rows.map((row) => [row.name, row.checksum]));
  for (const { name, statements } of declarations) {
    const checksum = createHash('sha256').update(statements.join('\n')).digest('hex').slice(0, 16);
    if (newest === own && known.get(name) === checksum) continue;
    for (const statement of statements) await connection.define(statement);
    await connection.insertText('INSERT INTO declarations (name, checksum) FORMAT JSONEachRow', JSON.stringify({ name, checksum }));
  }
  return own;
}

export function newerStore(place: string, version: number, own: number): WeirError {
  return new WeirError(
    'store_newer',
    `the store at ${place} has schema version ${version}, this weir knows ${own}: use the newer weir that wrote it`,
  );
}
