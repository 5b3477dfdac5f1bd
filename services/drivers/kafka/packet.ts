import type { EventBatch } from '../../core/batch.ts';
import { readBatch, writeBatch } from '../../core/batch-codec.ts';
import { ByteReader, ByteWriter } from '../../core/codec.ts';
import type { ControlRecord } from '../../core/control.ts';
import { WeirError } from '../../core/errors.ts';

/**
 * Packets: the records between our stages. One packet holds what a task had to say to one partition in one go, in
 * order: batches of events, packed partials or candidates, control records.
 *
 * packet = version u8, entries…
 * entry  = kind u8, body
 * events = a batch (core/batch-codec)
 * bytes  = block
 * control = JSON block; shared knowledge: tenant, epoch, block
 */
export type Entry =
  | { kind: 'events'; batch: EventBatch }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'control'; record: ControlRecord };

const VERSION = 1;
const KIND = { events: 1, bytes: 2, control: 3, shared: 4 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Gathers entries for one partition. */
export class PacketWriter {
  private readonly writer = new ByteWriter(4096);

  constructor() {
    this.writer.u8(VERSION);
  }

  /** Bytes so far. */
  get length(): number {
    return this.writer.length;
  }

  events(batch: EventBatch): void {
    this.writer.u8(KIND.events);
    writeBatch(this.writer, batch);
  }

  bytes(bytes: Uint8Array): void {
    this.writer.u8(KIND.bytes);
    this.writer.block(bytes);
  }

  control(record: ControlRecord): void {
    const { writer } = this;
    if (record.kind === 'shared') {
      writer.u8(KIND.shared);
      writer.string(record.tenant);
      writer.int(record.epoch);
      writer.block(record.knowledge);
      return;
    }
    writer.u8(KIND.control);
    writer.block(encoder.encode(JSON.stringify(record)));
  }

  finish(): Uint8Array {
    return this.writer.finish();
  }
}

/** The entries of a packet, in order. Throws WeirError `snapshot_newer` for a newer program's packet, `snapshot_corrupt` for none. */
export function* readPacket(packet: Uint8Array): Generator<Entry> {
  const reader = new ByteReader(packet);
  const version = reader.u8();
  if (version !== VERSION) {
    throw new WeirError(
      'snapshot_newer',
      `a record between our stages has version ${version}, this program reads ${VERSION}: another program writes to these topics (kafka.prefix), or a newer one did`,
    );
  }
  while (!reader.done) {
    const kind = reader.u8();
    if (kind === KIND.events) yield { kind: 'events', batch: readBatch(reader) };
    else if (kind === KIND.bytes) yield { kind: 'bytes', bytes: reader.block() };
    else if (kind === KIND.control) yield { kind: 'control', record: JSON.parse(decoder.decode(reader.block())) as ControlRecord };
    else if (kind === KIND.shared) {
      const tenant = reader.string();
      const epoch = reader.int();
      yield { kind: 'control', record: { kind: 'shared', tenant, epoch, knowledge: reader.block().slice() } };
    } else throw new WeirError('snapshot_corrupt', `a record between our stages has an entry of kind ${kind}`);
  }
}
