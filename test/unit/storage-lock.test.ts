import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holderOf, lockDataFolder } from '../../services/storage/data-folder.ts';
import { openReader } from '../../services/storage/open-reader.ts';
import { openDataFolder } from '../../services/storage/open-writer.ts';
import { alertOf, idOf } from '../support/records.ts';

let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-lock-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Another process (of the compiled program) that takes the folder, stores one alert and stays until it is killed. */
async function startWriter(): Promise<ChildProcess> {
  const program = `
    const { openDataFolder } = await import(${JSON.stringify(new URL('../../dist/services/storage/open-writer.js', import.meta.url).href)});
    const { store } = await openDataFolder(${JSON.stringify(folder)});
    store.alerts([${JSON.stringify(alertOf(1))}]);
    await store.flush();
    console.log('ready');
    setInterval(() => {}, 1000);`;
  child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  expect(output.toString()).toBe('ready\n');
  return child;
}

test('one writer at a time: the second is told who the first is; freed folders leave nothing behind', async () => {
  const first = await lockDataFolder(folder);
  await expect(lockDataFolder(folder)).rejects.toMatchObject({
    code: 'data_folder_in_use',
    exitCode: 2,
    message: expect.stringContaining(`process ${process.pid} `),
  });
  await first.release();
  const second = await lockDataFolder(folder);
  expect((await holderOf(folder))?.role).toBe('write');
  await second.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock left by a dead process, or damaged, does not hold', async () => {
  for (const left of ['{"pid": 1, "role": "write", "socket": "/nowhere/weir-000000000000.sock", "nonce": "x"}', '{"pid":', '']) {
    writeFileSync(join(folder, 'lock'), left);
    const lock = await lockDataFolder(folder);
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('of many that take over a stale lock at once one gets it', async () => {
  writeFileSync(join(folder, 'lock'), '{"pid": 1, "role": "write", "socket": "/nowhere/weir-000000000000.sock", "nonce": "x"}');
  const results = await Promise.allSettled(Array.from({ length: 12 }, () => lockDataFolder(folder)));
  const taken = results.filter((result) => result.status === 'fulfilled');
  expect(taken.length).toBe(1);
  await taken[0].value.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder whose path is too long for a socket can be locked and read all the same', async () => {
  folder = join(folder, 'x'.repeat(60), 'y'.repeat(60));
  mkdirSync(folder, { recursive: true });
  const lock = await lockDataFolder(folder);
  lock.serve(async (sql) => Buffer.from(sql));
  const holder = await holderOf(folder);
  expect(holder?.socket.startsWith(tmpdir())).toBe(true);
  await expect(lockDataFolder(folder)).rejects.toMatchObject({ code: 'data_folder_in_use' });
  await lock.release();
});

test('who only looks whether the holder lives, before it answers and after, does not keep it from ending', async () => {
  const lock = await lockDataFolder(folder);
  for (let i = 0; i < 10; i++) await holderOf(folder);
  lock.serve(async (sql) => Buffer.from(sql));
  await Promise.all(Array.from({ length: 10 }, () => holderOf(folder)));
  await lock.drain();
  await holderOf(folder);
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('reading while another process writes, and after it was killed', async () => {
  await expect(openReader(folder)).rejects.toMatchObject({ code: 'input_missing', exitCode: 2 });
  const writer = await startWriter();
  await expect(lockDataFolder(folder)).rejects.toMatchObject({
    code: 'data_folder_in_use',
    message: expect.stringContaining(`process ${writer.pid} `),
  });
  const reader = await openReader(folder);
  expect(await reader.rows('SELECT alert_id FROM alerts WHERE tenant = {tenant:String}', { tenant: 'shop' })).toEqual([
    { alert_id: idOf(1) },
  ]);
  await expect(reader.query('DROP TABLE alerts_raw')).rejects.toMatchObject({ code: 'usage' });
  const many = await Promise.all(Array.from({ length: 20 }, () => reader.rows('SELECT count() AS n FROM alerts')));
  expect(many).toEqual(Array.from({ length: 20 }, () => [{ n: 1 }]));
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  expect(await reader.rows('SELECT alert_id FROM alerts')).toEqual([{ alert_id: idOf(1) }]);
  const second = await openReader(folder);
  expect(await second.rows('SELECT count() AS n FROM alerts')).toEqual([{ n: 1 }]);
  const next = openDataFolder(folder); // waits for the reader that has the store open
  await second.close();
  await reader.close();
  const data = await next;
  expect(data.store.number).toBe(2);
  expect(await data.store.rows('SELECT number, closed_at FROM runs ORDER BY number')).toEqual([
    { number: 1, closed_at: null },
    { number: 2, closed_at: null },
  ]);
  await data.close();
  expect(readdirSync(folder).sort()).toEqual(['store', 'tmp']);
});
