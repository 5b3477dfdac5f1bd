import type { BatchBuilder } from '../../core/batch.ts';
import { ByteInterner, FACTS_AT } from './interner.ts';

const encoder = new TextEncoder();
/** Words of an entry before the owner's facts: stamp of the batch and partition, reference in it. */
const OWN = 2;

/**
 * Interned texts with facts, most of them used in one account partition only (accounts always): each id keeps one
 * reference, so a text that is used by several partitions in turn is written into a batch more than once.
 */
export class FactPool {
  readonly ids: ByteInterner;
  private readonly partitions: number;
  private stamp: number;

  /** `facts`: words an id, up to 11. */
  constructor(capacity: number, seed: number, partitions: number, facts: number) {
    this.ids = new ByteInterner(capacity, seed, undefined, OWN + facts);
    this.partitions = partitions;
    this.stamp = partitions;
  }

  /** Where the facts of an id begin in `ids.entries`. */
  factsAt(id: number): number {
    return id * this.ids.stride + FACTS_AT + OWN;
  }

  fact(id: number, index: number): number {
    return this.ids.entries[id * this.ids.stride + FACTS_AT + OWN + index];
  }

  beginBatch(): void {
    this.stamp += this.partitions;
  }

  reset(): void {
    this.ids.reset();
    this.beginBatch();
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
    const { entries, stride, arena } = this.ids;
    const at = id * stride;
    const stamp = this.stamp + partition;
    if (entries[at + FACTS_AT] === stamp) return entries[at + FACTS_AT + 1];
    const reference = builder.addString(arena, entries[at + 1], entries[at + 2]);
    entries[at + FACTS_AT] = stamp;
    entries[at + FACTS_AT + 1] = reference;
    return reference;
  }
}
