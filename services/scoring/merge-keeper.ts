import type { Candidate, ScoreReport } from '../../models/candidate.ts';
import { packReport, TOP_CALLERS } from '../../models/candidate.ts';
import type { SharedKnowledge } from '../../models/shared.ts';
import type { ClosedMinute, ClosedWindow } from '../../models/windows.ts';
import { INTERFACE_FEATURES, ROLLING_SIZES, VIEW_FEATURES } from '../../models/windows.ts';
import { appendWindowRow, TsvWriter } from '../../schemas/window-row.ts';
import { FLAG, TRAIT_SHIFT } from '../core/batch.ts';
import type { ByteReader } from '../core/codec.ts';
import { roomFor } from '../core/slab.ts';
import type { Emit } from '../core/stage.ts';
import { MINUTE } from '../core/watermark.ts';
import { HourRows } from '../features/hour-rows.ts';
import type { MergedKeys, MergedView } from '../features/merge-tenant.ts';
import { MergeTenant } from '../features/merge-tenant.ts';
import { MINUTE_STRIDE } from '../features/minute-cells.ts';
import type { PartialSink } from '../features/partials.ts';
import { INTERFACE, INTERFACE_SUSPECTS } from '../features/specs.ts';
import { KnownNames } from './known-names.ts';
import { MergeLooks } from './merge-looks.ts';
import { type HeavyCaller, namedCallers } from './named-callers.ts';
import type { PaneKeeper } from './pane-clock.ts';
import type { ViewStageConfig } from './tenant-settings.ts';
import { tenantTime } from './tenant-settings.ts';
import type { ViewScoring, ViewScoringOptions } from './view-scoring.ts';
import { createViewScoring } from './view-scoring.ts';

/** An interface without a request for so long is no longer looked at, and after three times that forgotten, hours. */
const INTERFACE_QUIET_HOURS = 168;
/** Sources and targets without a request for so long are forgotten, hours. */
const SOURCE_QUIET_HOURS = 72;
const ROWS_BYTES = 512 * 1024;
const MERGED: readonly MergedView[] = ['interface', 'source', 'target'];

/** One tenant in one merge task: puts partials together, closes and scores the panes of interfaces, sources and targets. */
export class MergeKeeper implements PaneKeeper, PartialSink {
  readonly tenant: string;
  readonly panes;
  readonly state: MergeTenant;
  readonly rows = new HourRows(INTERFACE_FEATURES.length);
  readonly scoring: Record<MergedView, ViewScoring>;
  /** sums of the closed minutes of the current hour, by interface id */
  running = new Float64Array(64 * MINUTE_STRIDE);
  /** the hour that is due next and the last one that held anything; undefined before the first */
  next: number | undefined;
  lastBusy: number | undefined;
  private readonly calendar;
  private readonly tsv = new TsvWriter();
  private readonly out: Emit[];
  private readonly provisional: (end: number) => boolean;
  private readonly windows: Record<MergedView, ClosedWindow>;
  private readonly minuteWindow: ClosedMinute;
  private readonly names: KnownNames;
  private readonly looks: MergeLooks;
  private lastSweep = 0;
  private recordIds = new Int32Array(64);

  constructor(tenant: string, config: ViewStageConfig, learned: ViewScoringOptions, out: Emit[], provisional: (end: number) => boolean) {
    const { panes, calendar } = tenantTime(config, tenant);
    this.tenant = tenant;
    this.panes = panes;
    this.calendar = calendar;
    this.state = new MergeTenant(panes);
    this.scoring = {
      interface: createViewScoring('interface', learned),
      source: createViewScoring('source', {}),
      target: createViewScoring('target', {}),
    };
    this.names = new KnownNames(tenant, learned.documented);
    this.out = out;
    this.provisional = provisional;
    const shared = { tenant, key: '', slot: 0, start: 0, calendar: calendar.at(0), firstSeen: 0, activeDays: 0, flags: 0 };
    const windowOf = (view: MergedView, rolling: number): ClosedWindow => ({
      ...shared,
      view,
      end: 0,
      partial: false,
      values: new Float64Array(VIEW_FEATURES[view].length),
      rolling: new Float64Array(rolling),
    });
    this.windows = {
      interface: windowOf('interface', ROLLING_SIZES.length * INTERFACE_FEATURES.length),
      source: windowOf('source', 0),
      target: windowOf('target', 0),
    };
    this.minuteWindow = {
      ...shared,
      view: 'interface',
      minuteOfHour: 0,
      counters: new Float64Array(MINUTE_STRIDE),
      running: new Float64Array(MINUTE_STRIDE),
    };
    this.looks = new MergeLooks({
      tenant,
      state: this.state,
      scoring: this.scoring,
      calendar,
      rows: this.rows,
      renewIfOverdue: (view, id, hour) => this.renewIfOverdue(view, id, hour),
      enrich: (candidate, view, id, pane) => this.enrich(candidate, view, id, pane, !this.provisional(candidate.firedAt)),
    });
  }

