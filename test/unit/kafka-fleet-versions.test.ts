import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CheckpointFolder } from '../../services/drivers/kafka/checkpoint.ts';
import { keptVersions, refuseHalfRolledBack } from '../../services/drivers/kafka/fleet-versions.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-fleet-versions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a rollback that was cut short lets nobody start, and says what to do', () => {
  expect(() => refuseHalfRolledBack(folder)).not.toThrow();
  writeFileSync(join(folder, 'rollback.json'), '{"number":3}');
  expect(() => refuseHalfRolledBack(folder)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining('weir baselines rollback 3 again') }),
  );
});

it('a version that was cut short is none, and one of a newer program is refused', () => {
  expect(keptVersions(folder)).toEqual([]);
  const put = (number: number, text?: string): void => {
    mkdirSync(join(folder, 'versions', String(number)), { recursive: true });
    if (text !== undefined) writeFileSync(join(folder, 'versions', String(number), 'version.json'), text);
  };
  put(10, '{"format":1,"number":10}');
  put(9, '{"format":1,"number":9}');
  put(11);
  expect(keptVersions(folder).map(({ number }) => number)).toEqual([9, 10]);
  put(12, '{"format":2,"number":12}');
  expect(() => keptVersions(folder)).toThrow(expect.objectContaining({ code: 'snapshot_newer' }));
  put(12, '{"form');
  expect(() => keptVersions(folder)).toThrow(expect.objectContaining({ code: 'snapshot_corrupt' }));
});

it('a snapshot is copied whole, with its note, under its name', () => {
  const [from, to] = ['now', 'then'].map((root) => new CheckpointFolder(join(folder, root), 'account-weir.events-0'));
  const snapshot = { stage: 'account' as const, version: 7, common: Uint8Array.of(1, 2), groups: new Map([[5, Uint8Array.of(3)]]) };
  const note = { ledger: { a: 1 }, reached: 99 };
  const { name } = from.write(41, snapshot, note);
  expect(from.newestVersion()).toBe(7);
  expect(to.newestVersion()).toBeUndefined();
  expect(from.copy(name, to).note).toEqual(note);
  expect(to.read(name)).toEqual(from.read(name));
  expect(readdirSync(to.path)).toEqual(['41']);
  // and what was there before goes with the next snapshot, as always
  to.write(42, snapshot, note);
  to.dropOlder();
  expect(() => to.read(name)).toThrow(expect.objectContaining({ code: 'log_lost' }));
});
