import { type EventBatch, selectRows, splitBatch } from '../core/batch.ts';
import { readBatch, writeBatch } from '../core/batch-codec.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { KEY_GROUPS, keyGroup } from '../core/key-groups.ts';
import type { KeyTable } from '../core/key-table.ts';
import type { LocalSample } from '../features/account-tenant.ts';
import type { HourPanes } from '../features/hour-panes.ts';
import { hourOfSlice, sliceOfPeriod } from '../features/looks.ts';
import { MINUTE_CELL, MINUTE_STRIDE } from '../features/minute-cells.ts';
import { ACCOUNT_SETS, HISTORY_LISTS } from '../features/specs.ts';
import type { AccountKeeper } from './account-keeper.ts';

/** Kinds of entries in a key group's state. */
const ENTRY = {
  account: 1,
  accountPane: 2,
  minute: 3,
  interfacePane: 4,
  sourcePane: 5,
  targetPane: 6,
  requests: 7,
  sourceSlice: 8,
  targetSlice: 9,
  ahead: 10,
} as const;

/**
 * Writes all that a task holds of a tenant, each entry to the writer of its key's group. Accounts of groups that other
 * tasks own are left out: a restored pane may name some, but what is known of them is not here.
 */
export function writeAccountState(
  tenant: string,
  keeper: AccountKeeper,
  writerOf: (group: number) => ByteWriter,
  owns: (group: number) => boolean,
): void {
  const t = keeper.state;
  const begin = (kind: number, table: KeyTable, id: number): ByteWriter => {
    const writer = writerOf(table.groupOf(id));
    writer.u8(kind);
    writer.string(tenant);
    table.writeKey(id, writer);
    return writer;
  };
  for (const account of t.accounts.ids()) {
    if (owns(t.accounts.groupOf(account))) writeAccount(keeper, account, begin(ENTRY.account, t.accounts, account));
  }
  for (const period of t.accountPanes.openPeriods()) {
    for (const pane of t.accountPanes.panesOf(period)) {
      const writer = begin(ENTRY.accountPane, t.accounts, t.accountPanes.key[pane]);
      writer.int(period);
      writeAccountPane(keeper, pane, writer);
    }
  }
  for (const number of t.minuteNumbers()) {
    const minute = t.minute(number);
    for (let cell = 0; cell < minute.size; cell++) {
      const writer = begin(ENTRY.minute, t.accounts, minute.account[cell]);
      writer.uint(number);
      t.interfaces.writeKey(minute.interface[cell], writer);
      writer.uint(t.interfaceFlags[minute.interface[cell]]);
      for (let i = 0; i < MINUTE_STRIDE; i++) writer.uint(minute.words[cell * MINUTE_CELL + i]);
      const sample = minute.sample(cell);
      writer.uint(sample.rank);
      writer.uint(sample.offset);
      writer.uint(sample.time);
      t.addresses.writeKey(sample.address, writer);
      writer.uint(sample.status);
      const origin = t.origins[sample.partition];
      writer.string(origin.source);
      writer.string(origin.partition);
    }
  }
  for (const period of t.interfacePanes.openPeriods()) {
    for (const pane of t.interfacePanes.panesOf(period)) {
      const id = t.interfacePanes.key[pane];
      const writer = begin(ENTRY.interfacePane, t.interfaces, id);
      writer.int(period);
      writer.uint(t.interfaceFlags[id]);
      t.interfacePanes.write(pane, writer);
      keeper.closer.tops.write(pane, writer, (account) => t.accounts.keyBytes(account));
    }
  }
  const writeAll = (kind: number, panes: HourPanes<LocalSample>, table: KeyTable): void => {
    for (const period of panes.openPeriods()) {
      for (const pane of panes.panesOf(period)) {
        const writer = begin(kind, table, panes.key[pane]);
        writer.int(period);
        panes.write(pane, writer);
      }
    }
  };
  writeAll(ENTRY.sourcePane, t.sourcePanes, t.addresses);
  writeAll(ENTRY.targetPane, t.targetPanes, t.targets);
  writeAll(ENTRY.sourceSlice, t.sourceSlices, t.addresses);
  writeAll(ENTRY.targetSlice, t.targetSlices, t.targets);
  keeper.requests.write((group) => {
    const writer = writerOf(group);
    writer.u8(ENTRY.requests);
    writer.string(tenant);
    writer.block(NO_KEY);
    return writer;
  });
  for (const { batch, rows } of t.ahead.all()) {
    splitByGroup(batch, rows).forEach((part, group) => {
      if (part === undefined) return;
      const writer = writerOf(group);
      writer.u8(ENTRY.ahead);
      writer.string(tenant);
      writer.block(NO_KEY);
      writeBatch(writer, part);
    });
  }
}

