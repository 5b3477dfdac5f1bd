import type { Command } from 'commander';
import { writeOut } from '../console/output.ts';
import { plainLines } from '../console/plain-text.ts';
import { WeirError } from '../core/errors.ts';
import { readOnlySql } from '../storage/read-only-sql.ts';
import { addStoreOptions, type StoreChoice, withReader } from './record-list.ts';

const EXAMPLES = `
Tables: alerts, incidents, alert_changes, incident_changes, windows, account_windows, interface_windows, source_windows,
target_windows, account_minutes, interface_minutes, late, dead_letters, ledger, inventory, inventory_facts,
sensitive_data, feedback, shadow_scores, tenants,
runs (docs/tables.md describes them).

Examples:
  weir sql "SELECT tenant, severity, count() FROM alerts GROUP BY ALL ORDER BY ALL"
  weir sql "SELECT start, requests, new_objects FROM account_windows WHERE key = 'u7' ORDER BY start"
  weir sql "SELECT reason, count() FROM dead_letters GROUP BY reason" --format JSON
  weir sql "SELECT * FROM windows" --format Parquet > windows.parquet
  weir sql "SHOW TABLES"
  weir sql "SELECT count() FROM alerts" --config weir.yaml      on the ClickHouse server that it names`;

interface SqlOptions extends StoreChoice {
  format?: string;
  json?: boolean;
}

export function registerSql(program: Command): void {
  addStoreOptions(program.command('sql <query>'))
    .summary('a query on the store (ClickHouse SQL, read-only)')
    .description('Runs one reading ClickHouse query on the store and prints its result. Works while a run writes.')
    .option('--format <name>', 'a ClickHouse output format; PrettyCompact on a terminal, else TabSeparated, unless the query says FORMAT')
    .option('--json', 'the same as --format JSONEachRow')
    .addHelpText('after', EXAMPLES)
    .action((query: string, options: SqlOptions) => run(query, options));
}

async function run(query: string, options: SqlOptions): Promise<void> {
  const { sql, format: own } = readOnlySql(query);
  const onTerminal = process.stdout.isTTY === true;
  const format =
    options.format ?? (options.json ? 'JSONEachRow' : undefined) ?? own ?? (onTerminal ? 'PrettyCompactMonoBlock' : 'TabSeparated');
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(format))
    throw new WeirError('usage', `--format ${format}: not the name of a ClickHouse output format`);
  await withReader(options, async (reader) => {
    const bytes = await reader.query(sql, { format });
    await writeOut(onTerminal ? plainLines(Buffer.from(bytes).toString('utf8')) : bytes);
  });
}