  // Partials, in the order of their record.
  keys(count: number): void {
    this.recordIds = roomFor(this.recordIds, count);
  }

  key(index: number, key: Uint8Array, flags: number): void {
    const { interface: interfaces } = this.state.views;
    const id = interfaces.intern(key, Number.POSITIVE_INFINITY);
    interfaces.flags[id] |= flags;
    this.recordIds[index] = id;
  }

  minute(index: number, minute: number, counters: Float64Array, reader: ByteReader): void {
    const id = this.recordIds[index];
    const { interface: interfaces } = this.state.views;
    const at = this.panes.hourStart(this.panes.hourOf(minute * MINUTE));
    if (at < interfaces.firstSeen[id]) interfaces.firstSeen[id] = at;
    const rank = reader.uint();
    this.state.addMinute(id, minute, counters, rank, reader.block());
  }

  pane(view: MergedView, hour: number, key: Uint8Array, flags: number, reader: ByteReader): void {
    this.state.addPane(view, hour, key, flags, reader);
  }

  look(view: MergedView, mark: number, key: Uint8Array, flags: number, reader: ByteReader): void {
    this.state.addLook(view, mark, key, flags, reader);
  }

  reserveRunning(): void {
    this.running = roomFor(this.running, this.state.views.interface.keys.size * MINUTE_STRIDE);
  }

  nextHour(target: number): number | undefined {
    const first = this.state.firstHour;
    if (this.next === undefined || (first !== undefined && first < this.next)) this.next = first;
    if (this.next === undefined) return undefined;
    // After a week without anything, empty hours say nothing more: on with the next that holds something.
    if (this.lastBusy !== undefined && this.next - this.lastBusy > INTERFACE_QUIET_HOURS) {
      if (first === undefined) return undefined;
      this.next = first;
    }
    if (first === undefined && target === Number.POSITIVE_INFINITY) return undefined;
    return this.panes.hourStart(this.next) < target ? this.next : undefined;
  }

  knowledge(bytes: Uint8Array): void {
    const knowledge = JSON.parse(new TextDecoder().decode(bytes)) as SharedKnowledge;
    for (const view of MERGED) this.scoring[view].shared(this.tenant, knowledge);
    if (this.names.take(knowledge)) this.retireFolded();
  }

  /**
   * Interfaces that are counted under another one from this hour on are over: account tasks send nothing of them any more,
   * and that is no silence.
   */
  private retireFolded(): void {
    const { current } = this.names;
    const { keys, panes } = this.state.views.interface;
    if (current === undefined) return;
    for (const id of keys.ids()) {
      const text = keys.text(id);
      if (current.of(text) === text || panes.hasOpen(id) || this.state.hasOpenMinute(id)) continue;
      this.forget('interface', id);
    }
  }

  private forget(view: MergedView, id: number): void {
    this.state.views[view].keys.remove(id);
    this.scoring[view].clear(id);
    if (view === 'interface') this.rows.clear(id);
  }

  closeMinutes(hour: number, from: number, until: number): void {
    const calendar = this.calendar.at(hour);
    const scoring = this.scoring.interface;
    const { keys } = this.state.views.interface;
    const start = this.panes.hourStart(hour);
    this.reserveRunning();
    for (let number = from; number < until; number++) {
      const open = this.state.minute(number);
      const minuteOfHour = Math.floor((number * MINUTE - start) / MINUTE);
      // Behind a provisional end nothing has stopped: the log just ends there.
      const partial = this.provisional((number + 1) * MINUTE);
      for (let id = 0; id < keys.size; id++) {
        const has = open !== undefined && id < open.has.length && open.has[id] === 1;
        if (!has && (partial || !keys.isAlive(id) || scoring.expectsMinute?.(this.tenant, id, calendar, minuteOfHour) !== true)) continue;
        if (has) this.renewIfOverdue('interface', id, hour);
        this.closeInterfaceMinute(id, number, minuteOfHour, has ? open : undefined);
      }
      this.report('interface', number * MINUTE, true);
      this.state.closeMinute(number);
      if (this.looks.at(hour, number + 1)) for (const view of MERGED) this.report(view, number * MINUTE, true);
    }
    for (const view of MERGED) this.send(this.scoring[view].flushCounts(this.tenant, start));
  }

