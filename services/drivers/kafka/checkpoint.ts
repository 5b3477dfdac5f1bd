import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WeirError } from '../../core/errors.ts';
import type { StageSnapshot } from '../../core/stage.ts';
import { writeDurably } from '../../state/durable-file.ts';
import { FileSnapshotStore } from '../../state/file-snapshot-store.ts';
import type { SnapshotFile } from '../../state/manifest.ts';
import { syncFolder } from '../../state/sync-folder.ts';
import { NO_SUSPICION, type Suspicion } from './suspicion.ts';

/**
 * What is committed with a task's offset C: from where (S <= C), with which state and under which run version the task
 * is rebuilt. Offset and checkpoint are one record of the log, so no reader ever sees one without the other.
 */
export interface Checkpoint {
  /** S: records from here on are taken again */
  offset: number;
  /** name of the snapshot in the task's folder; '' for the state of a task that has read nothing */
  snapshot: string;
  /** everything below it was taken: C, or above it where only marks of transactions follow */
  settled: number;
  /** run version (config, models, input partitions) under which S to C was processed */
  version: string;
  suspicion: Suspicion;
}

const FORMAT = 1;

/** The checkpoint as an offset's metadata: well below the 4,096 bytes that brokers take. */
export function packCheckpoint({ offset, snapshot, settled, version, suspicion }: Checkpoint): string {
  return JSON.stringify({
    f: FORMAT,
    s: offset,
    n: snapshot,
    e: settled,
    v: version,
    ...(suspicion === NO_SUSPICION ? {} : { x: suspicion }),
  });
}

/** Reads a checkpoint; undefined for an offset that was committed without one. Throws `snapshot_newer`. */
export function unpackCheckpoint(metadata: string): Checkpoint | undefined {
  if (!metadata.startsWith('{')) return undefined;
  const { f, s, n, e, v, x } = JSON.parse(metadata) as { f: number; s: number; n: string; e: number; v: string; x?: Suspicion };
  if (f > FORMAT)
    throw new WeirError(
      'snapshot_newer',
      `a committed offset has a checkpoint of format ${f}, this program reads up to ${FORMAT}: use the newer program`,
    );
  return { offset: s, snapshot: n, settled: e, version: v, suspicion: x ?? NO_SUSPICION };
}

/** The first offset that a task still has to find in its topic: S, or what lies behind C when nothing has to be taken again. */
export function neededFrom({ offset, settled }: Checkpoint, committed: number): number {
  return offset === committed ? Math.max(committed, settled) : offset;
}

/** What a snapshot keeps beside the stage's state. */
export interface SnapshotNote {
  /** the ledger of the task at S, by counter name */
  ledger: Record<string, number>;
  /** state of the clock of a source's partition: its highest watermark, ms */
  reached?: number;
}

interface NoteFile {
  note: SnapshotNote;
  file: SnapshotFile;
}

/** The snapshots of one task, in its own folder of the shared state folder. */
export class CheckpointFolder {
  readonly path: string;
  private readonly files: FileSnapshotStore;
  /** what was there when the newest snapshot was begun, as paths within the folder */
  private older: string[] = [];

  /** @param task unique name of the task: group, topic, partition */
  constructor(stateFolder: string, task: string) {
    this.path = join(stateFolder, 'snapshots', task);
    this.files = new FileSnapshotStore(this.path);
  }

  /** True once a snapshot was written. */
  get used(): boolean {
    return existsSync(this.path);
  }

  /** Writes a snapshot, durable on return; it counts only when a commit names it. Throws `disk`. */
  write(offset: number, snapshot: StageSnapshot, note: SnapshotNote): { name: string; bytes: number } {
    this.older = this.list();
    const unique = randomBytes(6).toString('hex');
    const file = this.files.write(offset, unique, snapshot);
    const name = `${offset}/${unique}`;
    writeDurably(this.notePath(name), JSON.stringify({ note, file } satisfies NoteFile));
    syncFolder(join(this.path, String(offset)));
    syncFolder(this.path);
    return { name, bytes: file.bytes };
  }

  /** Throws `log_lost` when the folder does not have it, `snapshot_corrupt`, `snapshot_newer`. */
  read(name: string): { snapshot: StageSnapshot; note: SnapshotNote } {
    const path = this.notePath(name);
    if (!existsSync(path)) {
      throw new WeirError(
        'log_lost',
        `the committed offset names snapshot ${name}, which is not in ${this.path}: every process needs the same state folder (kafka.state), and nothing else may delete from it`,
      );
    }
    let kept: NoteFile;
    try {
      kept = JSON.parse(readFileSync(path, 'utf8')) as NoteFile;
    } catch (cause) {
      throw new WeirError('snapshot_corrupt', `${path} cannot be read`, { cause });
    }
    return { snapshot: this.files.read(kept.file, () => true), note: kept.note };
  }

  /** Copies a snapshot into another folder, under its name; durable on return. Throws as `read` does, `disk`. */
  copy(name: string, to: CheckpointFolder): { note: SnapshotNote; bytes: number } {
    const { note } = this.read(name);
    const { file } = JSON.parse(readFileSync(this.notePath(name), 'utf8')) as NoteFile;
    writeDurably(join(to.path, file.path), readFileSync(join(this.path, file.path)));
    writeDurably(to.notePath(name), readFileSync(this.notePath(name)));
    syncFolder(dirname(to.notePath(name)));
    syncFolder(to.path);
    return { note, bytes: file.bytes };
  }

  /** State version of the stage that wrote the newest snapshot here; undefined when there is none. */
  newestVersion(): number | undefined {
    const notes = this.list().filter((entry) => entry.endsWith('.json'));
    const newest = notes.sort((a, b) => Number(dirname(b)) - Number(dirname(a)))[0];
    return newest === undefined ? undefined : this.read(newest.slice(0, -'.json'.length)).snapshot.version;
  }

  /**
   * Deletes what was there before the newest snapshot, which a commit names now. What has come since may be another
   * process's, to which the task went right after that commit: it is left alone.
   */
  dropOlder(): void {
    for (const entry of this.older) rmSync(join(this.path, entry), { force: true });
    for (const cut of new Set(this.older.map((entry) => dirname(entry)))) removeEmpty(join(this.path, cut));
    this.older = [];
  }

  private list(): string[] {
    return entriesOf(this.path).flatMap((cut) => entriesOf(join(this.path, cut)).map((file) => join(cut, file)));
  }

  private notePath(name: string): string {
    const [offset, unique] = name.split('/');
    return join(this.path, offset, `${unique}.json`);
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // another process has just removed it, or it was never made
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A folder that holds something is not empty any more: no error. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
