import { scaledOf, unsignedOf } from '../values/numbers.ts';
import { type JsonScanner, KIND } from './json-scanner.ts';
import type { Workspace } from './workspace.ts';

const decoder = new TextDecoder();
/** Longest text shown in a message, bytes. */
const SHOWN = 80;

/** The record in hand: where it is in the workspace, and the spans of its fields by slot. */
export class RecordView {
  readonly workspace: Workspace;
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** which of the names of its slot gave each value: its rank among them */
  readonly ranks: Uint8Array;
  /** the record is bytes[start, end) of the workspace */
  start = 0;
  end = 0;
  /** where the record stands in its input partition */
  offset = 0;
  /** number of the event within its record */
  index = 0;
  /** 1-based number of the line, 0 unknown */
  line = 0;

  /** offset of the workspace's first byte, where offsets are bytes */
  private base = 0;
  private pinned = false;
  private next = 0;

  private readonly scanner: JsonScanner;

  constructor(workspace: Workspace, scanner: JsonScanner) {
    this.workspace = workspace;
    this.scanner = scanner;
    this.kinds = scanner.kinds;
    this.starts = scanner.starts;
    this.ends = scanner.ends;
    this.ranks = scanner.ranks;
  }

  /** From here a record's offset is `base` and its place in the workspace. */
  float(base: number): void {
    this.base = base;
    this.pinned = false;
  }

  /** Offset that a record at `start` has, or the record that it is part of. */
  placeOf(start: number): number {
    return this.pinned ? this.offset : this.base + start;
  }

  /** From here all records are events of the one at `offset`, numbered from 0. */
  pin(offset: number): void {
    this.offset = offset;
    this.pinned = true;
    this.next = 0;
  }

  /**
   * Pins to the record at `start`, unless that is part of a pinned one already. Returns whether `unpin` has to follow.
   */
  pinAt(start: number): boolean {
    if (this.pinned) return false;
    this.pin(this.base + start);
    return true;
  }

  unpin(): void {
    this.pinned = false;
  }

  /** How many events of the pinned record there have been. */
  get events(): number {
    return this.pinned ? this.next : 0;
  }

  /** Moves on to the event, or what should be one, at [start, end); `index`: its number in its array. Once for each. */
  place(start: number, end: number, index = 0): void {
    this.start = start;
    this.end = end;
    if (this.pinned) this.index = this.next++;
    else {
      this.offset = this.base + start;
      this.index = index;
    }
  }

  /** Exchanges what two slots hold. */
  swap(a: number, b: number): void {
    this.scanner.swap(a, b);
  }

  /** Whether a slot holds a text or a number. */
  has(slot: number): boolean {
    const kind = this.kinds[slot];
    return kind === KIND.text || kind === KIND.number;
  }

  /** Text of a slot, shortened, for messages. */
  show(slot: number): string {
    if (this.kinds[slot] === KIND.absent) return '';
    const start = this.starts[slot];
    return decoder.decode(this.workspace.bytes.subarray(start, Math.min(this.ends[slot], start + SHOWN)));
  }

  /** An integer that only counts: 0 when absent or no number. */
  count(slot: number): number {
    if (!this.has(slot)) return 0;
    const { bytes } = this.workspace;
    const value = unsignedOf(bytes, this.starts[slot], this.ends[slot]);
    return value >= 0 ? value : Math.max(0, Math.min(scaledOf(bytes, this.starts[slot], this.ends[slot], 0), Number.MAX_SAFE_INTEGER));
  }

  /** Whether a slot that holds something holds a number that counts, or a dash for none. */
  isCount(slot: number): boolean {
    const { bytes } = this.workspace;
    const start = this.starts[slot];
    const end = this.ends[slot];
    return unsignedOf(bytes, start, end) >= 0 || (end - start === 1 && bytes[start] === 0x2d) || scaledOf(bytes, start, end, 0) >= 0;
  }

  /** true, T or a text that begins so. */
  isTrue(slot: number): boolean {
    return this.kinds[slot] === KIND.true || (this.kinds[slot] === KIND.text && (this.workspace.bytes[this.starts[slot]] | 0x20) === 0x74);
  }
}
