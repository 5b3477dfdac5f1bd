import type { BatchBuilder } from '../../core/batch.ts';
import { sipHash } from '../../core/hash.ts';
import { keyGroup, partitionOf } from '../../core/key-groups.ts';
import { ByteInterner, widen } from './interner.ts';

const MAX_VALUES = 1 << 16;
const HEX = 16;

/** Writes the 64 bits of (low, high) as 16 hexadecimal digits, most significant first, at out[at…]. */
export function putHex(words: Uint32Array, out: Uint8Array, at: number): void {
  for (let i = 0; i < HEX; i++) {
    const nibble = (words[i < 8 ? 1 : 0] >>> (28 - 4 * (i & 7))) & 15;
    out[at + i] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble;
  }
}

/**
 * Values that are stored as keyed hashes only (targets, sessions): ids with a 16-digit text each, hashed once a value.
 * The raw values stay in this bounded cache and never leave it.
 */
export class HashedPool {
  private readonly key: Uint32Array;
  private readonly partitions: number;
  private readonly values: ByteInterner;
  private readonly words = new Uint32Array(2);
  private hex = new Uint8Array(512 * HEX);
  /** hash of the run of neighbouring values that a value belongs to, 0 none; kept by the owner */
  run = new Uint32Array(512);
  private stamps: Uint32Array;
  private references: Uint32Array;
  private stamp = 0;

  constructor(key: Uint32Array, partitions: number, seed: number) {
    this.key = key;
    this.partitions = partitions;
    this.values = new ByteInterner(MAX_VALUES, seed);
    this.stamps = new Uint32Array(512 * partitions);
    this.references = new Uint32Array(512 * partitions);
  }

  beginBatch(): void {
    this.stamp++;
  }

  /** Forgets everything when full. Call between records. */
  makeRoom(): void {
    if (!this.values.full) return;
    this.values.reset();
    this.stamp++;
  }

  /** Id of a value, -1 when it is too long. `isNew` says whether it was entered now. */
  find(view: DataView, bytes: Uint8Array, start: number, end: number): number {
    const id = this.values.intern(view, start, end);
    if (id < 0 || !this.values.lastIsNew) return id;
    if ((id + 1) * HEX > this.hex.length) this.hex = widen(this.hex);
    if (id >= this.run.length) this.run = widen(this.run);
    sipHash(this.key, bytes, start, end, this.words);
    putHex(this.words, this.hex, id * HEX);
    this.run[id] = 0;
    return id;
  }

  get isNew(): boolean {
    return this.values.lastIsNew;
  }

  /** Keyed 32-bit hash of bytes, never 0. */
  hash(bytes: Uint8Array, start: number, end: number): number {
    sipHash(this.key, bytes, start, end, this.words);
    return this.words[0] || 1;
  }

  /** The 16 digits of a value, a view. */
  digits(id: number): Uint8Array {
    return this.hex.subarray(id * HEX, id * HEX + HEX);
  }

  /** Partition of a value, for events that go by it. */
  partition(id: number): number {
    return partitionOf(keyGroup(this.hex, id * HEX, id * HEX + HEX), this.partitions);
  }

  reference(id: number, partition: number, builder: BatchBuilder): number {
    const at = id * this.partitions + partition;
    while (at >= this.stamps.length) {
      this.stamps = widen(this.stamps);
      this.references = widen(this.references);
    }
    if (this.stamps[at] === this.stamp) return this.references[at];
    this.stamps[at] = this.stamp;
    this.references[at] = builder.addString(this.hex, id * HEX, id * HEX + HEX);
    return this.references[at];
  }
}