/** Rows of a batch by the key group of their account; undefined for groups without any. */
function splitByGroup(batch: EventBatch, rows: readonly number[]): (EventBatch | undefined)[] {
  const keep = new Uint8Array(batch.n);
  for (const row of rows) keep[row] = 1;
  const kept = selectRows(batch, keep);
  const { bytes, ends } = kept.heap;
  const groups = Uint16Array.from({ length: kept.n }, (_, row) => {
    const reference = kept.columns.account[row];
    return keyGroup(bytes, ends[reference - 1], ends[reference]);
  });
  return splitBatch(kept, groups, KEY_GROUPS);
}

const NO_KEY = new Uint8Array(0);

/** Reads one entry. Open panes are merged: several old tasks may have held parts of one interface's pane. */
export function readAccountState(reader: ByteReader, keeperOf: (tenant: string) => AccountKeeper): void {
  const kind = reader.u8();
  const keeper = keeperOf(reader.string());
  const t = keeper.state;
  const key = reader.block();
  switch (kind) {
    case ENTRY.account:
      readAccount(keeper, key, reader);
      return;
    case ENTRY.accountPane:
      readAccountPane(keeper, key, reader);
      return;
    case ENTRY.minute:
      readMinute(keeper, key, reader);
      return;
    case ENTRY.interfacePane: {
      const id = t.interfaces.intern(key, 0, key.length);
      t.prepareInterface(id);
      const period = reader.int();
      const hour = hourOfPeriod(period);
      t.interfaceFlags[id] |= reader.uint();
      t.interfaceHour[id] = Math.max(t.interfaceHour[id], hour);
      const pane = t.interfacePanes.open(id, period);
      t.interfacePanes.merge(pane, reader);
      keeper.closer.tops.merge(pane, reader, (account) => t.ensureAccount(account, t.panes.hourStart(hour)), t.accounts);
      return;
    }
    case ENTRY.sourcePane:
    case ENTRY.sourceSlice: {
      const id = t.addresses.intern(key, 0, key.length);
      t.prepareAddress(id);
      const period = reader.int();
      t.addressHour[id] = Math.max(t.addressHour[id], hourOfPeriod(period));
      const panes = kind === ENTRY.sourcePane ? t.sourcePanes : t.sourceSlices;
      panes.merge(panes.open(id, period), reader);
      return;
    }
    case ENTRY.requests:
      keeper.requests.read(reader);
      return;
    case ENTRY.ahead:
      t.addAhead(readBatch(reader));
      return;
    default: {
      const id = t.targets.intern(key, 0, key.length);
      const period = reader.int();
      t.touchTarget(id, hourOfPeriod(period));
      const panes = kind === ENTRY.targetPane ? t.targetPanes : t.targetSlices;
      panes.merge(panes.open(id, period), reader);
    }
  }
}

/** The hour that a pane's period is, or lies in. */
function hourOfPeriod(period: number): number {
  return period < 0 ? hourOfSlice(sliceOfPeriod(period)) : period;
}

function writeAccount(keeper: AccountKeeper, account: number, writer: ByteWriter): void {
  const t = keeper.state;
  writer.f64(t.firstSeen[account]);
  writer.int(t.lastDay[account]);
  writer.uint(t.activeDays[account]);
  writer.uint(t.roles[account]);
  writer.f64(t.objectCoverage[account]);
  for (let kind = 0; kind < HISTORY_LISTS.count; kind++) t.history.write(t.historyList(account, kind), writer, true);
  keeper.rows.write(account, writer);
  keeper.scoring.write(account, writer);
}

