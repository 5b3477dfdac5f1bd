import type { Finding } from './inventory-watch.ts';
import { KIND } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';
import { SensitiveScanner, type SpanKind } from './sensitive/scanner.ts';
import { SENSITIVE_TYPES } from './sensitive/types.ts';

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

  /** What is in a slot, where anything is. */
  scanSlot(kind: SpanKind, slot: number): void {
    const { kinds, starts, ends } = this.view;
    if (kinds[slot] !== KIND.absent) this.scan(kind, starts[slot], ends[slot]);
  }

  scanBodies(): void {
    for (const slot of this.bodySlots) this.scanSlot('body', slot);
  }
}
