import type { BatchBuilder } from '../core/batch.ts';
import { ByteInterner, widen } from './interner.ts';

const encoder = new TextEncoder();

/**
 * Interned texts that go into batches: per id and account partition the reference in the batch under construction, so
 * that a batch's heap holds each text once. `beginBatch` voids all references.
 */
export class TextPool {
  readonly ids: ByteInterner;
  private readonly partitions: number;
  private stamps: Uint32Array;
  private references: Uint32Array;
  private stamp = 0;

  constructor(capacity: number, seed: number, partitions: number) {
    this.ids = new ByteInterner(capacity, seed);
    this.partitions = partitions;
    this.stamps = new Uint32Array(512 * partitions);
    this.references = new Uint32Array(512 * partitions);
  }

  beginBatch(): void {
    this.stamp++;
  }

  reset(): void {
    this.ids.reset();
    this.stamp++;
  }

  /** Id of a text that is at hand as a string (rare: once a value). */
  internText(text: string): number {
    const bytes = encoder.encode(`${text}    `);
    return this.ids.intern(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length - 4);
  }

  /** The bytes of a text, a view. */
  bytesOf(id: number): Uint8Array {
    return this.ids.arena.subarray(this.ids.start(id), this.ids.end(id));
  }

  /** Heap reference of a text in the builder of a partition. */
  reference(id: number, partition: number, builder: BatchBuilder): number {
    const at = id * this.partitions + partition;
    while (at >= this.stamps.length) {
      this.stamps = widen(this.stamps);
      this.references = widen(this.references);
    }
    if (this.stamps[at] === this.stamp) return this.references[at];
    const reference = builder.addString(this.ids.arena, this.ids.start(id), this.ids.end(id));
    this.stamps[at] = this.stamp;
    this.references[at] = reference;
    return reference;
  }
}
