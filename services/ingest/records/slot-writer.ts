import type { Capture } from '../format.ts';
import { KIND, UNRANKED } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

/** Puts the values of a line into the view's slots: of several for one slot the one of the lowest rank. */
export class SlotWriter {
  private view: RecordView | undefined;

  /** Before each line. */
  begin(view: RecordView): void {
    this.view = view;
    view.ranks.fill(UNRANKED);
  }

  /** The value bytes[start, end) of the workspace; empty ones and a dash are none. */
  put(captures: readonly Capture[], start: number, end: number): void {
    const view = this.view as RecordView;
    if (end - start <= 1 && (end === start || view.workspace.bytes[start] === 0x2d)) return;
    for (const { slot, rank } of captures) {
      if (rank >= view.ranks[slot]) continue;
      view.ranks[slot] = rank;
      view.kinds[slot] = KIND.text;
      view.starts[slot] = start;
      view.ends[slot] = end;
    }
  }
}
