import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterEach, expect, test } from 'vitest';
import { type ClickHouse, startClickHouse } from '../support/clickhouse-server.ts';

/** The ClickHouse server of the live tests does what the tests rely on. */

let server: ClickHouse | undefined;
afterEach(() => server?.remove());

async function rows(url: string, query: string, username?: string, password?: string): Promise<unknown[]> {
  const client = createClient({ url, username, password, log: { level: ClickHouseLogLevel.OFF } });
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json();
  } finally {
    await client.close();
  }
}

async function run(url: string, query: string, username?: string, password?: string): Promise<void> {
  const client = createClient({ url, username, password, log: { level: ClickHouseLogLevel.OFF } });
  try {
    await client.command({ query });
  } finally {
    await client.close();
  }
}

test('what it has acknowledged is there after SIGKILL and after SIGTERM', async () => {
  server = await startClickHouse();
  const { url } = server;
  await run(url, 'CREATE TABLE numbers (n UInt32) ENGINE = MergeTree ORDER BY n');
  await run(url, 'INSERT INTO numbers VALUES (1)');
  await server.kill();
  await expect(rows(url, 'SELECT n FROM numbers')).rejects.toThrow();
  await server.restart();
  await run(url, 'INSERT INTO numbers VALUES (2)');
  await server.restart();
  expect(await rows(url, 'SELECT n FROM numbers ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
});

test('with users, only they can do something, and only what they were granted', async () => {
  server = await startClickHouse({
    users: [
      { name: 'owner', password: 'of <all>' },
      { name: 'reader', password: 'of one', grants: ['GRANT SELECT ON weir.*'] },
    ],
  });
  const { url } = server;
  await run(url, 'CREATE DATABASE weir', 'owner', 'of <all>');
  await run(url, 'CREATE TABLE weir.numbers (n UInt32) ENGINE = MergeTree ORDER BY n', 'owner', 'of <all>');
  expect(await rows(url, 'SELECT n FROM weir.numbers', 'reader', 'of one')).toEqual([]);
  await expect(run(url, 'INSERT INTO weir.numbers VALUES (1)', 'reader', 'of one')).rejects.toThrow(/grant INSERT/);
  await expect(rows(url, 'SELECT n FROM weir.numbers', 'reader', 'of two')).rejects.toThrow(/password is incorrect/);
  await expect(rows(url, 'SELECT n FROM weir.numbers')).rejects.toThrow(/Not enough privileges/);
});
