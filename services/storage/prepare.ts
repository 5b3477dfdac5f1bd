import type { StoreConnection } from './connection.ts';
import type { Retention } from './declared.ts';
import { DEFAULT_RETENTION_DAYS, retentionStatements, viewStatements } from './declared.ts';
import { migrate, readMigrations } from './migrations.ts';

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
