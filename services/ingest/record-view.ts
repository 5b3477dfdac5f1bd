import { type JsonScanner, KIND } from './json-scanner.ts';
import { scaledOf, unsignedOf } from './numbers.ts';
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
  /** the record is bytes[start, end) of the workspace */
  start = 0;
  end = 0;
  /** index of the event within its line */
  index = 0;
  /** 1-based number of the line, 0 unknown */
  line = 0;

  constructor(workspace: Workspace, scanner: JsonScanner) {
    this.workspace = workspace;
    this.kinds = scanner.kinds;
    this.starts = scanner.starts;
    this.ends = scanner.ends;
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

  /** true, T or a text that begins so. */
  isTrue(slot: number): boolean {
    return this.kinds[slot] === KIND.true || (this.kinds[slot] === KIND.text && (this.workspace.bytes[this.starts[slot]] | 0x20) === 0x74);
  }
}
