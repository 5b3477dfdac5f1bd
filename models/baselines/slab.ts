import type { ByteReader, ByteWriter } from '../../services/core/codec.ts';

/** Rows of floats by state slot, growing as slots are used. Reading a slot that was never written gives zeros. */
export class Slab {
  readonly stride: number;
  data: Float32Array;

  constructor(stride: number, slots = 64) {
    this.stride = stride;
    this.data = new Float32Array(stride * slots);
  }

  /** Offset of the slot's row; makes room for it. `data` may be another array after the call. */
  row(slot: number): number {
    const offset = slot * this.stride;
    if (offset + this.stride > this.data.length) {
      const wider = new Float32Array(Math.max(this.data.length * 2, (slot + 1) * this.stride));
      wider.set(this.data);
      this.data = wider;
    }
    return offset;
  }

  clear(slot: number): void {
    const offset = slot * this.stride;
    if (offset < this.data.length) this.data.fill(0, offset, offset + this.stride);
  }

  /** Writes a row bit for bit, runs of zeros left out: a quiet key takes little room. */
  write(slot: number, writer: ByteWriter): void {
    const offset = slot * this.stride;
    const within = offset + this.stride <= this.data.length;
    const bits = within ? new Uint32Array(this.data.buffer, offset * 4, this.stride) : new Uint32Array(0);
    let i = 0;
    while (i < bits.length) {
      let zeros = i;
      while (zeros < bits.length && bits[zeros] === 0) zeros++;
      if (zeros === bits.length) break;
      let end = zeros;
      while (end < bits.length && bits[end] !== 0) end++;
      writer.uint(end - zeros);
      writer.uint(zeros - i);
      for (let j = zeros; j < end; j++) writer.u32(bits[j]);
      i = end;
    }
    writer.uint(0);
  }

  read(slot: number, reader: ByteReader): void {
    const offset = this.row(slot);
    const bits = new Uint32Array(this.data.buffer, offset * 4, this.stride);
    bits.fill(0);
    let i = 0;
    for (let run = reader.uint(); run > 0; run = reader.uint()) {
      i += reader.uint();
      for (let j = 0; j < run; j++) bits[i++] = reader.u32();
    }
  }
}
