import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCluster, onCluster } from '../../services/storage/cluster-sql.ts';
import { StoreConnection } from '../../services/storage/connection.ts';
import { retentionStatements, viewStatements } from '../../services/storage/declared.ts';
import { OWN_TABLES, readMigrations } from '../../services/storage/migrations.ts';
import { parseRows } from '../../services/storage/reader.ts';

/** There is no Keeper here: what a cluster would be told is read by the database's own parser, and run without its ON CLUSTER. */

const CLUSTER = 'two-replicas';
const retention = retentionStatements({ default: 60, tenants: { shop: 400 } });
const statements = [
  ...Object.values(OWN_TABLES),
  ...readMigrations().flatMap((migration) => migration.statements),
  ...viewStatements(),
  ...retention,
];

let folder: string;
let connection: StoreConnection;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-cluster-'));
  connection = new StoreConnection({ path: folder });
});
afterAll(async () => {
  await connection.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The statement as ClickHouse itself writes it; fails where it cannot be parsed. */
async function formatted(sql: string): Promise<string> {
  const [{ text }] = parseRows<{ text: string }>(
    await connection.read('SELECT formatQuerySingleLine({sql:String}) AS text', 'JSONEachRow', { sql }),
  );
  return text;
}

test.each(statements.map((statement) => [statement.slice(0, 50).replace(/\s+/g, ' '), statement]))(
  'on a cluster: %s',
  async (_, statement) => {
    const text = await formatted(onCluster(statement, CLUSTER));
    expect(text.match(/ON CLUSTER `two-replicas`/g)).toHaveLength(1);
    const engines = text.match(/ENGINE = \w+\([^)]*\)/g) ?? [];
    if (/^CREATE TABLE/.test(text)) {
      const [, engine, version] = /ENGINE = (ReplacingMergeTree|AggregatingMergeTree)\((\w*)\)/.exec(statement) as RegExpExecArray;
      const last = version === '' ? '' : `, ${version}`;
      expect(engines).toEqual([
        `ENGINE = Replicated${engine}('/clickhouse/tables/two-replicas/{shard}/{database}/{table}', '{replica}'${last})`,
      ]);
    } else expect(engines).toEqual([]);
    // nothing else is changed
    const back = text
      .replace(' ON CLUSTER `two-replicas`', '')
      .replace(
        /Replicated(\w+MergeTree)\('\/clickhouse\/tables\/two-replicas\/\{shard\}\/\{database\}\/\{table\}', '\{replica\}'(, )?/,
        '$1(',
      )
      .replace('MergeTree() ', 'MergeTree ');
    expect(back).toBe(await formatted(statement));
  },
);

test('without a cluster nothing is changed, and all of it runs, twice', async () => {
  expect(statements.map((statement) => onCluster(statement, undefined))).toEqual(statements);
  for (let i = 0; i < 2; i++) for (const statement of statements) await connection.define(statement);
});

test('the database too; what would run on one host only is refused', async () => {
  expect(onCluster('CREATE DATABASE IF NOT EXISTS {database:Identifier}', 'c')).toBe(
    'CREATE DATABASE IF NOT EXISTS {database:Identifier} ON CLUSTER `c`',
  );
  expect(await formatted(onCluster('CREATE DATABASE IF NOT EXISTS weir', 'c'))).toBe('CREATE DATABASE IF NOT EXISTS weir ON CLUSTER c');
  expect(() => onCluster('DROP TABLE alerts_raw', 'c')).toThrow('DROP TABLE');
  expect(() => onCluster('CREATE TABLE IF NOT EXISTS t (a Int8) ENGINE = MergeTree() ORDER BY a', 'c')).toThrow('ReplacingMergeTree');
});

test('every table has one row a key, in whatever part it lies: its partition is a function of its sorting key', async () => {
  const rows = parseRows<{ name: string; partition: string; sorting: string; definition: string }>(
    await connection.read(
      "SELECT name, partition_key AS partition, sorting_key AS sorting, engine_full AS definition FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
      'JSONEachRow',
    ),
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const { partition, sorting, definition } of rows) {
    expect(definition).toMatch(/^(ReplacingMergeTree\((version|applied_at|claimed_at)\)|AggregatingMergeTree) /);
    const column = /^toYYYYMM\((\w+)\)$/.exec(partition)?.[1];
    if (partition !== '') expect(sorting.split(', ')).toContain(column);
  }
});

describe('a cluster', () => {
  const known = [
    { cluster: 'default', shards: 1 },
    { cluster: 'wide', shards: 3 },
  ];
  test('has to be one that the server knows', () => {
    expect(() => checkCluster('main', known, 'http://s')).toThrow(/http:\/\/s knows no cluster main \(it knows default, wide\)/);
    expect(() => checkCluster('main', [], 'http://s')).toThrow(/it knows none/);
  });
  test('has one shard', () => {
    checkCluster('default', known, 'http://s');
    expect(() => checkCluster('wide', known, 'http://s')).toThrow(/wide has 3 shards/);
  });
});
