import type { Candidate } from '../../models/candidate.ts';
import type { ClosedMinute } from '../../models/windows.ts';
import { ACCOUNT_FEATURES, featureIndex, MINUTE_COUNTERS } from '../../models/windows.ts';
import { ByteWriter } from '../core/codec.ts';
import { roomFor } from '../core/slab.ts';
import { MINUTE } from '../core/watermark.ts';
import { type AccountTenant, ROLES } from '../features/account-tenant.ts';
import type { TenantCalendar } from '../features/calendar.ts';
import type { InterfaceAliases } from '../features/interface-aliases.ts';
import type { MinuteCells } from '../features/minute-cells.ts';
import { MINUTE_CELL, MINUTE_STRIDE } from '../features/minute-cells.ts';
import type { PartialPacker } from '../features/partials.ts';
import { unpackStatus } from '../features/samples.ts';
import { ACCOUNT_RUNNING, ACCOUNT_SETS, INTERFACE_SETS } from '../features/specs.ts';
import type { ViewScoring } from './view-scoring.ts';

/** An account minute is scored from this many requests on. */
const MINUTE_EVENTS = 3;
const CALLERS = MINUTE_COUNTERS.indexOf('callers');
/** Ids of a task lie below it. */
const MOST_IDS = 2 ** 26;
const PEAK_MINUTE = featureIndex(ACCOUNT_FEATURES, 'peak_minute');

export interface AccountMinutesDeps {
  tenant: string;
  state: AccountTenant;
  scoring: ViewScoring;
  calendar: TenantCalendar;
  packer: PartialPacker;
  /** forgets what an account did before it was quiet for long; before it is scored */
  renewIfOverdue(account: number, pane: number, day: number): void;
  /** names the account on a candidate */
  finish(candidate: Candidate, account: number): void;
}

/** Sums of one minute by key: which keys it has, in the order of their first cell, and their counters. */
class Sums {
  keys: number[] = [];
  counters = new Float64Array(64 * MINUTE_STRIDE);
  /** per key: the cell of the best sample */
  best = new Int32Array(64);
  private position = new Int32Array(64).fill(-1);

  /** Where in `keys` a key of the minute stands. */
  at(key: number): number {
    return this.position[key];
  }

  /** @param aliases interfaces are summed under these */
  take(minute: MinuteCells, keyOf: Int32Array, keys: number, aliases?: InterfaceAliases): void {
    for (const key of this.keys) this.position[key] = -1;
    this.keys.length = 0;
    this.position = roomFor(this.position, keys, -1);
    this.counters = roomFor(this.counters, minute.size * MINUTE_STRIDE);
    this.best = roomFor(this.best, minute.size);
    const { counters, best } = this;
    let { position } = this;
    const { words } = minute;
    for (let cell = 0; cell < minute.size; cell++) {
      const key = aliases === undefined ? keyOf[cell] : aliases.of(keyOf[cell]);
      // what an interface is counted under may be new to the task
      if (key >= position.length) position = this.position = roomFor(position, key + 1, -1);
      let at = position[key];
      const from = cell * MINUTE_CELL;
      if (at < 0) {
        at = this.keys.push(key) - 1;
        position[key] = at;
        best[at] = cell;
        const to = at * MINUTE_STRIDE;
        for (let k = 0; k < MINUTE_STRIDE; k++) counters[to + k] = words[from + k];
        continue;
      }
      if (words[from + MINUTE_STRIDE] < words[best[at] * MINUTE_CELL + MINUTE_STRIDE]) best[at] = cell;
      const to = at * MINUTE_STRIDE;
      for (let k = 0; k < MINUTE_STRIDE; k++) counters[to + k] += words[from + k];
    }
  }
}

/** Closes the minutes of one tenant in one account task: accounts are scored here, interfaces go to the merge tasks. */
export class AccountMinutes {
  private readonly deps: AccountMinutesDeps;
  private readonly sums = new Sums();
  private readonly sample = new ByteWriter();
  private readonly window: ClosedMinute;

  constructor(deps: AccountMinutesDeps) {
    this.deps = deps;
    this.window = {
      tenant: deps.tenant,
      view: 'account',
      key: '',
      slot: 0,
      start: 0,
      calendar: deps.calendar.at(0),
      firstSeen: 0,
      activeDays: 0,
      flags: 0,
      minuteOfHour: 0,
      counters: new Float64Array(MINUTE_STRIDE),
      running: new Float64Array(MINUTE_STRIDE),
    };
  }

  close(hour: number, number: number): void {
    const minute = this.deps.state.minute(number);
    this.interfaces(minute, hour, number);
    this.accounts(minute, hour, number);
  }

  private interfaces(minute: MinuteCells, hour: number, number: number): void {
    const { state: t, packer } = this.deps;
    const { sums } = this;
    sums.take(minute, minute.interface, t.interfaces.size, t.aliases);
    if (!t.aliases.none) this.fold(minute, hour);
    for (let i = 0; i < sums.keys.length; i++) {
      const iface = sums.keys[i];
      const writer = packer.beginMinute(t.interfaces, iface, t.interfaceFlags[iface], number, sums.counters, i * MINUTE_STRIDE);
      this.writeSample(minute, sums.best[i], writer);
    }
  }

