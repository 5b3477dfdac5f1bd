import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerAlerts } from '../../services/commands/alerts.ts';
import { registerIncidents } from '../../services/commands/incidents.ts';
import { registerReconcile } from '../../services/commands/reconcile.ts';
import { registerSql } from '../../services/commands/sql.ts';
import { openDataFolder } from '../../services/storage/open-writer.ts';
import { type Ran, runInProcess } from '../support/in-process.ts';
import { alertOf, idOf, incidentOf } from '../support/records.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-commands-'));
  const { store, close } = await openDataFolder(folder);
  store.setTenant('shop', { time_zone: 'Asia/Shanghai' });
  store.alerts([
    alertOf(1),
    alertOf(2, { severity: 'low', window: { start: '2026-04-02T08:00:00.000Z', end: '2026-04-02T09:00:00.000Z', size: '1h' } }),
  ]);
  store.alerts([alertOf(3, { tenant: 'partner', detector: 'bulk_export', final: false })]);
  store.incidents([incidentOf(1)]);
  store.ledger([{ run: 'main', tenant: 'shop', source: 's', fate: 'read', reason: '', count: 7 }]);
  await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The commands that read a store, on the folder of this test unless another is named. */
const weir = (...words: string[]): Promise<Ran> =>
  runInProcess(
    [registerAlerts, registerIncidents, registerSql, registerReconcile],
    [...words, ...(words.includes('--data') ? [] : ['--data', folder])],
  );

const idsOf = (ndjson: string) =>
  ndjson
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { alert_id: string }).alert_id);

test('alerts as NDJSON are the records that were stored, the newest first', async () => {
  const { status, stdout, stderr } = await weir('alerts', '--json', '--tenant', 'shop');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(idsOf(stdout)).toEqual([idOf(2), idOf(1)]);
  expect(JSON.parse(stdout.split('\n')[1])).toEqual(alertOf(1));
});

test('filters: severity or higher, detector, times in the zone of the table, limit', async () => {
  expect(idsOf((await weir('alerts', '--json', '--severity', 'medium')).stdout).sort()).toEqual([idOf(1), idOf(3)]);
  expect(idsOf((await weir('alerts', '--json', '--detector', 'bulk_export')).stdout)).toEqual([idOf(3)]);
  expect(idsOf((await weir('alerts', '--json', '--since', '2026-04-01T17:00')).stdout)).toEqual([idOf(2)]);
  expect(idsOf((await weir('alerts', '--json', '--since', '2026-04-01T17:00', '--utc')).stdout)).toEqual([idOf(2)]);
  expect(idsOf((await weir('alerts', '--json', '--tenant', 'shop', '--until', '2026-04-01T16:00:01')).stdout)).toEqual([idOf(1)]);
  const limited = await weir('alerts', '--limit', '1');
  expect(limited.stdout.split('\n').length).toBe(3);
  expect(limited.stderr).toContain('the store holds 3 in all');
  expect((await weir('alerts', '--tenant', 'nobody')).stderr).toContain('no alerts match; the store holds 3');
});

test('tables show the clocks of the tenant, or UTC', async () => {
  expect((await weir('alerts')).stdout).toMatch(/window ends \(Asia\/Shanghai\)[\s\S]*2026-04-01 17:00/);
  expect((await weir('incidents', '--utc')).stdout).toMatch(/when \(UTC\)[\s\S]*2026-04-01 08:00 – 09:00/);
  const shown = await weir('incidents', 'show', idOf(1001));
  expect(shown.stdout).toContain('It would not have alerted with new_objects at 31 instead of 412');
  expect(shown.stdout).toContain('2026-04-01 16:00 – 17:00 (Asia/Shanghai)');
  expect(JSON.parse((await weir('alerts', 'show', idOf(1), '--json')).stdout)).toEqual(alertOf(1));
});

test('mistakes have exit code 2 and say what would be right', async () => {
  expect(await weir('alerts', 'show', '0000')).toMatchObject({ status: 2, stderr: expect.stringContaining('several alerts') });
  expect(await weir('alerts', 'show', 'ffffffff')).toMatchObject({ status: 2, stderr: expect.stringContaining('no alert has an id') });
  expect(await weir('alerts', '--since', 'yesterday')).toMatchObject({ status: 2, stderr: expect.stringContaining('--since yesterday') });
  expect(await weir('sql', 'DROP TABLE alerts')).toMatchObject({ status: 2, stderr: expect.stringContaining('only reads') });
  expect(await weir('sql', 'SELECT x FROM alerts')).toMatchObject({ status: 2, stderr: expect.stringContaining('UNKNOWN_IDENTIFIER') });
  expect(await weir('incidents', '--data', join(folder, 'nowhere'))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('weir detect'),
  });
});

test('sql: formats, one reading statement, a closed pipe', async () => {
  expect(await weir('sql', 'SELECT count() FROM alerts;')).toMatchObject({ status: 0, stdout: '3\n' });
  expect((await weir('sql', 'SELECT count() AS n FROM alerts FORMAT JSONEachRow')).stdout).toBe('{"n":3}\n');
  expect((await weir('sql', "SELECT 'a;b -- c' AS t -- comment; here", '--format', 'CSVWithNames')).stdout).toBe('"t"\n"a;b -- c"\n');
  const child = spawn(
    'sh',
    ['-c', `"${process.execPath}" "${LAUNCHER}" sql "SELECT number FROM numbers(2000000)" --data "${folder}" | head -1`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  expect(output).toBe('0\n');
});

test('reconcile: exit code 1 and the figures when events are missing', async () => {
  const { status, stdout } = await weir('reconcile');
  expect(status).toBe(1);
  expect(stdout).toContain('the ledger does not add up');
  expect(JSON.parse((await weir('reconcile', '--json')).stdout)).toMatchObject({ balanced: false, sources: [{ read: 7, missing: 7 }] });
});

test('two readers at once', async () => {
  const runs = Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, [LAUNCHER, 'sql', 'SELECT count() FROM alerts', '--data', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    const [status] = await once(child, 'close');
    return { status, output };
  });
  expect(await Promise.all(runs)).toEqual(Array.from({ length: 4 }, () => ({ status: 0, output: '3\n' })));
});
