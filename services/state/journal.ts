import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlRecord } from '../core/control.ts';
import { WeirError } from '../core/errors.ts';

/** A decision taken by the clock (idle, silence), written down before use so that a replay takes it at the same place. */
export interface JournalEntry {
  /** from 1, without gaps over the life of a run's state */
  number: number;
  tenant: string;
  /** how far each input of the tenant had been read: uncompressed offset by partition */
  positions: Record<string, number>;
  record: ControlRecord;
}

/** The synced journal of a run's folder: `journal.ndjson`, one entry a line. */
export class Journal {
  private readonly path: string;
  private entries: JournalEntry[];
  private open: JournalEntry[];
  private last: number;

  /** Reads what is there; `applied` entries of it are behind the cut that the run starts from. Throws `snapshot_corrupt`. */
  constructor(folder: string, applied: number) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, 'journal.ndjson');
    this.entries = readEntries(this.path).filter((entry) => entry.number > applied);
    this.open = [...this.entries];
    this.last = this.entries.at(-1)?.number ?? applied;
  }

  /** Entries that the run has not taken yet, in order: they were decided after its cut. */
  pending(): readonly JournalEntry[] {
    return this.open;
  }

  /** The run has taken the entry. */
  taken(number: number): void {
    this.open = this.open.filter((entry) => entry.number > number);
  }

  /** Writes a decision down; durable on return. Throws `disk`. */
  append(tenant: string, positions: Record<string, number>, record: ControlRecord): JournalEntry {
    const entry: JournalEntry = { number: this.last + 1, tenant, positions, record };
    this.write(this.path, 'a', [entry]);
    this.last = entry.number;
    this.entries.push(entry);
    this.open.push(entry);
    return entry;
  }

  /** Forgets what lies behind a committed cut. Throws `disk`. */
  forget(applied: number): void {
    if (this.entries.every((entry) => entry.number > applied)) return;
    this.entries = this.entries.filter((entry) => entry.number > applied);
    this.write(`${this.path}.part`, 'w', this.entries);
    renameSync(`${this.path}.part`, this.path);
  }

  private write(path: string, flags: 'a' | 'w', entries: readonly JournalEntry[]): void {
    try {
      const descriptor = openSync(path, flags);
      try {
        writeSync(descriptor, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (cause) {
      throw new WeirError('disk', `cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

/** Whole lines only: one that a crash cut short was not used yet. */
function readEntries(path: string): JournalEntry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  try {
    return lines.map((line) => JSON.parse(line) as JournalEntry);
  } catch (cause) {
    throw new WeirError('snapshot_corrupt', `${path} holds a line that is no journal entry`, { cause });
  }
}
