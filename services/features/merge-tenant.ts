import type { Sample } from '../../models/candidate.ts';
import type { View } from '../../models/windows.ts';
import type { ByteWriter } from '../core/codec.ts';
import { ByteReader } from '../core/codec.ts';
import { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';
import { MINUTE } from '../core/watermark.ts';
import type { Panes } from '../core/window.ts';
import { CallerTops } from './account-close.ts';
import { readSample } from './account-tenant.ts';
import { HourPanes } from './hour-panes.ts';
import { hourOfRunning, isRunning, sliceOfPeriod, slicePeriod } from './looks.ts';
import { MINUTE_STRIDE } from './minute-cells.ts';
import { type Ranked, type SampleCodec, unpackStatus } from './samples.ts';
import {
  INTERFACE,
  INTERFACE_SETS,
  INTERFACE_SPEC,
  INTERFACE_TOP_CALLER,
  SOURCE,
  SOURCE_SETS,
  SOURCE_SPEC,
  TARGET,
  TARGET_SETS,
  TARGET_SPEC,
} from './specs.ts';

/** `requests` comes first in every view's list. */
const REQUESTS = 0;

/** A sample as its task wrote it: hardly any is ever looked at. */
export class PackedSample implements Ranked {
  readonly content: number;
  readonly interesting: boolean;
  readonly offset: number;
  private readonly bytes: Uint8Array;

  private constructor(content: number, interesting: boolean, offset: number, bytes: Uint8Array) {
    this.content = content;
    this.interesting = interesting;
    this.offset = offset;
    this.bytes = bytes;
  }

  get partition(): string {
    return this.unpack().partition;
  }

  unpack(): Sample {
    return readSample(new ByteReader(this.bytes));
  }

  write(writer: ByteWriter): void {
    writer.raw(this.bytes);
  }

  /** Takes what `readSample` takes. */
  static read(reader: ByteReader): PackedSample {
    const from = reader.position;
    reader.skipBlock(); // source
    reader.skipBlock(); // partition
    const offset = reader.uint();
    reader.uint(); // time
    const content = reader.uint();
    const interesting = reader.u8() === 1;
    reader.skipBlock(); // interface
    reader.skipBlock(); // address
    reader.skipBlock(); // account
    reader.uint(); // status
    return new PackedSample(content, interesting, offset, reader.copySince(from));
  }
}

const codec: SampleCodec<PackedSample> = { write: (sample, writer) => sample.write(writer), read: (reader) => PackedSample.read(reader) };
export type MergedView = Exclude<View, 'account'>;

/** One view of one tenant in a merge task: its keys and their open hour panes. */
export class MergedKeys {
  readonly view: MergedView;
  readonly keys = new KeyTable();
  readonly panes: HourPanes<PackedSample>;
  /** per key: tag bits, ms of the first pane's start, local day of the last pane, days with panes, last hour with a pane */
  flags = new Uint32Array(64);
  firstSeen = new Float64Array(64);
  lastDay = new Int32Array(64);
  activeDays = new Uint16Array(64);
  lastHour = new Int32Array(64);

  constructor(view: MergedView) {
    this.view = view;
    this.panes = new HourPanes(view === 'interface' ? INTERFACE_SPEC : view === 'source' ? SOURCE_SPEC : TARGET_SPEC, codec);
  }

  intern(key: Uint8Array, start: number): number {
    const before = this.keys.count;
    const id = this.keys.intern(key, 0, key.length);
    if (this.keys.count !== before) {
      this.prepare(id);
      this.flags[id] = 0;
      this.firstSeen[id] = start;
      this.lastDay[id] = -1;
      this.activeDays[id] = 0;
      this.lastHour[id] = -1;
    } else if (start < this.firstSeen[id]) this.firstSeen[id] = start;
    return id;
  }

  prepare(id: number): void {
    this.flags = roomFor(this.flags, id + 1);
    this.firstSeen = roomFor(this.firstSeen, id + 1);
    this.lastDay = roomFor(this.lastDay, id + 1);
    this.activeDays = roomFor(this.activeDays, id + 1);
    this.lastHour = roomFor(this.lastHour, id + 1);
  }

  /** Nothing is known of the key any more: as if it came for the first time in the hour that starts at `start`. */
  renew(id: number, start: number): void {
    this.firstSeen[id] = start;
    this.lastDay[id] = -1;
    this.activeDays[id] = 0;
    this.lastHour[id] = -1;
  }

  /** A pane of this key has closed on this local day. */
  touch(id: number, hour: number, day: number): void {
    this.lastHour[id] = hour;
    if (this.lastDay[id] === day) return;
    this.lastDay[id] = day;
    if (this.activeDays[id] < 0xffff) this.activeDays[id]++;
  }
}

/** Period of HourPanes for what came for a look at a mark (minute number), until it is due. */
export function markPeriod(mark: number): number {
  return slicePeriod(mark);
}

/** An open minute: counters by interface id, which ids have any, and the best sample of each. */
export interface OpenMinute {
  counters: Float64Array;
  ids: number[];
  has: Uint8Array;
  ranks: Float64Array;
  samples: (Uint8Array | undefined)[];
}

/** What a merge task knows of one tenant. */
export class MergeTenant {
  readonly panes: Panes;
  readonly views: Record<MergedView, MergedKeys> = {
    interface: new MergedKeys('interface'),
    source: new MergedKeys('source'),
    target: new MergedKeys('target'),
  };
  /** callers named by interface panes */
  readonly callers = new KeyTable();
  private callerHour = new Int32Array(64);
  readonly tops = new CallerTops();
  /** open minutes: number -> counters by interface id, with the ids that have any */
  private readonly minutes = new Map<number, OpenMinute>();
  private readonly spare: OpenMinute[] = [];

  constructor(panes: Panes) {
    this.panes = panes;
  }

  /** Adds a task's share of an interface's minute, with its sample (rank and packed body). */
  addMinute(id: number, minute: number, counters: Float64Array, rank: number, sample: Uint8Array): void {
    let open = this.minutes.get(minute);
    if (open === undefined) {
      open = this.spare.pop() ?? {
        counters: new Float64Array(64 * MINUTE_STRIDE),
        ids: [],
        has: new Uint8Array(64),
        ranks: new Float64Array(64),
        samples: [],
      };
      this.minutes.set(minute, open);
    }
    if (id >= open.has.length) {
      open.has = roomFor(open.has, id + 1);
      open.ranks = roomFor(open.ranks, id + 1);
      open.counters = roomFor(open.counters, open.has.length * MINUTE_STRIDE);
    }
    if (open.has[id] === 0) {
      open.has[id] = 1;
      open.ids.push(id);
      open.ranks[id] = Number.POSITIVE_INFINITY;
    }
    const base = id * MINUTE_STRIDE;
    for (let i = 0; i < MINUTE_STRIDE; i++) open.counters[base + i] += counters[i];
    if (rank < open.ranks[id]) {
      open.ranks[id] = rank;
      open.samples[id] = sample;
    }
  }

  /** The sample of an interface's open minute, undefined when the minute is empty. */
  minuteSample(minute: number, id: number, iface: string): Sample | undefined {
    const open = this.minutes.get(minute);
    if (open === undefined || id >= open.has.length || open.has[id] === 0) return undefined;
    const reader = new ByteReader(open.samples[id] as Uint8Array);
    const rank = open.ranks[id];
    const offset = reader.uint();
    const at = reader.uint();
    const status = unpackStatus(reader.uint());
    const address = reader.string();
    const account = reader.string();
    return {
      source: reader.string(),
      partition: reader.string(),
      offset,
      at,
      content: rank % 0x1_0000_0000,
      interesting: rank < 0x1_0000_0000,
      interface: iface,
      address,
      account,
      ...status,
    };
  }

  /** True while an interface has an open minute. */
  hasOpenMinute(id: number): boolean {
    for (const open of this.minutes.values()) if (id < open.has.length && open.has[id] === 1) return true;
    return false;
  }

  minuteNumbers(): number[] {
    return [...this.minutes.keys()].sort((a, b) => a - b);
  }

  /** Counters of an open minute, by interface id times MINUTE_STRIDE. */
  minute(number: number): OpenMinute | undefined {
    return this.minutes.get(number);
  }

  closeMinute(number: number): void {
    const open = this.minutes.get(number);
    if (open === undefined) return;
    this.minutes.delete(number);
    for (const id of open.ids) {
      open.has[id] = 0;
      open.samples[id] = undefined;
      open.counters.fill(0, id * MINUTE_STRIDE, (id + 1) * MINUTE_STRIDE);
    }
    open.ids.length = 0;
    this.spare.push(open);
  }

  /** Merges a pane's partial; `reader` stands behind its flags. What a source's pane is marked with waits for its close. */
  addPane(view: MergedView, hour: number, key: Uint8Array, flags: number, reader: ByteReader): void {
    const keys = this.views[view];
    const id = keys.intern(key, this.panes.hourStart(hour));
    if (view !== 'source') keys.flags[id] |= flags;
    this.mergePane(view, id, hour, hour, reader);
  }

  /** Merges what came for a look at `mark` (minute number). */
  addLook(view: MergedView, mark: number, key: Uint8Array, flags: number, reader: ByteReader): void {
    const hour = this.hourBefore(mark);
    const keys = this.views[view];
    const id = keys.intern(key, this.panes.hourStart(hour));
    keys.flags[id] |= flags;
    this.mergePane(view, id, markPeriod(mark), hour, reader);
  }

  /** Merges a pane of a snapshot. */
  restorePane(view: MergedView, period: number, key: Uint8Array, reader: ByteReader): void {
    const id = this.views[view].intern(key, Number.POSITIVE_INFINITY);
    this.mergePane(view, id, period, this.hourOfPeriod(period), reader);
  }

  private mergePane(view: MergedView, id: number, period: number, hour: number, reader: ByteReader): void {
    const { panes } = this.views[view];
    const pane = panes.open(id, period);
    panes.merge(pane, reader);
    if (view === 'interface') this.tops.merge(pane, reader, (caller) => this.internCaller(caller, hour), this.callers);
  }

  /** The hour in which a mark lies, or which ends with it. */
  private hourBefore(mark: number): number {
    return this.panes.hourOf(mark * MINUTE - 1);
  }

  private hourOfPeriod(period: number): number {
    if (period >= 0) return period;
    return isRunning(period) ? hourOfRunning(period) : this.hourBefore(sliceOfPeriod(period));
  }

  /** The first hour that holds anything; undefined when none does. */
  get firstHour(): number | undefined {
    let first: number | undefined;
    const offer = (hour: number): void => {
      if (first === undefined || hour < first) first = hour;
    };
    for (const { panes } of Object.values(this.views)) for (const period of panes.openPeriods()) offer(this.hourOfPeriod(period));
    for (const minute of this.minutes.keys()) offer(this.panes.hourOf(minute * MINUTE));
    return first;
  }

  private internCaller(key: Uint8Array, hour: number): number {
    const id = this.callers.intern(key, 0, key.length);
    this.callerHour = roomFor(this.callerHour, id + 1);
    this.callerHour[id] = Math.max(this.callerHour[id], hour);
    return id;
  }

  /** Fills the features of an open pane (the view's list). */
  fill(view: MergedView, pane: number, values: Float64Array): void {
    const { panes } = this.views[view];
    const base = pane * panes.stride;
    for (let i = 0; i < values.length; i++) values[i] = panes.counters[base + i];
    // an estimate never says more than there were requests
    const distinct = (set: number): number => Math.min(panes.distinct(pane, set), values[REQUESTS]);
    if (view === 'interface') {
      values[INTERFACE.addresses] = distinct(INTERFACE_SETS.addresses);
      values[INTERFACE.prefixes] = distinct(INTERFACE_SETS.prefixes);
      values[INTERFACE.networks] = distinct(INTERFACE_SETS.networks);
      values[INTERFACE.countries] = distinct(INTERFACE_SETS.countries);
      values[INTERFACE.devices] = distinct(INTERFACE_SETS.devices);
      values[INTERFACE.objects] = distinct(INTERFACE_SETS.objects);
      values[INTERFACE.targets] = distinct(INTERFACE_SETS.targets);
      values[INTERFACE.target_runs] = distinct(INTERFACE_SETS.targetRuns);
      values[INTERFACE.neighbours] = panes.neighbours(pane, INTERFACE_SETS.numbers);
      values[INTERFACE.top_caller] = panes.counters[base + INTERFACE_TOP_CALLER];
    } else if (view === 'source') {
      values[SOURCE.error_paths] = distinct(SOURCE_SETS.errorPaths);
      values[SOURCE.targets] = distinct(SOURCE_SETS.targets);
      values[SOURCE.objects] = distinct(SOURCE_SETS.objects);
      values[SOURCE.interfaces] = distinct(SOURCE_SETS.interfaces);
      values[SOURCE.devices] = distinct(SOURCE_SETS.devices);
    } else {
      values[TARGET.addresses] = distinct(TARGET_SETS.addresses);
      values[TARGET.prefixes] = distinct(TARGET_SETS.prefixes);
      values[TARGET.devices] = distinct(TARGET_SETS.devices);
      values[TARGET.interfaces] = distinct(TARGET_SETS.interfaces);
    }
  }

  /** Forgets callers that no open pane can name any more. */
  sweepCallers(hour: number): void {
    for (const id of this.callers.ids()) if (this.callerHour[id] < hour) this.callers.remove(id);
  }

  writePane(view: MergedView, pane: number, writer: ByteWriter): void {
    this.views[view].panes.write(pane, writer);
    if (view === 'interface') this.tops.write(pane, writer, (caller) => this.callers.keyBytes(caller));
  }
}
