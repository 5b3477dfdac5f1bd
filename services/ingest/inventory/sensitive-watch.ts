import { KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';
import { SensitiveScanner, type SpanKind } from '../sensitive/scanner.ts';
import { SENSITIVE_TYPES } from '../sensitive/types.ts';
import type { Finding } from './inventory-watch.ts';

/** Digits in a row, and letters and digits in a row, that a value of some type may be. Shorter ids are ids. */
const DIGITS = 8;
const WORD = 16;
/** Findings of one record that are kept. */
const MOST_FINDINGS = 32;

/** Looks for sensitive data in what one record carries: its path, its query, the fields with samples of bodies. */
export class SensitiveWatch {
  private readonly view: RecordView;
  private readonly bodySlots: readonly number[];
  private readonly scanner: SensitiveScanner;
  /** of the record in hand */
  readonly found: Finding[] = [];
  /** named for stack traces and made once: the scanner calls it for each value */
  private readonly take = (type: number, masked: boolean, shape: string, hash: number): void => {
    if (this.found.length < MOST_FINDINGS) this.found.push({ type: SENSITIVE_TYPES[type].name, masked, shape, hash });
  };

  /** @param key the tenant's hash key. @param bodySlots slots of the fields that the source names in `bodies` */
  constructor(view: RecordView, key: Uint32Array, bodySlots: readonly number[]) {
    this.view = view;
    this.bodySlots = bodySlots;
    this.scanner = new SensitiveScanner(key);
  }

  /** Forgets the record before. */
  clear(): void {
    if (this.found.length > 0) this.found.length = 0;
  }

  scan(kind: SpanKind, start: number, end: number): void {
    if (end > start) this.scanner.scan(kind, this.view.workspace.bytes, start, end, this.take);
  }

  /** A path, where it has more than short ids: those are in most paths, and a look at each would cost more than all else. */
  scanPath(start: number, end: number): void {
    if (hasLongValue(this.view.workspace.bytes, start, end)) this.scan('path', start, end);
  }

  /** What is in a slot, where anything is. */
  scanSlot(kind: SpanKind, slot: number): void {
    const { kinds, starts, ends } = this.view;
    if (kinds[slot] !== KIND.absent) this.scan(kind, starts[slot], ends[slot]);
  }

  scanBodies(): void {
    for (const slot of this.bodySlots) this.scanSlot('body', slot);
  }
}

function hasLongValue(bytes: Uint8Array, start: number, end: number): boolean {
  let digits = 0;
  let word = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c >= 0x30 && c <= 0x39) {
      word++;
      if (++digits === DIGITS) return true;
    } else {
      // 219-09-9998, 138-1234-5678
      if (c !== 0x2d) digits = 0;
      if ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a) word++;
      else if (c === 0x2f || c === 0x2d || c === 0x5f || c === 0x2e) word = 0;
      // what is escaped, masked, or no ASCII
      else return true;
    }
    if (word === WORD) return true;
  }
  return false;
}
