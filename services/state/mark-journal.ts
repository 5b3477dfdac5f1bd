import { join } from 'node:path';
import { MARK_SCHEMA_VERSION, type MarkDraft, MarkRecord } from '../../schemas/marks.ts';
import { WeirError } from '../core/errors.ts';
import { appendLine, readLines } from './synced-lines.ts';

/** The synced journal of what people said of incidents: `marks.ndjson` of a data folder. */
export class MarkJournal {
  readonly path: string;
  private known: MarkRecord[];

  /** Throws `snapshot_corrupt`. */
  constructor(dataFolder: string) {
    this.path = join(dataFolder, 'marks.ndjson');
    this.known = readLines<unknown>(this.path).map((line, i) => {
      const parsed = MarkRecord.safeParse(line);
      if (parsed.success && parsed.data.number === i + 1) return parsed.data;
      const problem = parsed.success
        ? `mark ${parsed.data.number} where ${i + 1} is due`
        : `${parsed.error.issues[0].path.join('.')}: ${parsed.error.issues[0].message}`;
      throw new WeirError('snapshot_corrupt', `${this.path}, line ${i + 1}: ${problem}`);
    });
  }

  get marks(): readonly MarkRecord[] {
    return this.known;
  }

  /** What the next mark will be, without writing it. */
  next(draft: MarkDraft, now: number): MarkRecord {
    return { schema_version: MARK_SCHEMA_VERSION, number: this.known.length + 1, marked_at: new Date(now).toISOString(), ...draft };
  }

  /** Writes a mark down; durable on return. Throws `disk`. */
  append(mark: MarkRecord): void {
    appendLine(this.path, mark);
    this.known = [...this.known, mark];
  }
}
