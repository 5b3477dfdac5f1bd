import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StageSnapshot } from '../../services/core/stage.ts';
import { FileSnapshotStore } from '../../services/state/file-snapshot-store.ts';
import { type Manifest, SNAPSHOT_VERSION, type SnapshotFile } from '../../services/state/manifest.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function snapshot(groups: [number, string][], common = 'common'): StageSnapshot {
  return { stage: 'account', version: 3, groups: new Map(groups.map(([group, text]) => [group, bytes(text)])), common: bytes(common) };
}

function manifest(sequence: number, files: SnapshotFile[]): Manifest {
  return {
    version: SNAPSHOT_VERSION,
    sequence,
    program: '0.1.0',
    configVersion: 'c',
    partitions: 2,
    inputs: [],
    journal: 0,
    outputs: {},
    ledger: {},
    reached: {},
    provisional: {},
    files,
  };
}

describe('file snapshot store', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-state-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has nothing before the first commit, also after a crash between files and manifest', () => {
    const store = new FileSnapshotStore(join(folder, 'none'));
    expect(store.newest()).toBeUndefined();
    store.write(1, '0', snapshot([[1, 'a']]));
    expect(store.newest()).toBeUndefined();
  });

  it('gives back what was written, only the wanted key groups', () => {
    const store = new FileSnapshotStore(folder);
    const file = store.write(
      1,
      '0',
      snapshot([
        [200, 'zz'],
        [3, 'abc'],
        [4, ''],
      ]),
    );
    store.commit(manifest(1, [file]));
    const again = new FileSnapshotStore(folder);
    const all = again.read(again.newest()!.files[0], () => true);
    expect(all).toEqual(
      snapshot([
        [3, 'abc'],
        [4, ''],
        [200, 'zz'],
      ]),
    );
    const some = again.read(file, (group) => group >= 128);
    expect([...some.groups.keys()]).toEqual([200]);
    expect(some.common).toEqual(bytes('common'));
  });

  it('deletes only what the newest manifest does not name', () => {
    const store = new FileSnapshotStore(folder);
    const kept = store.write(1, 'kept', snapshot([[1, 'a']]));
    const old = store.write(1, 'old', snapshot([[1, 'a']]));
    store.commit(manifest(1, [kept, old]));
    const fresh = store.write(2, 'old', snapshot([[1, 'b']]));
    store.commit(manifest(2, [kept, fresh]));
    expect(existsSync(join(folder, kept.path))).toBe(true);
    expect(existsSync(join(folder, old.path))).toBe(false);
    expect(store.newest()?.sequence).toBe(2);
    store.write(3, 'abandoned', snapshot([]));
    const last = store.write(4, 'old', snapshot([]));
    store.commit(manifest(4, [last]));
    expect(existsSync(join(folder, '1'))).toBe(false);
    expect(existsSync(join(folder, '3'))).toBe(false);
  });

  it('refuses a newer version and says so', () => {
    const store = new FileSnapshotStore(folder);
    store.commit({ ...manifest(1, []), version: SNAPSHOT_VERSION + 1 });
    expect(() => store.newest()).toThrow(expect.objectContaining({ code: 'snapshot_newer' }));
  });

  it('names damage: cut short, flipped, missing, not a manifest', () => {
    const store = new FileSnapshotStore(folder);
    const file = store.write(1, '0', snapshot([[1, 'abcdefgh']]));
    const path = join(folder, file.path);
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 3);
    const corrupt = expect.objectContaining({ code: 'snapshot_corrupt' });
    expect(() => store.read(file, () => true)).toThrow(corrupt);
    for (const at of [0, 14, whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped[at] ^= 0x40;
      writeFileSync(path, flipped);
      expect(() => store.read(file, () => true)).toThrow(corrupt);
    }
    rmSync(path);
    expect(() => store.read(file, () => true)).toThrow(corrupt);
    writeFileSync(join(folder, 'manifest-9.json'), '{');
    expect(() => store.newest()).toThrow(corrupt);
  });

  it('says which file could not be written', () => {
    writeFileSync(join(folder, 'file'), '');
    const store = new FileSnapshotStore(join(folder, 'file'));
    expect(() => store.write(1, '0', snapshot([]))).toThrow(
      expect.objectContaining({ code: 'disk', message: expect.stringContaining('account-0.state') }),
    );
  });
});