  private report(view: MergedView, start: number, minute: boolean): void {
    this.send(this.scoring[view].flush(this.tenant, start, minute));
  }

  private send(report: ScoreReport | undefined): void {
    if (report !== undefined) this.out.push({ output: 'candidates', tenant: this.tenant, value: packReport(report) });
  }

  private closeInterfaceMinute(id: number, number: number, minuteOfHour: number, open: { counters: Float64Array } | undefined): void {
    const w = this.minuteWindow;
    const interfaces = this.state.views.interface;
    const base = id * MINUTE_STRIDE;
    if (open === undefined) w.counters.fill(0);
    else
      for (let i = 0; i < MINUTE_STRIDE; i++) {
        w.counters[i] = open.counters[base + i];
        this.running[base + i] += open.counters[base + i];
      }
    for (let i = 0; i < MINUTE_STRIDE; i++) w.running[i] = this.running[base + i];
    w.slot = id;
    w.start = number * MINUTE;
    w.minuteOfHour = minuteOfHour;
    w.calendar = this.calendar.at(this.panes.hourOf(w.start));
    w.firstSeen = interfaces.firstSeen[id];
    w.activeDays = interfaces.activeDays[id];
    w.flags = interfaces.flags[id];
    this.scoring.interface.closeMinute(w, (candidate) => {
      candidate.entity = { kind: 'interface', id: interfaces.keys.text(id) };
      candidate.flags = interfaces.flags[id];
      candidate.identity = { origin: 'interface', confidence: 1 };
      const sample = this.state.minuteSample(number, id, candidate.entity.id);
      candidate.samples = sample === undefined ? [] : [sample];
      candidate.provisional = this.provisional(candidate.firedAt);
    });
  }

  closeHour(hour: number): void {
    const calendar = this.calendar.at(hour);
    const start = this.panes.hourStart(hour);
    const end = this.panes.hourStart(hour + 1);
    const final = !this.provisional(end);
    for (const view of MERGED) {
      const merged = this.state.views[view];
      const w = this.windows[view];
      w.start = start;
      w.end = end;
      w.calendar = calendar;
      w.partial = !final;
      if (merged.panes.panesOf(hour).length > 0) this.lastBusy = hour;
      for (const pane of merged.panes.panesOf(hour)) {
        const id = merged.panes.key[pane];
        this.renewIfOverdue(view, id, hour);
        if (view === 'source') merged.flags[id] |= merged.panes.marks[pane];
        merged.touch(id, hour, calendar.day);
        this.state.fill(view, pane, w.values);
        if (view === 'interface') this.rows.push(id, hour, w.values, undefined, w.rolling);
        this.closeWindow(view, w, id, pane, final);
        if (view === 'interface') this.store(view, w, merged.keys.text(id), final);
      }
      if (view === 'interface' && final) this.closeEmpty(hour, w);
      this.report(view, start, false);
      for (const pane of merged.panes.panesOf(hour)) if (view === 'interface') this.state.tops.clear(pane);
      merged.panes.closeHour(hour);
    }
    this.looks.forget(hour);
    this.running.fill(0);
    this.next = hour + 1;
    if (hour - this.lastSweep >= 12) this.sweep(hour);
  }

  /** Interfaces that had nothing in this hour: quiet hours are data. */
  private closeEmpty(hour: number, w: ClosedWindow): void {
    const interfaces = this.state.views.interface;
    for (const id of interfaces.keys.ids()) {
      if (interfaces.lastHour[id] === hour || interfaces.lastHour[id] < hour - INTERFACE_QUIET_HOURS || interfaces.lastDay[id] < 0)
        continue;
      w.values.fill(0);
      this.rows.sum(id, hour, w.rolling);
      this.closeWindow('interface', w, id, -1, true);
    }
  }

  private closeWindow(view: MergedView, w: ClosedWindow, id: number, pane: number, final: boolean): void {
    const merged = this.state.views[view];
    w.slot = id;
    w.key = view === 'interface' ? merged.keys.text(id) : '';
    w.firstSeen = merged.firstSeen[id];
    w.activeDays = Math.max(0, merged.activeDays[id] - 1);
    w.flags = this.flagsOf(merged, id, pane);
    if (view === 'interface') w.callers = this.callersOf(w.flags, pane);
    const before = this.scored;
    this.scoring[view].closeHour(w, (candidate) => {
      this.scored++;
      this.enrich(candidate, view, id, pane, final);
    });
    if (view !== 'interface' && this.scored !== before) this.store(view, w, merged.keys.text(id), final);
  }

