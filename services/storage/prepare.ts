import { WeirError } from '../core/errors.ts';
import type { StoreConnection } from './connection.ts';
import type { Retention } from './declared.ts';
import { DEFAULT_RETENTION_DAYS, retentionStatements, viewStatements } from './declared.ts';
import { migrate, newerStore, readMigrations } from './migrations.ts';
import { parseRows } from './reader.ts';

/**
 * Brings a store up to this program: tables, views and, for who may decide on it, how long rows are kept.
 * @param options.retention days; `keep`: as the store has it
 * @returns the schema version
 * @throws WeirError `store_newer`, `store_failed`
 */
export function prepareStore(connection: StoreConnection, options: { retention?: number | Retention | 'keep' } = {}): Promise<number> {
  const { retention = DEFAULT_RETENTION_DAYS } = options;
  const declarations = [{ name: 'views', statements: viewStatements() }];
  if (retention !== 'keep') {
    const days = typeof retention === 'number' ? { default: retention } : retention;
    declarations.push({ name: 'retention', statements: retentionStatements(days) });
  }
  return migrate(connection, readMigrations(), declarations);
}

/**
 * Checks that a store can be read by this program, and changes nothing.
 * @throws WeirError `input_missing` where there is none yet, `store_newer`, `usage` for one of an older program; what the connection throws
 */
export async function checkStore(connection: StoreConnection): Promise<number> {
  const own = readMigrations().length;
  let rows: { version: number }[];
  try {
    rows = parseRows(await connection.read('SELECT max(version) AS version FROM migrations', 'JSONEachRow'));
  } catch (error) {
    const type = error instanceof Error ? (error.cause as { type?: string } | undefined)?.type : undefined;
    if (type !== 'UNKNOWN_DATABASE' && type !== 'UNKNOWN_TABLE') throw error;
    throw new WeirError('input_missing', `no store at ${connection.place} yet: weir serve or weir detect makes it when it runs`, {
      cause: error,
    });
  }
  const [{ version }] = rows;
  if (version > own) throw newerStore(connection.place, version, own);
  if (version < own) {
    throw new WeirError(
      'usage',
      `the store at ${connection.place} has schema version ${version}, this weir reads ${own}: the first weir serve or weir detect of this version brings it up to date`,
    );
  }
  return version;
}
