import type { ByteReader, ByteWriter } from '../core/codec.ts';
import type { ControlRecord } from '../core/control.ts';
import { Epochs } from '../core/epochs.ts';
import type { TrackerState, Watermark } from '../core/watermark.ts';
import { MINUTE, WatermarkTracker } from '../core/watermark.ts';
import type { Panes } from '../core/window.ts';

/** What the clock closes: one tenant's open panes in a task. */
export interface PaneKeeper {
  readonly panes: Panes;
  /** the first hour that has something to close before `target` (ms UTC, +Infinity at a flush); undefined when none has */
  nextHour(target: number): number | undefined;
  /** closes the minutes of an hour from `from` on that end at or before `until` (minute numbers); in ascending order */
  closeMinutes(hour: number, from: number, until: number): void;
  closeHour(hour: number): void;
  /** knowledge that holds from this hour on; called when it changes, before the hour's first pane is closed */
  knowledge(bytes: Uint8Array): void;
  /** all that was closed goes out, before the watermark that covers it */
  flush(): void;
}

interface TenantClock {
  keeper: PaneKeeper;
  /** panes before this time are closed (ms UTC) */
  done: number;
  /** what the tasks behind were told */
  told: number;
  /** the epoch of the knowledge in use */
  epoch: number;
  /** an input that is behind it has ended for now only */
  endsProvisionally: boolean;
  ended: boolean;
}

/**
 * The order in which a task closes panes, the same for the account and the merge stage: minutes in turn, then their
 * hour, under the hour's version of shared knowledge; after that the watermark goes on. A task waits at an hour whose
 * version is not there, having passed on how far it came.
 */
export class PaneClock {
  private readonly tracker = new WatermarkTracker();
  /** the same without provisional marks: what this time covers will not be replaced */
  private readonly firm = new WatermarkTracker();
  private readonly epochs = new Epochs();
  private readonly tenants = new Map<string, TenantClock>();
  private readonly keeperOf: (tenant: string) => PaneKeeper;
  private readonly emit: (tenant: string, record: ControlRecord) => void;
  private readonly upstream: string;
  private readonly upstreams: number;

  /** `upstream`, `upstreams`: how this task names itself in its own watermarks, and how many tasks there are. */
  constructor(
    upstream: string,
    upstreams: number,
    keeperOf: (tenant: string) => PaneKeeper,
    emit: (tenant: string, record: ControlRecord) => void,
  ) {
    this.upstream = upstream;
    this.upstreams = upstreams;
    this.keeperOf = keeperOf;
    this.emit = emit;
  }

  /** Takes a control record; returns true when it concerned time. */
  control(record: ControlRecord): void {
    switch (record.kind) {
      case 'watermark':
        this.watermark(record);
        return;
      case 'idle':
        this.firm.idle(record.tenant, record.upstream);
        if (this.tracker.idle(record.tenant, record.upstream) !== undefined) this.progress(record.tenant);
        return;
      case 'silence':
        this.firm.raise(record.tenant, record.time);
        if (this.tracker.raise(record.tenant, record.time) !== undefined) this.progress(record.tenant);
        return;
      case 'end': {
        if (record.provisional) this.of(record.tenant).endsProvisionally = true;
        this.firm.end(record.tenant, record.upstream);
        const moved = this.tracker.end(record.tenant, record.upstream);
        if (moved !== undefined || this.tracker.allEnded(record.tenant)) this.progress(record.tenant);
        return;
      }
      case 'restart':
        this.tracker.reopen();
        this.firm.reopen();
        for (const [tenant, clock] of this.tenants) {
          this.firm.raise(tenant, this.tracker.time(tenant));
          Object.assign(clock, { told: Number.NEGATIVE_INFINITY, endsProvisionally: false, ended: false });
        }
        return;
      case 'shared':
        this.epochs.add(record.tenant, record.epoch, record.knowledge);
        if (this.tenants.has(record.tenant)) this.progress(record.tenant);
        return;
      default:
        return;
    }
  }

  /** Time before which panes of the tenant are closed or closing: earlier events are late. */
  time(tenant: string): number {
    return this.tracker.time(tenant);
  }

  /** Up to where panes of the tenant have been closed, ms UTC: less than its time while it waits for knowledge; 0 before the first. */
  settled(tenant: string): number {
    return this.tenants.get(tenant)?.done ?? 0;
  }

  /** True for what ends at `end`, if a longer input may replace it. */
  provisional(tenant: string, end: number): boolean {
    return end > this.firm.time(tenant);
  }

  private watermark(record: Watermark): void {
    if (record.provisional !== true) this.firm.report(record);
    const moved = this.tracker.report(record);
    // the inputs go on behind their end: they can end again
    const clock = this.tenants.get(record.tenant);
    if (clock?.ended && !this.tracker.allEnded(record.tenant)) clock.ended = false;
    if (moved !== undefined) this.progress(record.tenant);
  }

  private of(tenant: string): TenantClock {
    let clock = this.tenants.get(tenant);
    if (clock === undefined) {
      clock = {
        keeper: this.keeperOf(tenant),
        done: 0,
        told: Number.NEGATIVE_INFINITY,
        epoch: Number.NEGATIVE_INFINITY,
        endsProvisionally: false,
        ended: false,
      };
      this.tenants.set(tenant, clock);
    }
    return clock;
  }