  /** What was asked for by names that are folded is an object of account and interface; an account counts once as a caller. */
  private fold(minute: MinuteCells, hour: number): void {
    const { state: t } = this.deps;
    const { sums } = this;
    const callers = new Set<number>();
    for (let cell = 0; cell < minute.size; cell++) {
      const own = minute.interface[cell];
      const iface = t.aliases.of(own);
      if (iface === own && !t.aliases.isAlias(iface)) continue;
      const pair = minute.account[cell] * MOST_IDS + iface;
      if (callers.has(pair)) sums.counters[sums.at(iface) * MINUTE_STRIDE + CALLERS]--;
      else callers.add(pair);
      if (iface === own) continue;
      t.interfaceFlags[iface] |= t.interfaceFlags[own];
      const object = t.aliases.objectOf(own);
      if (object === 0) continue;
      t.accountPanes.addTo(t.accountPanes.open(minute.account[cell], hour), ACCOUNT_SETS.objects, object);
      t.interfacePanes.addTo(t.interfacePanes.open(iface, hour), INTERFACE_SETS.objects, object);
    }
  }

  private writeSample(minute: MinuteCells, cell: number, writer: ByteWriter): void {
    const t = this.deps.state;
    const { sample } = this;
    const { words } = minute;
    const at = cell * MINUTE_CELL + MINUTE_STRIDE;
    const origin = t.origins[words[at + 3]];
    sample.reset();
    sample.uint(words[at + 1]);
    sample.uint(words[at + 2]);
    sample.uint(words[at + 5]);
    t.addresses.writeKey(words[at + 4], sample);
    t.accounts.writeKey(minute.account[cell], sample);
    sample.block(origin.sourceName);
    sample.block(origin.partitionName);
    writer.uint(words[at]);
    writer.blockOf(sample);
  }

  private accounts(minute: MinuteCells, hour: number, number: number): void {
    const { state: t, scoring, calendar } = this.deps;
    const { sums, window: w } = this;
    sums.take(minute, minute.account, t.accounts.size);
    w.start = number * MINUTE;
    w.minuteOfHour = Math.floor((w.start - t.panes.hourStart(hour)) / MINUTE);
    w.calendar = calendar.at(hour);
    for (let i = 0; i < sums.keys.length; i++) {
      const account = sums.keys[i];
      const from = i * MINUTE_STRIDE;
      const pane = t.accountPanes.open(account, hour);
      const n = t.accountPanes.counters;
      const base = pane * t.accountPanes.stride;
      const running = base + ACCOUNT_RUNNING;
      for (let k = 0; k < MINUTE_STRIDE; k++) n[running + k] += sums.counters[from + k];
      const requests = sums.counters[from];
      if (requests > n[base + PEAK_MINUTE]) n[base + PEAK_MINUTE] = requests;
      if (requests < MINUTE_EVENTS) continue;
      for (let k = 0; k < MINUTE_STRIDE; k++) {
        w.counters[k] = sums.counters[from + k];
        w.running[k] = n[running + k];
      }
      this.deps.renewIfOverdue(account, pane, w.calendar.day);
      w.slot = account;
      w.firstSeen = t.firstSeen[account];
      w.activeDays = t.activeDays[account];
      w.flags = t.roles[account] & ROLES;
      scoring.closeMinute(w, (candidate) => this.enrich(candidate, minute, account));
    }
  }

  private enrich(candidate: Candidate, minute: MinuteCells, account: number): void {
    const t = this.deps.state;
    const cells: number[] = [];
    for (let cell = 0; cell < minute.size; cell++) if (minute.account[cell] === account) cells.push(cell);
    const requests = new Map<number, number>();
    for (const cell of cells) {
      const iface = t.aliases.of(minute.interface[cell]);
      requests.set(iface, (requests.get(iface) ?? 0) + minute.words[cell * MINUTE_CELL]);
    }
    candidate.related = [...requests]
      .sort(([a, x], [b, y]) => y - x || t.interfaces.hashes[a] - t.interfaces.hashes[b])
      .slice(0, 5)
      .map(([iface]) => ({ kind: 'interface', id: t.interfaces.text(iface) }));
    candidate.samples = cells
      .map((cell) => ({ cell, ...minute.sample(cell) }))
      .sort((a, b) => a.rank - b.rank || a.offset - b.offset)
      .slice(0, 3)
      .map(({ cell, rank, offset, time, partition, address, status }) => ({
        source: t.origins[partition].source,
        partition: t.origins[partition].partition,
        offset,
        at: time,
        content: rank % 0x1_0000_0000,
        interesting: rank < 0x1_0000_0000,
        interface: t.interfaces.text(t.aliases.of(minute.interface[cell])),
        address: t.addresses.text(address),
        account: t.accounts.text(account),
        ...unpackStatus(status),
      }));
    this.deps.finish(candidate, account);
  }
}
