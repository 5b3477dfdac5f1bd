import { type EventBatch, selectRows } from '../../core/batch.ts';
import { layRecords, type RawChunk } from '../../core/raw.ts';
import type { DeadLetter, Emit, Stage } from '../../core/stage.ts';
import type { InputPartition } from '../../core/topology-contract.ts';
import { ledgerCounter } from '../../core/topology-contract.ts';
import type { InRecord } from './log.ts';
import { type Entry, readPacket } from './packet.ts';

/** A piece of a record that can be taken, or skipped, alone. */
export interface Step {
  take(): Emit[];
  /** what is said instead of taking it, and what the ledger counts: the rest of the record is taken */
  skip(): { emits: Emit[]; counts: Record<string, number> };
}

/** How records of a log reach a stage. What comes of them depends on the records alone, not on how they are grouped. */
export interface Feed {
  /** Takes records in order. */
  take(records: readonly InRecord[]): Emit[];
  /** The same record in the smallest steps there are. */
  steps(record: InRecord): Step[];
}

/** Most bytes of records that are handed to a stage at once. */
const GROUP_BYTES = 256 * 1024;
/** Header of a record on a user's topic that is a control record. */
export const CONTROL_HEADER = 'weir-control';

/** Records between our stages. */
export class PacketFeed implements Feed {
  private readonly stage: Stage<never>;

  constructor(stage: Stage<never>) {
    this.stage = stage;
  }

  take(records: readonly InRecord[]): Emit[] {
    const emits: Emit[] = [];
    for (const record of records) {
      if (record.value === undefined) continue;
      for (const entry of readPacket(record.value)) for (const emit of this.entry(entry)) emits.push(emit);
    }
    return emits;
  }

  steps(record: InRecord): Step[] {
    if (record.value === undefined) return [];
    return [...readPacket(record.value)].flatMap((entry): Step[] => {
      if (entry.kind !== 'events') return [{ take: () => this.entry(entry), skip: () => this.skipEntry(entry, record.offset) }];
      const { batch } = entry;
      return Array.from({ length: batch.n }, (_, row): Step => {
        const keep = new Uint8Array(batch.n);
        keep[row] = 1;
        return { take: () => this.entry({ kind: 'events', batch: selectRows(batch, keep) }), skip: () => this.skipRow(batch, row) };
      });
    });
  }

  private entry(entry: Entry): Emit[] {
    if (entry.kind === 'control') return this.stage.control(entry.record);
    return (this.stage as Stage<unknown>).process(entry.kind === 'events' ? entry.batch : entry.bytes);
  }

  private skipRow(batch: EventBatch, row: number): ReturnType<Step['skip']> {
    const { tenant, source, partition, columns } = batch;
    const letter = this.letter({ tenant, source, partition, offset: columns.offset[row], index: columns.index[row] });
    return { emits: [{ output: 'dead', tenant, value: [letter] }], counts: { [ledgerCounter('dead', tenant, source, 'poison')]: 1 } };
  }

  private skipEntry(entry: Entry, offset: number): ReturnType<Step['skip']> {
    const tenant = entry.kind === 'control' && 'tenant' in entry.record ? entry.record.tenant : '';
    const letter = this.letter({ tenant, source: '', partition: `${this.stage.name} input`, offset, index: 0 });
    return { emits: [{ output: 'dead', tenant, value: [letter] }], counts: {} };
  }

  private letter(place: Pick<DeadLetter, 'tenant' | 'source' | 'partition' | 'offset' | 'index'>): DeadLetter {
    return { ...place, line: 0, reason: 'poison', detail: `it stopped the ${this.stage.name} stage three times and was skipped`, raw: '' };
  }
}

/** Records of a user's topic: whole groups of them become one chunk for the parser. */
export class SourceFeed implements Feed {
  private readonly stage: Stage<RawChunk>;
  private readonly input: InputPartition;

  constructor(stage: Stage<RawChunk>, input: InputPartition) {
    this.stage = stage;
    this.input = input;
  }

  take(records: readonly InRecord[]): Emit[] {
    const emits: Emit[] = [];
    let group: InRecord[] = [];
    let bytes = 0;
    const give = (): void => {
      if (group.length > 0) for (const emit of this.stage.process(this.chunk(group))) emits.push(emit);
      group = [];
      bytes = 0;
    };
    for (const record of records) {
      if (record.headers[CONTROL_HEADER] === 'end') {
        give();
        emits.push(...this.end());
      } else if (record.value !== undefined && record.value.length > 0) {
        group.push(record);
        bytes += record.value.length + 1;
        if (bytes >= GROUP_BYTES) give();
      }
    }
    give();
    return emits;
  }

  steps(record: InRecord): Step[] {
    return [
      {
        take: () => this.take([record]),
        skip: () => {
          this.stage.control({ kind: 'skip', partition: this.input.partition, offset: record.offset });
          return { emits: this.take([record]), counts: {} };
        },
      },
    ];
  }

  private end(): Emit[] {
    const { tenant, partition } = this.input;
    return this.stage.control({ kind: 'end', tenant, upstream: partition, provisional: true });
  }

  private chunk(group: readonly InRecord[]): RawChunk {
    const { tenant, source, partition } = this.input;
    return { tenant, source, partition, ...layRecords(group) };
  }
}
