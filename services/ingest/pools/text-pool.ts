import type { BatchBuilder } from '../../core/batch.ts';
import { ByteInterner, widen } from './interner.ts';

const encoder = new TextEncoder();

/**
 * Interned texts that go into batches: per id and account partition the reference in the batch under construction, so
 * that a batch's heap holds each text once. `beginBatch` voids all references.
 */
export class TextPool {
  readonly ids: ByteInterner;
  private readonly partitions: number;
  /** per id and partition: stamp of the batch, reference in it */
  private slots: Uint32Array;
  private stamp = 0;
  /** how often ids have begun anew */
  resets = 0;

  constructor(capacity: number, seed: number, partitions: number) {
    this.ids = new ByteInterner(capacity, seed);
    this.partitions = partitions;
    this.slots = new Uint32Array(1024 * partitions);
  }

  beginBatch(): void {
    this.stamp++;
  }

  reset(): void {
    this.ids.reset();
    this.stamp++;
    this.resets++;
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
    const at = (id * this.partitions + partition) << 1;
    while (at >= this.slots.length) this.slots = widen(this.slots);
    if (this.slots[at] === this.stamp) return this.slots[at + 1];
    const reference = builder.addString(this.ids.arena, this.ids.start(id), this.ids.end(id));
    this.slots[at] = this.stamp;
    this.slots[at + 1] = reference;
    return reference;
  }
}
