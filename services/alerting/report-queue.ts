import type { ScoreReport, SeenInterface } from '../../models/candidate.ts';
import { compareCandidates, compareShadows, TOP_CALLERS, TOP_CANDIDATES, TOP_SHADOWS } from '../../models/candidate.ts';
import type { View } from '../../models/windows.ts';
import { HOUR, MINUTE } from '../core/watermark.ts';

/** A pane of one view, merged over all tasks that reported it. */
export interface WaitingPane {
  /** exclusive end of the pane, ms UTC: it is complete when the tenant's time reaches it */
  end: number;
  report: ScoreReport;
}

const VIEWS: readonly View[] = ['account', 'interface', 'source', 'target'];

/**
 * Reports of one tenant until the watermark covers them. They are merged as they come: histograms add, candidates are
 * cut to the top again, interfaces add by id. Every step is commutative and associative, so neither the split of the
 * keys over tasks nor the order of arrival is left in what comes out.
 */
export class ReportQueue {
  private readonly panes = new Map<string, WaitingPane>();

  add(report: ScoreReport): WaitingPane {
    const end = report.start + (report.minute ? MINUTE : HOUR);
    const key = `${end} ${report.minute ? 0 : 1} ${report.view}`;
    const pane = this.panes.get(key);
    if (pane === undefined) {
      const fresh: WaitingPane = {
        end,
        report: {
          tenant: report.tenant,
          view: report.view,
          start: report.start,
          minute: report.minute,
          histograms: {},
          pane: {},
          population: {},
          interfaces: [],
          candidates: [],
        },
      };
      this.panes.set(key, fresh);
      merge(fresh.report, report);
      return fresh;
    }
    merge(pane.report, report);
    return pane;
  }

  /** Start of the earliest pane that waits; undefined when none does. */
  get earliest(): number | undefined {
    let earliest: number | undefined;
    for (const pane of this.panes.values()) if (earliest === undefined || pane.report.start < earliest) earliest = pane.report.start;
    return earliest;
  }

  get size(): number {
    return this.panes.size;
  }

  /** Takes out the panes that end at or before `time`, in order of end, minutes first, then view; each group shares its end. */
  take(time: number): WaitingPane[][] {
    const due: [string, WaitingPane][] = [];
    for (const entry of this.panes) if (entry[1].end <= time) due.push(entry);
    due.sort(
      ([, a], [, b]) =>
        a.end - b.end || Number(b.report.minute) - Number(a.report.minute) || VIEWS.indexOf(a.report.view) - VIEWS.indexOf(b.report.view),
    );
    const groups: WaitingPane[][] = [];
    for (const [key, pane] of due) {
      this.panes.delete(key);
      settle(pane.report);
      const last = groups.at(-1);
      if (last !== undefined && last[0].end === pane.end) last.push(pane);
      else groups.push([pane]);
    }
    return groups;
  }

  toJSON(): WaitingPane[] {
    return [...this.panes.values()];
  }

  static from(panes: readonly WaitingPane[]): ReportQueue {
    const queue = new ReportQueue();
    for (const pane of panes) queue.add(pane.report);
    return queue;
  }
}

function merge(into: ScoreReport, from: ScoreReport): void {
  addCounts(into.histograms, from.histograms);
  addCounts(into.pane, from.pane);
  addCounts(into.population, from.population);
  into.interfaces = into.interfaces.length === 0 ? [...from.interfaces] : addInterfaces(into.interfaces, from.interfaces);
  if (from.candidates.length > 0) into.candidates = topOfEach([...into.candidates, ...from.candidates], compareCandidates, TOP_CANDIDATES);
  if (from.shadow !== undefined && from.shadow.length > 0)
    into.shadow = topOfEach([...(into.shadow ?? []), ...from.shadow], compareShadows, TOP_SHADOWS);
}

function addCounts(into: Record<string, number[]>, from: Record<string, number[]>): void {
  for (const [name, counts] of Object.entries(from)) {
    const sums = Object.hasOwn(into, name) ? into[name] : (into[name] = []);
    for (let i = 0; i < counts.length; i++) sums[i] = (sums[i] ?? 0) + counts[i];
  }
}

function addInterfaces(a: ScoreReport['interfaces'], b: ScoreReport['interfaces']): ScoreReport['interfaces'] {
  const sums = new Map(a.map((row): [string, SeenInterface] => [row[0], [...row]]));
  for (const other of b) {
    const row = sums.get(other[0]);
    if (row === undefined) sums.set(other[0], [...other]);
    else {
      row[1] += other[1];
      row[2] += other[2];
      row[3] += other[3];
      if (other[4] !== undefined) row[4] = [...new Set([...(row[4] ?? []), ...other[4]])].sort((x, y) => x - y).slice(0, TOP_CALLERS);
    }
  }
  return [...sums.values()];
}

/** The first `most` of each detector in that order. */
function topOfEach<T extends { detector: string }>(list: T[], compare: (a: T, b: T) => number, most: number): T[] {
  const counts = new Map<string, number>();
  return list.sort(compare).filter(({ detector }) => {
    const count = counts.get(detector) ?? 0;
    counts.set(detector, count + 1);
    return count < most;
  });
}

/** Puts what is left of the order of arrival into one order: names and ids sorted. */
function settle(report: ScoreReport): void {
  report.histograms = sortedByName(report.histograms);
  report.pane = sortedByName(report.pane);
  report.population = sortedByName(report.population);
  report.interfaces.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  report.candidates.sort(compareCandidates);
  report.shadow?.sort(compareShadows);
}

function sortedByName(counts: Record<string, number[]>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
