import { ROLLING_HOURS } from '../../models/windows.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { roomFor } from '../core/slab.ts';

const LONGEST = ROLLING_HOURS[ROLLING_HOURS.length - 1];

/**
 * What rolls: for each key the rows of its active hours of the last seven days, newest first, and their sums over the
 * rolling windows. Sparse (a quiet account has few rows), single precision: sums above 2^24 are rounded, always alike,
 * since rows are added in the order of time.
 */
export class HourRows {
  private readonly stride: number;
  private head = new Int32Array(64).fill(-1);
  private next = new Int32Array(64);
  private hour = new Int32Array(64);
  private rows: Float32Array;
  private free = -1;
  private used = 0;

  constructor(features: number) {
    this.stride = features;
    this.rows = new Float32Array(64 * features);
  }

  /** Adds an hour's row (later than all before it) and writes the rolling sums that end with it: sizes x features. */
  push(slot: number, hour: number, values: Float64Array, columns: Int32Array | undefined, sums: Float64Array): void {
    if (slot >= this.head.length) this.head = roomFor(this.head, slot + 1, -1);
    const row = this.take();
    const base = row * this.stride;
    for (let i = 0; i < this.stride; i++) this.rows[base + i] = values[columns === undefined ? i : columns[i]];
    this.hour[row] = hour;
    this.next[row] = this.head[slot];
    this.head[slot] = row;
    this.sum(slot, hour, sums);
  }

  /** Rolling sums as `push` would give them, without the row. */
  sumWith(slot: number, hour: number, values: Float64Array, columns: Int32Array | undefined, sums: Float64Array): void {
    this.sum(slot, hour, sums);
    for (let i = 0; i < this.stride; i++) {
      const value = Math.fround(values[columns === undefined ? i : columns[i]]);
      if (value !== 0) for (let at = i; at < sums.length; at += this.stride) sums[at] += value;
    }
  }

  /** Rolling sums that end with `hour`; rows too old for any are given back. */
  sum(slot: number, hour: number, sums: Float64Array): void {
    sums.fill(0);
    if (slot >= this.head.length) return;
    let size = 0;
    const stride = this.stride;
    let before = -1;
    let row = this.head[slot];
    // Sums of longer windows begin as the sum of the next shorter one, filled in as the walk crosses its border.
    while (row >= 0) {
      const age = hour - this.hour[row];
      if (age >= LONGEST) {
        this.cut(slot, before, row);
        break;
      }
      while (age >= ROLLING_HOURS[size]) {
        sums.copyWithin((size + 1) * stride, size * stride, (size + 1) * stride);
        size++;
      }
      const base = row * stride;
      const at = size * stride;
      for (let i = 0; i < stride; i++) sums[at + i] += this.rows[base + i];
      before = row;
      row = this.next[row];
    }
    for (; size < ROLLING_HOURS.length - 1; size++) sums.copyWithin((size + 1) * stride, size * stride, (size + 1) * stride);
  }

  clear(slot: number): void {
    if (slot < this.head.length && this.head[slot] >= 0) this.cut(slot, -1, this.head[slot]);
  }

  write(slot: number, writer: ByteWriter): void {
    const rows: number[] = [];
    for (let row = slot < this.head.length ? this.head[slot] : -1; row >= 0; row = this.next[row]) rows.push(row);
    writer.uint(rows.length);
    for (const row of rows.reverse()) {
      writer.int(this.hour[row]);
      for (let i = 0; i < this.stride; i++) writer.f64(this.rows[row * this.stride + i]);
    }
  }

  read(slot: number, reader: ByteReader): void {
    if (slot >= this.head.length) this.head = roomFor(this.head, slot + 1, -1);
    const count = reader.uint();
    for (let n = 0; n < count; n++) {
      const row = this.take();
      this.hour[row] = reader.int();
      for (let i = 0; i < this.stride; i++) this.rows[row * this.stride + i] = reader.f64();
      this.next[row] = this.head[slot];
      this.head[slot] = row;
    }
  }

  private take(): number {
    let row = this.free;
    if (row >= 0) this.free = this.next[row];
    else {
      row = this.used++;
      if (row >= this.next.length) {
        this.next = roomFor(this.next, row + 1);
        this.hour = roomFor(this.hour, row + 1);
        this.rows = roomFor(this.rows, this.next.length * this.stride);
      }
    }
    return row;
  }

  private cut(slot: number, before: number, from: number): void {
    if (before < 0) this.head[slot] = -1;
    else this.next[before] = -1;
    let row = from;
    while (row >= 0) {
      const following = this.next[row];
      this.next[row] = this.free;
      this.free = row;
      row = following;
    }
  }
}
