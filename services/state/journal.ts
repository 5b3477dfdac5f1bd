import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlRecord } from '../core/control.ts';
import { writeDurably } from './durable-file.ts';
import { appendLine, readLines } from './synced-lines.ts';

/** A decision taken by the clock (idle, silence) or by people (feedback), written down before use so that a replay takes it at the same place. */
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
    this.entries = readLines<JournalEntry>(this.path).filter((entry) => entry.number > applied);
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
    appendLine(this.path, entry);
    this.last = entry.number;
    this.entries.push(entry);
    this.open.push(entry);
    return entry;
  }

  /** Forgets what lies behind a committed cut. Throws `disk`. */
  forget(applied: number): void {
    if (this.entries.every((entry) => entry.number > applied)) return;
    this.entries = this.entries.filter((entry) => entry.number > applied);
    writeDurably(this.path, this.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  }
}
