import type { ByteReader, ByteWriter } from '../core/codec.ts';
import type { MergedView } from '../features/merge-tenant.ts';
import { MINUTE_STRIDE } from '../features/minute-cells.ts';
import type { MergeKeeper } from './merge-keeper.ts';

const VIEWS: readonly MergedView[] = ['interface', 'source', 'target'];
/** Kinds of entries in a key group's state. */
const ENTRY = { key: 1, pane: 2, minute: 3 } as const;

/** Writes all that a task holds of a tenant, each entry to the writer of its key's group. */
export function writeMergeState(tenant: string, keeper: MergeKeeper, writerOf: (key: Uint8Array) => ByteWriter): void {
  VIEWS.forEach((view, index) => {
    const merged = keeper.state.views[view];
    const begin = (kind: number, id: number): ByteWriter => {
      const writer = writerOf(merged.keys.keyBytes(id));
      writer.u8(kind);
      writer.string(tenant);
      writer.u8(index);
      merged.keys.writeKey(id, writer);
      return writer;
    };
    for (const id of merged.keys.ids()) {
      const writer = begin(ENTRY.key, id);
      writer.uint(merged.flags[id]);
      writer.f64(merged.firstSeen[id]);
      writer.int(merged.lastDay[id]);
      writer.uint(merged.activeDays[id]);
      writer.int(merged.lastHour[id]);
      if (view === 'interface') {
        keeper.rows.write(id, writer);
        for (let i = 0; i < MINUTE_STRIDE; i++) writer.uint(keeper.running[id * MINUTE_STRIDE + i] ?? 0);
      }
      keeper.scoring[view].write(id, writer);
    }
    for (const period of merged.panes.openPeriods()) {
      for (const pane of merged.panes.panesOf(period)) {
        const writer = begin(ENTRY.pane, merged.panes.key[pane]);
        writer.int(period);
        keeper.state.writePane(view, pane, writer);
      }
    }
    if (view !== 'interface') return;
    for (const number of keeper.state.minuteNumbers()) {
      const open = keeper.state.minute(number);
      if (open === undefined) continue;
      for (const id of open.ids) {
        const writer = begin(ENTRY.minute, id);
        writer.uint(number);
        for (let i = 0; i < MINUTE_STRIDE; i++) writer.uint(open.counters[id * MINUTE_STRIDE + i]);
        writer.uint(open.ranks[id]);
        writer.block(open.samples[id] as Uint8Array);
      }
    }
  });
}

/** Reads one entry. */
export function readMergeState(reader: ByteReader, keeperOf: (tenant: string) => MergeKeeper): void {
  const kind = reader.u8();
  const keeper = keeperOf(reader.string());
  const view = VIEWS[reader.u8()];
  const merged = keeper.state.views[view];
  const key = reader.block();
  if (kind === ENTRY.pane) {
    const period = reader.int();
    keeper.state.restorePane(view, period, key, reader);
    return;
  }
  const id = merged.intern(key, Number.POSITIVE_INFINITY);
  if (kind === ENTRY.minute) {
    const number = reader.uint();
    const counters = new Float64Array(MINUTE_STRIDE);
    for (let i = 0; i < MINUTE_STRIDE; i++) counters[i] = reader.uint();
    const rank = reader.uint();
    keeper.state.addMinute(id, number, counters, rank, reader.block().slice());
    return;
  }
  merged.flags[id] |= reader.uint();
  merged.firstSeen[id] = reader.f64();
  merged.lastDay[id] = reader.int();
  merged.activeDays[id] = reader.uint();
  merged.lastHour[id] = reader.int();
  if (view === 'interface') {
    keeper.rows.clear(id);
    keeper.rows.read(id, reader);
    keeper.reserveRunning();
    for (let i = 0; i < MINUTE_STRIDE; i++) keeper.running[id * MINUTE_STRIDE + i] = reader.uint();
  }
  keeper.scoring[view].read(id, reader);
}
