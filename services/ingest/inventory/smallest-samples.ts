import { widen } from '../pools/interner.ts';

/**
 * Samples of hashes, one a slot: the `size` smallest distinct ones that came, ascending. The same for any order of arrival,
 * and the union of two samples, cut to `size`, is the sample of both.
 */
export class SmallestSamples {
  readonly size: number;
  private counts = new Uint8Array(64);
  private values: Uint32Array;

  /** @param size hashes a sample, up to 255 */
  constructor(size: number) {
    this.size = size;
    this.values = new Uint32Array(64 * size);
  }

  clear(slot: number): void {
    while (slot >= this.counts.length) {
      this.counts = widen(this.counts);
      this.values = widen(this.values);
    }
    this.counts[slot] = 0;
  }

  /** False where `add` would leave the slot as it is because its sample is full of smaller hashes; asks less than `add`. */
  hasRoomFor(slot: number, hash: number): boolean {
    return this.counts[slot] < this.size || hash < this.values[slot * this.size + this.size - 1];
  }

  /** Adds a hash to a slot that was cleared once. */
  add(slot: number, hash: number): void {
    const { size, values } = this;
    const from = slot * size;
    const count = this.counts[slot];
    if (!this.hasRoomFor(slot, hash)) return;
    let at = from + count;
    while (at > from && values[at - 1] > hash) at--;
    if (at > from && values[at - 1] === hash) return;
    const end = from + Math.min(count, size - 1);
    for (let i = end; i > at; i--) values[i] = values[i - 1];
    values[at] = hash;
    if (count < size) this.counts[slot] = count + 1;
  }

  of(slot: number): number[] {
    return Array.from(this.values.subarray(slot * this.size, slot * this.size + this.counts[slot]));
  }
}

/** Adds a hash to a sample that is kept as an array. */
export function addToSample(sample: number[], hash: number, size: number): void {
  if (sample.length === size && hash >= sample[size - 1]) return;
  let at = sample.length;
  while (at > 0 && sample[at - 1] > hash) at--;
  if (at > 0 && sample[at - 1] === hash) return;
  sample.splice(at, 0, hash);
  if (sample.length > size) sample.pop();
}
