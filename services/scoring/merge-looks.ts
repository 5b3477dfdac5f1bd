import type { Candidate } from '../../models/candidate.ts';
import type { ClosedWindow } from '../../models/windows.ts';
import { INTERFACE_FEATURES, ROLLING_SIZES, VIEW_FEATURES } from '../../models/windows.ts';
import { TRAIT_SHIFT } from '../core/batch.ts';
import { MINUTE } from '../core/watermark.ts';
import type { TenantCalendar } from '../features/calendar.ts';
import type { HourRows } from '../features/hour-rows.ts';
import { runningPeriod } from '../features/looks.ts';
import type { MergedView, MergeTenant } from '../features/merge-tenant.ts';
import { markPeriod } from '../features/merge-tenant.ts';
import type { ViewScoring } from './view-scoring.ts';

export interface MergeLooksDeps {
  tenant: string;
  state: MergeTenant;
  scoring: Record<MergedView, ViewScoring>;
  calendar: TenantCalendar;
  /** what rolls behind interfaces */
  rows: HourRows;
  renewIfOverdue(view: MergedView, id: number, hour: number): void;
  /** names the key, its actors and samples on a candidate */
  enrich(candidate: Candidate, view: MergedView, id: number, pane: number): void;
}

/** The looks of one tenant in one merge task: at what account tasks have sent for a mark, once all of them have passed it. */
export class MergeLooks {
  private readonly deps: MergeLooksDeps;
  private readonly windows: Record<MergedView, ClosedWindow>;

  constructor(deps: MergeLooksDeps) {
    this.deps = deps;
    const windowOf = (view: MergedView, rolling: number): ClosedWindow => ({
      tenant: deps.tenant,
      view,
      key: '',
      slot: 0,
      start: 0,
      end: 0,
      calendar: deps.calendar.at(0),
      partial: true,
      values: new Float64Array(VIEW_FEATURES[view].length),
      rolling: new Float64Array(rolling),
      firstSeen: 0,
      activeDays: 0,
      flags: 0,
    });
    this.windows = {
      interface: windowOf('interface', ROLLING_SIZES.length * INTERFACE_FEATURES.length),
      source: windowOf('source', 0),
      target: windowOf('target', 0),
    };
  }

  /** Looks at the running hour at `mark` (minute number). True when there was anything to look at. */
  at(hour: number, mark: number): boolean {
    const period = markPeriod(mark);
    const { views } = this.deps.state;
    let any = false;
    for (const view of ['interface', 'source', 'target'] as const) {
      const { panes } = views[view];
      const due = panes.panesOf(period);
      if (due.length === 0) continue;
      any = true;
      if (view === 'interface') {
        for (const pane of due) this.look(view, panes.key[pane], pane, hour, mark);
        for (const pane of due) this.deps.state.tops.clear(pane);
        panes.closeHour(period);
        continue;
      }
      // a slice joins those before it
      const ids = due.map((pane) => panes.key[pane]);
      panes.fold(period, runningPeriod(hour));
      for (const id of ids) this.look(view, id, panes.find(id, runningPeriod(hour)), hour, mark);
    }
    return any;
  }

  /** The hour is closed: what its looks have added up goes. */
  forget(hour: number): void {
    const { views } = this.deps.state;
    views.source.panes.closeHour(runningPeriod(hour));
    views.target.panes.closeHour(runningPeriod(hour));
  }

  private look(view: MergedView, id: number, pane: number, hour: number, mark: number): void {
    const { state, scoring, calendar, rows } = this.deps;
    const merged = state.views[view];
    const w = this.windows[view];
    w.start = state.panes.hourStart(hour);
    w.end = mark * MINUTE;
    w.calendar = calendar.at(hour);
    this.deps.renewIfOverdue(view, id, hour);
    state.fill(view, pane, w.values);
    if (view === 'interface') rows.sumWith(id, hour, w.values, undefined, w.rolling);
    w.slot = id;
    w.key = view === 'interface' ? merged.keys.text(id) : '';
    w.firstSeen = merged.firstSeen[id];
    w.activeDays = merged.activeDays[id] - (merged.lastDay[id] === w.calendar.day ? 1 : 0);
    // of sources, what this hour's looks know: the hour's own partials may have come already from some tasks
    w.flags = (view === 'source' ? merged.panes.marks[pane] : merged.flags[id]) | (merged.panes.traits[pane] << TRAIT_SHIFT);
    scoring[view].look(w, (candidate) => this.deps.enrich(candidate, view, id, pane));
  }
}
