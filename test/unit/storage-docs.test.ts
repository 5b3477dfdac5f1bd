import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { viewStatements } from '../../services/storage/declared.ts';
import { openStore, type Store } from '../../services/storage/store.ts';

/** docs/tables.md is true as far as a database can tell. */

const text = readFileSync(new URL('../../docs/tables.md', import.meta.url), 'utf8');
const queries = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].flatMap(([, block]) => block.split('\n\n').map((query) => query.trim()));

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-docs-'));
  store = await openStore({ path: folder });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(queries.map((query) => [query.split('\n')[0], query]))('runs: %s', async (_, query) => {
  await store.query(query, { params: { newest: '2026-04-01 08:00:00.000' } });
});

test('every view is described, and those that are described are there', async () => {
  const views = viewStatements().map((statement) => /VIEW (\w+)/.exec(statement)?.[1] as string);
  for (const view of views) expect(text).toContain(`\`${view}\``);
  const [, table] = /\| view \| one row for each[^\n]*\n\|[-|]+\n([\s\S]*?)\n\n/.exec(text) as RegExpExecArray;
  const named = table.split('\n').flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.filter((name) => !views.includes(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(10);
});

test('columns that are named are those that the views have', async () => {
  const described = async (view: string) => (await store.rows<{ name: string }>(`DESCRIBE TABLE ${view}`)).map(({ name }) => name);
  const sentence = (heading: string) =>
    new RegExp(`## ${heading}\\n[\\s\\S]*?\`((?:[\\w]+(?: \\([^)]*\\))?, )+[^\`]*)\``).exec(text)?.[1] as string;
  for (const [heading, view] of [
    ['late', 'late'],
    ['dead_letters', 'dead_letters'],
    ['ledger', 'ledger'],
  ]) {
    const names = sentence(heading)
      .replace(/\([^()]*\)/g, '')
      .split(',')
      .map((name) => name.trim());
    expect(names, view).toEqual(await described(view));
  }
});
