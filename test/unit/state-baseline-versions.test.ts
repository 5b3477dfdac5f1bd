import { existsSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StageSnapshot } from '../../services/core/stage.ts';
import { dayReached, keptAs, surplus } from '../../services/state/baseline-versions.ts';
import { FileSnapshotStore } from '../../services/state/file-snapshot-store.ts';
import { type Manifest, SNAPSHOT_VERSION } from '../../services/state/manifest.ts';
import { writeProvisional } from '../../services/state/provisional-file.ts';
import { rollBack } from '../../services/state/roll-back.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 2, 20);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function snapshot(text: string, version = 3): StageSnapshot {
  return { stage: 'account', version, groups: new Map([[1, bytes(text)]]), common: bytes('common') };
}

describe('versions of the baselines', () => {
  let folder: string;
  let store: FileSnapshotStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-versions-'));
    store = new FileSnapshotStore(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A cut as a run makes it, having reached this day. */
  function cut(day: number, stageVersion = 3): Manifest {
    const before = store.newest();
    const sequence = (before?.sequence ?? 0) + 1;
    const reached = { shop: day * DAY + 5, idle: 0 };
    const manifest: Manifest = {
      version: SNAPSHOT_VERSION,
      sequence,
      program: '0.1.0',
      configVersion: 'c',
      partitions: 2,
      inputs: [],
      journal: 0,
      outputs: {},
      ledger: { events: sequence },
      reached,
      provisional: { shop: { alerts: [`a${sequence}`], incidents: [] } },
      files: [store.write(sequence, '0', snapshot(`state ${sequence}`, stageVersion))],
      kept: keptAs(sequence, reached, before, NOW),
    };
    store.commit(manifest);
    return manifest;
  }
  const numbers = (): number[] => store.versions().map(({ sequence }) => sequence);
  const stateOf = (manifest: Manifest): string => new TextDecoder().decode(store.read(manifest.files[0], () => true).groups.get(1));

  it('are the last cut of each day, with their files', () => {
    for (const day of [100, 100, 101, 101, 101, 103]) cut(day);
    expect(numbers()).toEqual([2, 5, 6]);
    expect(store.versions().map(stateOf)).toEqual(['state 2', 'state 5', 'state 6']);
    expect([1, 2, 3, 4, 5, 6].map((sequence) => existsSync(join(folder, String(sequence))))).toEqual([
      false,
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(store.newest()?.sequence).toBe(6);
  });

  it('are seven, and of those before one a week for four weeks', () => {
    for (let day = 0; day < 60; day++) cut(day);
    // days are sequences less one; weeks of days 0-6, 7-13, …
    expect(numbers().map((number) => number - 1)).toEqual([34, 41, 48, 52, 53, 54, 55, 56, 57, 58, 59]);
    expect(surplus(store.versions())).toEqual([]);
  });

  it('know how far a run came', () => {
    expect(dayReached({})).toBe(-1);
    expect(dayReached({ a: Number.NEGATIVE_INFINITY })).toBe(-1);
    expect(dayReached({ a: 3 * DAY - 1, b: 5 * DAY })).toBe(5);
  });

  it('are gone back to, and from there on without touching what was kept', () => {
    for (const day of [100, 101, 102]) cut(day);
    writeProvisional(join(folder, 'provisional.json'), {
      sequence: 3,
      done: true,
      sizes: {},
      tenants: { shop: { alerts: ['flushed'], incidents: ['i'] } },
      dead: [],
    });
    const back = rollBack({ folder, version: 1, request: 'r' });
    expect(back).toMatchObject({ sequence: 4, ledger: { events: 1 }, kept: { number: 0, day: 100, from: 1 } });
    // what nobody has confirmed is confirmed or taken back by what comes
    expect(back.provisional).toEqual({ shop: { alerts: ['flushed', 'a1'], incidents: ['i'] } });
    expect(stateOf(store.newest() as Manifest)).toBe('state 1');
    expect(rollBack({ folder, version: 1, request: 'r' }).sequence).toBe(4);
    // the same day again: another version, the old ones stay
    cut(100);
    cut(100);
    expect(numbers()).toEqual([1, 2, 3, 6]);
    expect(store.versions().map(stateOf)).toEqual(['state 1', 'state 2', 'state 3', 'state 6']);
    expect(rollBack({ folder, version: 3, request: 's' })).toMatchObject({ sequence: 7, ledger: { events: 3 } });
  });

  it('that are damaged, of other stages or not there are refused, and nothing changes', () => {
    cut(100, 2);
    const damaged = cut(101);
    cut(102);
    truncateSync(join(folder, damaged.files[0].path), 40);
    expect(() => rollBack({ folder, version: 1, request: 'r' })).toThrow(/account stage has state version 2; this one reads 3/);
    expect(() => rollBack({ folder, version: 2, request: 'r' })).toThrow(/2\/account-0\.state/);
    expect(() => rollBack({ folder, version: 9, request: 'r' })).toThrow(/no version 9 .*kept are: 1, 2, 3/);
    expect(store.newest()?.sequence).toBe(3);
  });
});
