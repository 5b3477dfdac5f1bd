import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter } from '../core/codec.ts';
import { WeirError } from '../core/errors.ts';
import type { StageName, StageSnapshot } from '../core/stage.ts';
import { replacedBy, surplus } from './baseline-versions.ts';
import { type Manifest, SNAPSHOT_VERSION, type SnapshotFile } from './manifest.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { syncFolder } from './sync-folder.ts';

/** First bytes of a chunk file: "WEIR" and its version. */
const MAGIC = 0x52494557;
/** Bytes before the index: magic, version, length of the index. */
const PREFIX = 12;
const MANIFEST = /^manifest-(\d+)\.json$/;
const KEPT = /^version-(\d+)\.json$/;
const CUT = /^\d+$/;

/**
 * Snapshots in a folder: `<folder>/<sequence>/<stage>-<task>.state` and `<folder>/manifest-<sequence>.json`; cuts that are
 * kept as versions of the baselines beside it as `<folder>/version-<sequence>.json`, with the files that they name.
 * A chunk file is: magic, version, index length (u32 each), index (stage, task, stage version, length and crc of the
 * common part, then group, length, crc of each group; crc of the index last), the common part, the groups.
 */
export class FileSnapshotStore implements SnapshotStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  newest(): Manifest | undefined {
    const sequence = this.sequences()[0];
    if (sequence === undefined) return undefined;
    return this.readManifest(this.manifestPath(sequence));
  }

  private readManifest(path: string): Manifest {
    let manifest: Manifest;
    try {
      manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    } catch (cause) {
      throw new WeirError(
        'snapshot_corrupt',
        `${path} cannot be read as a manifest; restore it from a copy, or remove ${this.folder} to start anew`,
        { cause },
      );
    }
    refuseNewer(path, manifest.version);
    return manifest;
  }

  versions(): Manifest[] {
    return this.numbered(KEPT)
      .reverse()
      .map((number) => this.readManifest(this.versionPath(number)));
  }

  write(sequence: number, task: string, snapshot: StageSnapshot): SnapshotFile {
    const relative = join(String(sequence), `${snapshot.stage}-${task}.state`);
    const path = join(this.folder, relative);
    const index = new ByteWriter();
    index.string(snapshot.stage);
    index.string(task);
    index.uint(snapshot.version);
    index.uint(snapshot.common.length);
    index.u32(crc32(snapshot.common));
    const groups = [...snapshot.groups].sort(([a], [b]) => a - b);
    index.uint(groups.length);
    for (const [group, bytes] of groups) {
      index.uint(group);
      index.uint(bytes.length);
      index.u32(crc32(bytes));
    }
    index.u32(crc32(index.finish()));
    const prefix = new ByteWriter();
    prefix.u32(MAGIC);
    prefix.u32(SNAPSHOT_VERSION);
    prefix.u32(index.length);
    return onDisk(path, () => {
      mkdirSync(join(this.folder, String(sequence)), { recursive: true });
      const bytes = writeDurably(path, [prefix.finish(), index.finish(), snapshot.common, ...groups.map(([, chunk]) => chunk)]);
      return { stage: snapshot.stage, task, path: relative, bytes };
    });
  }

  read(file: SnapshotFile, wanted: (group: number) => boolean): StageSnapshot {
    const path = join(this.folder, file.path);
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (cause) {
      throw new WeirError('snapshot_corrupt', `${path} is named by the manifest but cannot be opened`, { cause });
    }
    try {
      const prefix = new ByteReader(readExactly(descriptor, path, 0, PREFIX));
      if (prefix.u32() !== MAGIC) throw new WeirError('snapshot_corrupt', `${path} is not a snapshot file`);
      refuseNewer(path, prefix.u32());
      const indexBytes = readExactly(descriptor, path, PREFIX, prefix.u32());
      const body = indexBytes.subarray(0, indexBytes.length - 4);
      check(path, 'index', body, new ByteReader(indexBytes.subarray(indexBytes.length - 4)).u32());
      const index = new ByteReader(body);
      const stage = index.string() as StageName;
      index.string();
      const version = index.uint();
      let offset = PREFIX + indexBytes.length;
      const take = (what: string, length: number, crc: number): Uint8Array => {
        const bytes = readExactly(descriptor, path, offset, length);
        check(path, what, bytes, crc);
        return bytes;
      };
      const commonLength = index.uint();
      const common = take('common part', commonLength, index.u32());
      offset += commonLength;
      const groups = new Map<number, Uint8Array>();
      const count = index.uint();
      for (let i = 0; i < count; i++) {
        const group = index.uint();
        const length = index.uint();
        const crc = index.u32();
        if (wanted(group)) groups.set(group, take(`key group ${group}`, length, crc));
        offset += length;
      }
      return { stage, version, groups, common };
    } finally {
      closeSync(descriptor);
    }
  }

  commit(manifest: Manifest): void {
    onDisk(this.folder, () => mkdirSync(this.folder, { recursive: true }));
    const before = manifest.kept?.number === manifest.sequence ? this.newest() : undefined;
    this.replace(this.manifestPath(manifest.sequence), manifest);
    if (manifest.kept?.number === manifest.sequence) this.keep(manifest, before);
    this.deleteUnnamed(manifest);
  }

  private keep(manifest: Manifest, before: Manifest | undefined): void {
    this.replace(this.versionPath(manifest.sequence), manifest);
    const gone = surplus(this.versions());
    const replaced = replacedBy(manifest, before);
    if (replaced !== undefined) gone.push(replaced);
    for (const number of gone) rmSync(this.versionPath(number), { force: true });
  }

  private replace(path: string, manifest: Manifest): void {
    onDisk(path, () => {
      writeDurably(`${path}.part`, [new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`)]);
      for (const cut of new Set(manifest.files.map((file) => file.path.split('/')[0]))) syncFolder(join(this.folder, cut));
      renameSync(`${path}.part`, path);
      syncFolder(this.folder);
    });
  }

  private deleteUnnamed(manifest: Manifest): void {
    const named = new Set([manifest, ...this.versions()].flatMap(({ files }) => files.map((file) => file.path)));
    for (const sequence of this.sequences()) {
      if (sequence !== manifest.sequence) rmSync(this.manifestPath(sequence), { force: true });
    }
    for (const cut of readdirSync(this.folder).filter((name) => CUT.test(name))) {
      const files = readdirSync(join(this.folder, cut));
      const gone = files.filter((name) => !named.has(join(cut, name)));
      for (const name of gone) rmSync(join(this.folder, cut, name), { force: true });
      if (gone.length === files.length) rmdirSync(join(this.folder, cut));
    }
  }

  /** Sequences of the committed manifests, newest first. */
  private sequences(): number[] {
    return this.numbered(MANIFEST);
  }

  private numbered(pattern: RegExp): number[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .map((name) => pattern.exec(name)?.[1])
      .filter((text) => text !== undefined)
      .map(Number)
      .sort((a, b) => b - a);
  }

  private manifestPath(sequence: number): string {
    return join(this.folder, `manifest-${sequence}.json`);
  }

  private versionPath(number: number): string {
    return join(this.folder, `version-${number}.json`);
  }
}

function refuseNewer(path: string, version: number): void {
  if (version <= SNAPSHOT_VERSION) return;
  throw new WeirError(
    'snapshot_newer',
    `${path} has version ${version}, this program reads up to ${SNAPSHOT_VERSION}: use the newer program that wrote it`,
  );
}

function check(path: string, what: string, bytes: Uint8Array, crc: number): void {
  if (crc32(bytes) !== crc) throw new WeirError('snapshot_corrupt', `${path}: the checksum of its ${what} does not match`);
}

function readExactly(descriptor: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, bytes, done, length - done, offset + done);
    if (read === 0) throw new WeirError('snapshot_corrupt', `${path} ends at byte ${offset + done}, ${offset + length} needed`);
    done += read;
  }
  return bytes;
}

function writeDurably(path: string, parts: Uint8Array[]): number {
  const descriptor = openSync(path, 'w');
  let written = 0;
  try {
    for (const part of parts) {
      for (let done = 0; done < part.length; ) {
        const n = writeSync(descriptor, part, done, part.length - done);
        done += n;
        written += n;
      }
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return written;
}

/** Runs a write; what the system refuses becomes a `disk` error that names the file. */
function onDisk<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (cause instanceof WeirError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WeirError('disk', `cannot write ${path}: ${reason}. What was committed before stays; free space and start again to go on`, {
      cause,
    });
  }
}
