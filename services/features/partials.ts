import type { View } from '../../models/windows.ts';
import { ByteReader, ByteWriter } from '../core/codec.ts';
import { partitionOf } from '../core/key-groups.ts';
import type { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';
import { MINUTE_STRIDE } from './minute-cells.ts';

/**
 * Partials: closed panes of an account task on their way to the merge task of their key. A record holds many, for one
 * tenant and one partition. A partial is identified by (view, key, pane, upstream), which a stage sends once.
 *
 * record  = kind u8, tenant, body
 * minutes = keys (block, flags)…, entries (minute delta, key index, MINUTE_COUNTERS, sample)…
 * panes   = view u8, hour, entries (key block, flags, pane…)…
 * looks   = view u8, mark (minute number), entries as of panes: of an interface the hour so far, of a source or target
 *           what its slice added (looks.ts); identified by (view, key, mark, upstream)
 */
export const PARTIAL = { minutes: 1, panes: 2, looks: 3 } as const;
const VIEWS: readonly View[] = ['account', 'interface', 'source', 'target'];

/** A record is sent when it has grown to this, bytes. */
const RECORD_BYTES = 256 * 1024;

interface Minutes {
  indexOf: Int32Array;
  touched: number[];
  keys: ByteWriter;
  count: number;
  body: ByteWriter;
  entries: number;
  first: number;
}

/** Packs one tenant's partials by merge partition and hands records to `send`. */
export class PartialPacker {
  private readonly tenant: string;
  private readonly partitions: number;
  private readonly send: (partition: number, record: Uint8Array) => void;
  private readonly minutes: Minutes[] = [];
  private readonly panes: { writer: ByteWriter; kind: number; view: View; at: number; entries: number }[] = [];

  constructor(tenant: string, partitions: number, send: (partition: number, record: Uint8Array) => void) {
    this.tenant = tenant;
    this.partitions = partitions;
    this.send = send;
    for (let p = 0; p < partitions; p++) {
      this.minutes.push({
        indexOf: new Int32Array(64).fill(-1),
        touched: [],
        keys: new ByteWriter(),
        count: 0,
        body: new ByteWriter(1 << 14),
        entries: 0,
        first: 0,
      });
      this.panes.push({ writer: new ByteWriter(1 << 14), kind: PARTIAL.panes, view: 'interface', at: 0, entries: 0 });
    }
  }

  /** Begins one interface's minute, counters[base, base + MINUTE_STRIDE); the caller appends its sample to the writer. */
  beginMinute(table: KeyTable, id: number, flags: number, minute: number, counters: Float64Array, base: number): ByteWriter {
    const partition = this.partitionOf(table, id);
    if (this.minutes[partition].body.length >= RECORD_BYTES) this.flushMinutes(partition);
    const m = this.minutes[partition];
    m.indexOf = roomFor(m.indexOf, id + 1, -1);
    let index = m.indexOf[id];
    if (index < 0) {
      index = m.count++;
      m.indexOf[id] = index;
      m.touched.push(id);
      table.writeKey(id, m.keys);
      m.keys.uint(flags);
    }
    if (m.entries === 0) m.first = minute;
    m.entries++;
    m.body.uint(minute - m.first);
    m.body.uint(index);
    for (let i = 0; i < MINUTE_STRIDE; i++) m.body.uint(counters[base + i]);
    return m.body;
  }

  /** Begins one closed hour pane; the caller appends what the view reads. */
  beginPane(view: View, hour: number, table: KeyTable, id: number, flags: number): ByteWriter {
    return this.begin(PARTIAL.panes, view, hour, table, id, flags);
  }

  /** Begins what a look at `mark` (minute number) is told of a key; the caller appends a pane. */
  beginLook(view: View, mark: number, table: KeyTable, id: number, flags: number): ByteWriter {
    return this.begin(PARTIAL.looks, view, mark, table, id, flags);
  }

  private begin(kind: number, view: View, at: number, table: KeyTable, id: number, flags: number): ByteWriter {
    const partition = this.partitionOf(table, id);
    const p = this.panes[partition];
    if (p.entries > 0 && (p.kind !== kind || p.view !== view || p.at !== at || p.writer.length >= RECORD_BYTES)) this.flushPanes(partition);
    p.kind = kind;
    p.view = view;
    p.at = at;
    p.entries++;
    table.writeKey(id, p.writer);
    p.writer.uint(flags);
    return p.writer;
  }

  private partitionOf(table: KeyTable, id: number): number {
    if (this.partitions === 1) return 0;
    return partitionOf(table.groupOf(id), this.partitions);
  }

  flush(): void {
    for (let partition = 0; partition < this.partitions; partition++) {
      this.flushMinutes(partition);
      this.flushPanes(partition);
    }
  }

  private flushMinutes(partition: number): void {
    const m = this.minutes[partition];
    if (m.entries === 0) return;
    const record = new ByteWriter(m.keys.length + m.body.length + 64);
    record.u8(PARTIAL.minutes);
    record.string(this.tenant);
    record.uint(m.count);
    record.block(m.keys.finish());
    record.uint(m.first);
    record.uint(m.entries);
    record.block(m.body.finish());
    for (const id of m.touched) m.indexOf[id] = -1;
    m.touched.length = 0;
    m.keys.reset();
    m.body.reset();
    m.count = 0;
    m.entries = 0;
    this.send(partition, record.finish());
  }

  private flushPanes(partition: number): void {
    const p = this.panes[partition];
    if (p.entries === 0) return;
    const record = new ByteWriter(p.writer.length + 64);
    record.u8(p.kind);
    record.string(this.tenant);
    record.u8(VIEWS.indexOf(p.view));
    record.int(p.at);
    record.uint(p.entries);
    record.block(p.writer.finish());
    p.writer.reset();
    p.entries = 0;
    this.send(partition, record.finish());
  }
}

/** What a merge task does with the partials of a record. */
export interface PartialSink {
  /** the record's keys come first; `minute` then names them by their index, and reads the sample from `reader` */
  keys(count: number): void;
  key(index: number, key: Uint8Array, flags: number): void;
  minute(index: number, minute: number, counters: Float64Array, reader: ByteReader): void;
  /** reads the pane's body from `reader` */
  pane(view: View, hour: number, key: Uint8Array, flags: number, reader: ByteReader): void;
  /** the same for a look at `mark` */
  look(view: View, mark: number, key: Uint8Array, flags: number, reader: ByteReader): void;
}

/** The tenant that a record is for. */
export function partialTenant(record: Uint8Array): string {
  const reader = new ByteReader(record);
  reader.u8();
  return reader.string();
}

export function readPartials(record: Uint8Array, sink: PartialSink): void {
  const reader = new ByteReader(record);
  const kind = reader.u8();
  reader.string();
  if (kind === PARTIAL.minutes) {
    const count = reader.uint();
    const keys = new ByteReader(reader.block());
    sink.keys(count);
    for (let i = 0; i < count; i++) {
      const key = keys.block();
      sink.key(i, key, keys.uint());
    }
    const first = reader.uint();
    const entries = reader.uint();
    const body = new ByteReader(reader.block());
    const counters = new Float64Array(MINUTE_STRIDE);
    for (let n = 0; n < entries; n++) {
      const minute = first + body.uint();
      const index = body.uint();
      for (let i = 0; i < MINUTE_STRIDE; i++) counters[i] = body.uint();
      sink.minute(index, minute, counters, body);
    }
    return;
  }
  const view = VIEWS[reader.u8()];
  const at = reader.int();
  const entries = reader.uint();
  const body = new ByteReader(reader.block());
  for (let n = 0; n < entries; n++) {
    const key = body.block();
    const flags = body.uint();
    if (kind === PARTIAL.looks) sink.look(view, at, key, flags, body);
    else sink.pane(view, at, key, flags, body);
  }
}