  /** A few callers of an interface whose path may hold names. */
  private callersOf(flags: number, pane: number): number[] | undefined {
    if (pane < 0 || (flags & (FLAG.flow | FLAG.asset)) !== 0) return undefined;
    return this.state.tops.smallestHashes(pane, TOP_CALLERS);
  }

  /** FLAG bits of a key, with what is known of its addresses in this hour. */
  private flagsOf({ flags, panes }: MergedKeys, id: number, pane: number): number {
    return pane < 0 ? flags[id] : flags[id] | (panes.traits[pane] << TRAIT_SHIFT);
  }

  private scored = 0;

  private store(view: MergedView, w: ClosedWindow, key: string, final: boolean): void {
    appendWindowRow(this.tsv, { tenant: this.tenant, view, size: '1h', key, start: w.start, end: w.end, final, values: w.values });
    if (this.tsv.length >= ROWS_BYTES) this.flushRows();
  }

  private enrich(candidate: Candidate, view: MergedView, id: number, pane: number, final: boolean): void {
    const merged = this.state.views[view];
    candidate.entity = { kind: view, id: merged.keys.text(id) };
    candidate.flags = this.flagsOf(merged, id, pane);
    candidate.identity = {
      origin: view === 'interface' ? 'interface' : view === 'source' ? 'address' : 'target',
      confidence: view === 'source' ? 0.3 : 1,
    };
    candidate.provisional = !final;
    candidate.samples = pane < 0 ? [] : merged.panes.samples.of(pane).map((sample) => sample.unpack());
    if (view === 'interface') {
      if (pane < 0) return;
      const callers: HeavyCaller[] = this.state.tops.of(pane).map((caller) => ({
        kind: (caller.weight & 1) === 1 ? 'source' : 'account',
        id: this.state.callers.text(caller.account),
        weight: caller.weight >>> 1,
      }));
      candidate.actors = namedCallers(callers, candidate.terms, candidate.model !== undefined);
      const base = pane * merged.panes.stride;
      const suspects = merged.panes.counters[base + INTERFACE_SUSPECTS];
      candidate.actorCount = Math.max(candidate.actors.length, suspects > 0 ? suspects : merged.panes.counters[base + INTERFACE.callers]);
      candidate.related = candidate.actors.slice(0, 5).map(({ kind, id: actor }) => ({ kind, id: actor }));
      return;
    }
    candidate.related = [...new Set(candidate.samples.map((sample) => sample.interface))].map((iface) => ({
      kind: 'interface',
      id: iface,
    }));
    if (view === 'source') {
      candidate.actors = [{ kind: 'source', id: candidate.entity.id, weight: candidate.evidence }];
      candidate.actorCount = 1;
    }
  }

  private sweep(hour: number): void {
    this.lastSweep = hour;
    for (const view of MERGED) {
      const merged = this.state.views[view];
      for (const id of merged.keys.ids()) {
        if (!this.overdue(view, id, hour) || merged.panes.hasOpen(id) || (view === 'interface' && this.state.hasOpenMinute(id))) continue;
        this.forget(view, id);
      }
    }
    this.state.sweepCallers(hour - 2);
  }

  /** Quiet for so long that nothing before counts. */
  private overdue(view: MergedView, id: number, hour: number): boolean {
    const last = this.state.views[view].lastHour[id];
    return last >= 0 && last < hour - (view === 'interface' ? INTERFACE_QUIET_HOURS * 3 : SOURCE_QUIET_HOURS);
  }

  /** An overdue key that comes back starts anew, whether a sweep has already taken its slot or not (see account stage). */
  private renewIfOverdue(view: MergedView, id: number, hour: number): void {
    if (!this.overdue(view, id, hour)) return;
    this.state.views[view].renew(id, this.panes.hourStart(hour));
    this.scoring[view].clear(id);
    if (view === 'interface') this.rows.clear(id);
  }

  private flushRows(): void {
    if (this.tsv.length > 0) this.out.push({ output: 'windows', tenant: this.tenant, value: this.tsv.take() });
  }

  flush(): void {
    this.flushRows();
  }
}