  /**
   * When all inputs have ended, time goes on to the highest that any of them has reached, as if they were one; which of them
   * ended last does not matter. Then comes the flush.
   */
  private progress(tenant: string): void {
    const clock = this.of(tenant);
    const ended = this.tracker.allEnded(tenant);
    if (ended) {
      const reached = this.firm.highest(tenant);
      this.firm.raise(tenant, reached);
      this.tracker.raise(tenant, reached);
    }
    if (!this.advance(tenant, clock, this.tracker.time(tenant)) || !ended) return;
    if (!this.advance(tenant, clock, Number.POSITIVE_INFINITY) || clock.ended) return;
    clock.ended = true;
    clock.keeper.flush();
    // what the flush closed stays closed, should the inputs go on: events of it are late
    if (Number.isFinite(clock.told)) this.tracker.raise(tenant, clock.told);
    this.emit(tenant, { kind: 'end', tenant, upstream: this.upstream, provisional: clock.endsProvisionally });
  }

  /** Closes what ends at or before `target`; false when it waits for knowledge. */
  private advance(tenant: string, clock: TenantClock, target: number): boolean {
    const { keeper } = clock;
    for (let hour = keeper.nextHour(target); hour !== undefined; hour = keeper.nextHour(target)) {
      const start = keeper.panes.hourStart(hour);
      const end = keeper.panes.hourStart(hour + 1);
      if (start >= target) break;
      if (!this.prepare(tenant, clock, hour)) {
        this.tell(tenant, clock, Math.min(target, start));
        return false;
      }
      const until = Math.min(target, end);
      keeper.closeMinutes(hour, Math.floor(Math.max(start, clock.done) / MINUTE), Math.floor(until / MINUTE));
      clock.done = Math.max(clock.done, until);
      if (end > target) break;
      keeper.closeHour(hour);
      this.tell(tenant, clock, end);
    }
    this.tell(tenant, clock, target);
    return true;
  }

  /** True when the knowledge for the hour is in force. */
  private prepare(tenant: string, clock: TenantClock, hour: number): boolean {
    if (!this.epochs.has(tenant, hour)) return false;
    const version = this.epochs.at(tenant, hour);
    if (version !== undefined && version.epoch !== clock.epoch) {
      clock.epoch = version.epoch;
      clock.keeper.knowledge(version.knowledge);
      this.epochs.forgetBefore(tenant, hour);
    }
    return true;
  }

  private tell(tenant: string, clock: TenantClock, time: number): void {
    if (!Number.isFinite(time) || time <= clock.told) return;
    clock.told = time;
    clock.keeper.flush();
    const provisional = this.provisional(tenant, time);
    this.emit(tenant, {
      kind: 'watermark',
      tenant,
      upstream: this.upstream,
      upstreams: this.upstreams,
      time,
      ...(provisional ? { provisional } : {}),
    });
  }

  save(writer: ByteWriter): void {
    saveTimes(writer, this.tracker);
    saveTimes(writer, this.firm);
    writer.uint(this.tenants.size);
    for (const [tenant, clock] of [...this.tenants].sort(([a], [b]) => (a < b ? -1 : 1))) {
      writer.string(tenant);
      writer.f64(clock.done);
      writer.f64(clock.told);
      writer.u8((clock.endsProvisionally ? 1 : 0) | (clock.ended ? 2 : 0));
    }
    this.epochs.write(writer);
  }

  /** Several tasks' clocks can be read into one, before a `restart`: they hold the same times, and a lower `done` had nothing to close. */
  load(reader: ByteReader): void {
    loadTimes(reader, this.tracker);
    loadTimes(reader, this.firm);
    for (let tenants = reader.uint(); tenants > 0; tenants--) {
      const clock = this.of(reader.string());
      const done = reader.f64();
      clock.done = Math.max(clock.done, done);
      clock.told = Math.max(clock.told, reader.f64());
      const flags = reader.u8();
      clock.endsProvisionally ||= (flags & 1) !== 0;
      clock.ended ||= (flags & 2) !== 0;
    }
    this.epochs.read(reader);
  }
}

function saveTimes(writer: ByteWriter, tracker: WatermarkTracker): void {
  const state = tracker.save();
  writer.uint(state.length);
  for (const { tenant, time, highest, expected, upstreams, ended } of state) {
    writer.string(tenant);
    writer.f64(time ?? Number.NEGATIVE_INFINITY);
    writer.f64(highest ?? Number.NEGATIVE_INFINITY);
    writer.uint(expected);
    writer.uint(upstreams.length);
    for (const [upstream, at] of upstreams) {
      writer.string(upstream);
      writer.f64(at ?? Number.POSITIVE_INFINITY);
    }
    writer.uint(ended.length);
    for (const upstream of ended) writer.string(upstream);
  }
}

function loadTimes(reader: ByteReader, tracker: WatermarkTracker): void {
  for (let tenants = reader.uint(); tenants > 0; tenants--) {
    const tenant = reader.string();
    const [time, highest] = [reader.f64(), reader.f64()].map((at) => (Number.isFinite(at) ? at : null));
    const state: TrackerState = { tenant, time, highest, expected: reader.uint(), upstreams: [], ended: [] };
    for (let n = reader.uint(); n > 0; n--) {
      const upstream = reader.string();
      const at = reader.f64();
      state.upstreams.push([upstream, Number.isFinite(at) ? at : null]);
    }
    for (let n = reader.uint(); n > 0; n--) state.ended.push(reader.string());
    tracker.restore([state]);
  }
}
