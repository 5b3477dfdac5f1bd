import type { LineContext, LineFault, LineFormat } from '../format.ts';
import type { ColumnHeader } from '../records/column-header.ts';
import { KIND } from '../records/json-scanner.ts';
import type { RecordView } from '../records/record-view.ts';

/** A line format that says how far the last line fitted. */
interface Ranked extends LineFormat {
  /** position in the workspace */
  readonly reached: number;
}

/** Lines of a gateway that has had several formats: the first that fits, in this order; none: what came nearest says why. */
export class FirstOf implements LineFormat {
  readonly timeFirst: boolean;
  private readonly formats: readonly Ranked[];

  constructor(formats: readonly Ranked[]) {
    this.formats = formats;
    this.timeFirst = formats.some(({ timeFirst }) => timeFirst === true);
  }

  directive(bytes: Uint8Array, start: number, end: number, header: ColumnHeader): boolean {
    return this.formats.some((format) => format.directive?.(bytes, start, end, header) === true);
  }

  read(view: RecordView, context: LineContext, fault: LineFault): boolean {
    let best = -1;
    let { reason, detail } = fault;
    for (const format of this.formats) {
      if (format.read(view, context, fault)) return true;
      view.kinds.fill(KIND.absent); // it may have found some values before it gave up
      if (format.reached <= best) continue;
      best = format.reached;
      reason = fault.reason;
      detail = fault.detail;
    }
    fault.reason = reason;
    fault.detail = detail;
    return false;
  }
}