function readAccount(keeper: AccountKeeper, key: Uint8Array, reader: ByteReader): void {
  const t = keeper.state;
  const account = t.ensureAccount(key, 0);
  t.firstSeen[account] = reader.f64();
  t.lastDay[account] = reader.int();
  t.activeDays[account] = reader.uint();
  t.roles[account] = reader.uint();
  t.objectCoverage[account] = reader.f64();
  for (let kind = 0; kind < HISTORY_LISTS.count; kind++) {
    const list = t.historyList(account, kind);
    t.history.clear(list);
    t.history.readHistory(list, reader);
  }
  keeper.rows.clear(account);
  keeper.rows.read(account, reader);
  keeper.scoring.read(account, reader);
}

function writeAccountPane(keeper: AccountKeeper, pane: number, writer: ByteWriter): void {
  const t = keeper.state;
  const { sets } = t.accountPanes;
  t.accountPanes.write(pane, writer);
  // Members of these sets carry ids of this task: their keys go along.
  const addresses = t.accountPanes.list(pane, ACCOUNT_SETS.addresses);
  writer.uint(sets.count(addresses));
  for (let node = sets.first(addresses); node >= 0; node = sets.after(node)) {
    const address = sets.valueOf(node);
    t.addresses.writeKey(address, writer);
    writer.uint(t.prefix[address]);
    writer.uint(t.asn[address]);
    writer.uint(t.country[address]);
  }
  const targets = t.accountPanes.list(pane, ACCOUNT_SETS.targets);
  writer.uint(sets.count(targets));
  for (let node = sets.first(targets); node >= 0; node = sets.after(node)) t.targets.writeKey(sets.valueOf(node), writer);
  t.cells.write(pane, writer, t.interfaces, t.addresses, t.interfaceFlags);
}

function readAccountPane(keeper: AccountKeeper, key: Uint8Array, reader: ByteReader): void {
  const t = keeper.state;
  const period = reader.int();
  const hour = hourOfPeriod(period);
  const account = t.ensureAccount(key, t.panes.hourStart(hour));
  const pane = t.accountPanes.open(account, period);
  t.accountPanes.merge(pane, reader);
  const addresses = reader.uint();
  for (let i = 0; i < addresses; i++) {
    const address = t.addresses.readKey(reader);
    t.prepareAddress(address);
    t.prefix[address] = reader.uint();
    t.asn[address] = reader.uint();
    t.country[address] = reader.uint();
    t.addressHour[address] = Math.max(t.addressHour[address], hour);
    const node = t.accountPanes.addTo(pane, ACCOUNT_SETS.addresses, t.addresses.hashes[address]);
    if (node >= 0) t.accountPanes.sets.setValue(node, address);
  }
  const targets = reader.uint();
  for (let i = 0; i < targets; i++) {
    const target = t.targets.readKey(reader);
    t.touchTarget(target, hour);
    const node = t.accountPanes.addTo(pane, ACCOUNT_SETS.targets, t.targets.hashes[target]);
    if (node >= 0) t.accountPanes.sets.setValue(node, target);
  }
  t.cells.read(pane, reader, t.interfaces, t.addresses, (iface, flags) => {
    t.prepareInterface(iface);
    t.interfaceFlags[iface] |= flags;
  });
  for (let cell = t.cells.first(pane); cell >= 0; cell = t.cells.after(cell)) {
    t.prepareAddress(t.cells.addressOf(cell));
  }
}

function readMinute(keeper: AccountKeeper, key: Uint8Array, reader: ByteReader): void {
  const t = keeper.state;
  const number = reader.uint();
  const minute = t.minute(number);
  const account = t.ensureAccount(key, number * 60_000);
  const iface = t.interfaces.readKey(reader);
  t.prepareInterface(iface);
  t.interfaceFlags[iface] |= reader.uint();
  const cell = minute.at(account, iface);
  for (let i = 0; i < MINUTE_STRIDE; i++) minute.words[cell * MINUTE_CELL + i] += reader.uint();
  const rank = reader.uint();
  const offset = reader.uint();
  const time = reader.uint();
  const address = t.addresses.readKey(reader);
  t.prepareAddress(address);
  const status = reader.uint();
  const source = reader.string();
  minute.offer(cell, rank, offset, time, t.originOf(source, reader.string()), address, status);
}
