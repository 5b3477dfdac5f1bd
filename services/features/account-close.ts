import { FLAG, TRAIT_SHIFT } from '../core/batch.ts';
import type { ByteReader, ByteWriter } from '../core/codec.ts';
import { FewNumbers } from '../core/few-numbers.ts';
import { combine32 } from '../core/hash.ts';
import type { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';
import { DAY } from '../core/watermark.ts';
import { type AccountTenant, SHARED_MARK } from './account-tenant.ts';
import { callerWeight, isSuspect } from './caller-weight.ts';
import { MAX_CELLS } from './cells.ts';
import { LOOK_PERIOD, WATCHED_TAGS } from './looks.ts';
import {
  ACCOUNT,
  ACCOUNT_MINUTES,
  ACCOUNT_SETS,
  ACCOUNT_SPEC,
  HISTORY,
  HISTORY_LISTS,
  INTERFACE,
  INTERFACE_SETS,
  INTERFACE_SUSPECTS,
  INTERFACE_TOP_CALLER,
  OBJECT_MEMORY_DAYS,
  SOURCE,
  SOURCE_SETS,
  TARGET,
} from './specs.ts';

/** Callers named with an interface's pane: the heaviest. */
export const NAMED_CALLERS = 20;
/** Kinds of client programs (family, system, class) in an hour that no household has, and what one person has. */
const MANY_DEVICES = 6;
const FEW_DEVICES = 2;
/** Sessions in an hour that no household has. */
const MANY_SESSIONS = 12;
/** Requests of an hour that would have shown more kinds, were there many people. */
const BUSY_HOUR = 100;
/** Addresses that a pane keeps. */
const ADDRESSES = ACCOUNT_SPEC.sets[ACCOUNT_SETS.addresses].k;
/** Gaps needed before regularity says anything. */
const MIN_GAPS = 8;
/** … and gaps between bursts, which are fewer and mean more. */
const MIN_BEATS = 5;
/** A new country, network or device stays new to its account for so many days. */
const FRESH_DAYS = 3;
/** Of a place's or device's value in the history: the low bits are its age in days when last seen, at most 3; above it the day. */
const AGE_BITS = 2;
const AGE_MASK = 3;
/** A pause that ends a burst of requests, ms. */
const BURST_PAUSE = 5000;
/** A caller is devoted to an interface with so many requests that are so much of what it does, and narrow with so few interfaces. */
const DEVOTED_REQUESTS = 4;
const DEVOTED_PART = 0.75;
const NARROW_INTERFACES = 4;
/** … and one came for it where of its requests at least one in so many went to it. */
const AIMED_ONE_IN = 5;
/** Failures that a success makes up for, where callers are weighed. */
const FAILURES_OF_SUCCESS = 2;

/**
 * The heaviest callers of the open interface panes of one tenant: top-k by (weight, key hash), the same for any split.
 * A weight's lowest bit says that only a source stands for the caller.
 */
export class CallerTops {
  private account = new Int32Array(64 * NAMED_CALLERS);
  private weight = new Uint32Array(64 * NAMED_CALLERS);
  private hash = new Uint32Array(64 * NAMED_CALLERS);
  private count = new Uint8Array(64);

  /** @param hash of the account's key (callerHash) */
  offer(pane: number, account: number, weight: number, hash: number): void {
    if (pane >= this.count.length) {
      this.count = roomFor(this.count, pane + 1);
      this.account = roomFor(this.account, this.count.length * NAMED_CALLERS);
      this.weight = roomFor(this.weight, this.count.length * NAMED_CALLERS);
      this.hash = roomFor(this.hash, this.count.length * NAMED_CALLERS);
    }
    const { weight: weights, hash: hashes } = this;
    const base = pane * NAMED_CALLERS;
    const count = this.count[pane];
    let at = base + count;
    if (count === NAMED_CALLERS) {
      at--;
      if (weight < weights[at] || (weight === weights[at] && hash >= hashes[at])) return;
    } else this.count[pane]++;
    while (at > base && (weight > weights[at - 1] || (weight === weights[at - 1] && hash < hashes[at - 1]))) {
      this.account[at] = this.account[at - 1];
      weights[at] = weights[at - 1];
      hashes[at] = hashes[at - 1];
      at--;
    }
    this.account[at] = account;
    weights[at] = weight;
    hashes[at] = hash;
  }

  /** Heaviest first. */
  of(pane: number): { account: number; weight: number }[] {
    const named: { account: number; weight: number }[] = [];
    if (pane >= this.count.length) return named;
    for (let i = 0; i < this.count[pane]; i++) {
      named.push({ account: this.account[pane * NAMED_CALLERS + i], weight: this.weight[pane * NAMED_CALLERS + i] });
    }
    return named;
  }

  /** Hashes of a pane's callers, the smallest few, ascending. */
  smallestHashes(pane: number, limit: number): number[] {
    if (pane >= this.count.length) return [];
    const base = pane * NAMED_CALLERS;
    return Array.from(
      this.hash
        .subarray(base, base + this.count[pane])
        .slice()
        .sort()
        .subarray(0, limit),
    );
  }

  clear(pane: number): void {
    if (pane < this.count.length) this.count[pane] = 0;
  }

  write(pane: number, writer: ByteWriter, keyOf: (account: number) => Uint8Array): void {
    const named = this.of(pane);
    writer.u8(named.length);
    for (const caller of named) {
      writer.block(keyOf(caller.account));
      writer.uint(caller.weight);
    }
  }

  /** @param accounts where `intern` puts the callers' keys */
  merge(pane: number, reader: ByteReader, intern: (key: Uint8Array) => number, accounts: KeyTable): void {
    const count = reader.u8();
    for (let i = 0; i < count; i++) {
      const account = intern(reader.block());
      this.offer(pane, account, reader.uint(), callerHash(accounts, account));
    }
  }
}

/** By which callers of one weight are ordered: the same on every machine. */
function callerHash(accounts: KeyTable, account: number): number {
  return combine32(accounts.hashes[account], 1);
}

/**
 * Closes account panes: fills in the features that come from sets and from the account's history as of the pane's start,
 * reports the account to the panes of the interfaces, sources and targets it touched, and then updates the history.
 */
export class AccountCloser {
  private readonly tenant: AccountTenant;
  readonly tops = new CallerTops();
  private readonly times = new Float64Array(64);
  private readonly gaps = new Float64Array(64);
  private readonly scratch = new SmallTable(64);
  /** groups by the hash of their interface */
  private readonly byHash = new SmallTable(MAX_CELLS);
  private readonly found = new Uint8Array(64);
  /** of a pane's addresses */
  private readonly newNetworks = new FewNumbers(ADDRESSES);
  private readonly seenCountries = new FewNumbers(ADDRESSES);
  /** of the pane that was closed or looked at last: countries that are new to an account with a past */
  readonly newCountries = new FewNumbers(ADDRESSES);
  /** … or were so not many days ago */
  readonly freshCountries = new FewNumbers(ADDRESSES);
  /** … and the others in which it was not yet seen today: each is one account-day more from there */
  readonly homeCountries = new FewNumbers(ADDRESSES);
  /** per interface id: position among the pane's interfaces, -1 outside a close */
  private groupOf = new Int32Array(64).fill(-1);
  private groups = new Int32Array(256);
  private groupRequests = new Float64Array(256);
  private groupFailures = new Float64Array(256);
  private groupSucceeded = new Float64Array(256);
  private groupErrors = new Float64Array(256);
  /** cells of interfaces that are counted under this one; whether the account's history has one of them */
  private groupFolded = new Uint16Array(256);
  private readonly groupKnown = new Uint8Array(256);
  /** requests from a country, or with another device from a network, where the account never was */
  private groupStrange = new Float64Array(256);
  /** the interface's open pane, -1 where nothing is told of it */
  private readonly groupPane = new Int32Array(256);
  /** whether the account of the pane that was closed or looked at last is an address that stands for many people */
  sharedNow = false;
  private groupFromNew = new Float64Array(256);
  /** the pane's cells, and the group of each */
  private readonly cells = new Int32Array(MAX_CELLS);
  private readonly cellGroup = new Int32Array(MAX_CELLS);
  private cellCount = 0;
  /** what the pane was heaviest in, for `related`: interface ids by requests */
  groupCount = 0;

  constructor(tenant: AccountTenant) {
    this.tenant = tenant;
  }

  /** Fills `values` (ACCOUNT_FEATURES) for an open account pane. The pane stays open until its hour is closed. */
  close(pane: number, day: number, values: Float64Array): void {
    this.fill(pane, day, values);
    this.callers(pane, day, values, false);
    this.remember(pane, this.tenant.accountPanes.key[pane], day);
  }

  /**
   * Fills `values` as `close` would now, for a look: nothing is learned of it, and of the interfaces those of
   * WATCHED_TAGS alone are told, in their panes of LOOK_PERIOD.
   */
  look(pane: number, day: number, values: Float64Array): void {
    this.fill(pane, day, values);
    this.callers(pane, day, values, true);
  }

  /** The part of `look` that concerns interfaces. */
  lookAtCallers(pane: number, day: number, values: Float64Array): void {
    const panes = this.tenant.accountPanes;
    const base = pane * panes.stride;
    for (let i = 0; i < values.length; i++) values[i] = panes.counters[base + i];
    values[ACCOUNT.devices] = panes.distinct(pane, ACCOUNT_SETS.devices);
    this.callers(pane, day, values, true);
  }

  /** Whether an account with a past has a device in this pane that it never had. */
  hasNewDevice(pane: number): boolean {
    const t = this.tenant;
    const panes = t.accountPanes;
    const account = panes.key[pane];
    if (t.lastDay[account] < 0) return false;
    const known = t.historyList(account, HISTORY_LISTS.devices);
    const list = panes.list(pane, ACCOUNT_SETS.devices);
    for (let node = panes.sets.first(list); node >= 0; node = panes.sets.after(node))
      if (!t.history.has(known, panes.sets.hashOf(node))) return true;
    return false;
  }

  /** Features of an open pane but those that come from its cells. */
  private fill(pane: number, day: number, values: Float64Array): void {
    const t = this.tenant;
    const panes = t.accountPanes;
    const account = panes.key[pane];
    const base = pane * panes.stride;
    for (let i = 0; i < values.length; i++) values[i] = panes.counters[base + i];
    values[ACCOUNT.objects] = Math.min(panes.distinct(pane, ACCOUNT_SETS.objects), values[ACCOUNT.requests]);
    values[ACCOUNT.new_objects] = Math.min(this.newObjects(pane, account), values[ACCOUNT.objects]);
    values[ACCOUNT.targets] = Math.min(panes.distinct(pane, ACCOUNT_SETS.targets), values[ACCOUNT.requests]);
    values[ACCOUNT.addresses] = panes.distinct(pane, ACCOUNT_SETS.addresses);
    values[ACCOUNT.devices] = panes.distinct(pane, ACCOUNT_SETS.devices);
    values[ACCOUNT.neighbours] = panes.neighbours(pane, ACCOUNT_SETS.numbers);
    values[ACCOUNT.active_minutes] =
      bitCount(panes.counters[base + ACCOUNT_MINUTES]) + bitCount(panes.counters[base + ACCOUNT_MINUTES + 1]);
    values[ACCOUNT.active_hours] = 1;
    this.regularity(pane, values);
    this.environment(pane, account, day, values);
  }

  /** Interfaces of the pane that was closed last, heaviest first. */
  leadingInterfaces(limit: number): number[] {
    const order = Array.from({ length: this.groupCount }, (_, i) => i);
    const hashes = this.tenant.interfaces.hashes;
    order.sort((a, b) => this.groupRequests[b] - this.groupRequests[a] || hashes[this.groups[a]] - hashes[this.groups[b]]);
    return order.slice(0, limit).map((i) => this.groups[i]);
  }

  private newObjects(pane: number, account: number): number {
    const t = this.tenant;
    const panes = t.accountPanes;
    const distinct = panes.distinct(pane, ACCOUNT_SETS.objects);
    if (distinct === 0) return 0;
    const list = panes.list(pane, ACCOUNT_SETS.objects);
    const history = t.historyList(account, HISTORY_LISTS.objects);
    const covered = t.objectCoverage[account] * 0x1_0000_0000;
    // One walk over the history, not one for each object.
    let tested = 0;
    this.scratch.clear();
    for (let node = panes.sets.first(list); node >= 0; node = panes.sets.after(node)) {
      const hash = panes.sets.hashOf(node);
      if (hash < covered) this.scratch.set(hash, tested++);
    }
    // Consistent sampling: the share that is new among the members below both thresholds estimates the share of all.
    if (tested === 0) return 0;
    let known = 0;
    for (let node = t.history.first(history); node >= 0; node = t.history.after(node)) {
      if (this.scratch.get(t.history.hashOf(node)) >= 0) known++;
    }
    return Math.round((distinct * (tested - known)) / tested);
  }

  /** How even the gaps between requests are, and those between the starts of bursts: a script makes several requests a turn. */
  private regularity(pane: number, values: Float64Array): void {
    const { sets } = this.tenant.accountPanes;
    const { times, gaps } = this;
    const list = this.tenant.accountPanes.list(pane, ACCOUNT_SETS.times);
    const n = sets.count(list);
    if (n <= MIN_BEATS) return;
    // a list gives what came last first
    let at = n;
    for (let node = sets.first(list); node >= 0; node = sets.after(node)) times[--at] = sets.hashOf(node);
    sortFirst(times, n);
    if (n > MIN_GAPS) {
      for (let i = 1; i < n; i++) gaps[i - 1] = times[i] - times[i - 1];
      values[ACCOUNT.gap_regularity] = evenness(gaps, n - 1);
    }
    let beats = 0;
    let start = times[0];
    for (let i = 1; i < n; i++) {
      if (times[i] - times[i - 1] < BURST_PAUSE) continue;
      gaps[beats++] = times[i] - start;
      start = times[i];
    }
    values[ACCOUNT.beats] = beats;
    values[ACCOUNT.beat_regularity] = beats < MIN_BEATS ? 0 : evenness(gaps, beats);
  }

  /** Novelty of addresses, networks, countries, devices against the history as of the pane's start. */
  private environment(pane: number, account: number, day: number, values: Float64Array): void {
    const t = this.tenant;
    const isNew = t.lastDay[account] < 0;
    const panes = t.accountPanes;
    const history = t.history;
    const addresses = t.historyList(account, HISTORY_LISTS.addresses);
    const networks = t.historyList(account, HISTORY_LISTS.networks);
    const countries = t.historyList(account, HISTORY_LISTS.countries);
    const devices = t.historyList(account, HISTORY_LISTS.devices);
    let newAddresses = 0;
    const { newNetworks, newCountries, seenCountries } = this;
    newNetworks.n = 0;
    newCountries.n = 0;
    seenCountries.n = 0;
    const list = panes.list(pane, ACCOUNT_SETS.addresses);
    for (let node = panes.sets.first(list); node >= 0; node = panes.sets.after(node)) {
      const address = panes.sets.valueOf(node);
      if (!history.has(addresses, panes.sets.hashOf(node))) newAddresses++;
      const asn = t.asn[address];
      if (asn !== 0 && !history.has(networks, asn)) newNetworks.add(asn);
      const country = t.country[address];
      if (country !== 0) {
        seenCountries.add(country);
        if (!history.has(countries, country)) newCountries.add(country);
      }
    }
    let newDevices = 0;
    const deviceList = panes.list(pane, ACCOUNT_SETS.devices);
    for (let node = panes.sets.first(deviceList); node >= 0; node = panes.sets.after(node)) {
      if (!history.has(devices, panes.sets.hashOf(node))) newDevices++;
    }
    if (isNew) newCountries.n = 0;
    values[ACCOUNT.countries] = seenCountries.n;
    this.sortCountries(account, countries, day, isNew);
    // The first pane of an account has nothing to be new against.
    values[ACCOUNT.new_addresses] = isNew ? 0 : newAddresses;
    values[ACCOUNT.new_networks] = isNew ? 0 : newNetworks.n;
    values[ACCOUNT.new_countries] = newCountries.n;
    values[ACCOUNT.new_devices] = isNew ? 0 : newDevices;
  }

  /** Tells the countries of the pane that are fresh to their account from those where it is at home. */
  private sortCountries(account: number, list: number, day: number, isNew: boolean): void {
    const { seenCountries, freshCountries, homeCountries } = this;
    const { history, activeDays } = this.tenant;
    freshCountries.n = 0;
    homeCountries.n = 0;
    let oldest = -1;
    for (let i = 0; i < seenCountries.n; i++) {
      const country = seenCountries.at(i);
      const value = history.get(list, country);
      const age = value < 0 ? -1 : (value & AGE_MASK) + day - (value >>> AGE_BITS);
      if (oldest < 0 && age < FRESH_DAYS) oldest = this.oldestAge(list, day);
      // an account that was there before the country was: its own first country is not fresh
      const fresh = !isNew && (age < 0 || (age < FRESH_DAYS && (age < oldest || activeDays[account] > age + 1)));
      if (fresh) freshCountries.add(country);
      else if (value < 0 || value >>> AGE_BITS !== day) homeCountries.add(country);
    }
  }

  /** Days since the first of a list's places was first seen, up to AGE_MASK exactly; 0 where there is none. */
  private oldestAge(list: number, day: number): number {
    const { history } = this.tenant;
    let oldest = 0;
    for (let node = history.first(list); node >= 0; node = history.after(node)) {
      const value = history.valueOf(node);
      oldest = Math.max(oldest, (value & AGE_MASK) + day - (value >>> AGE_BITS));
    }
    return oldest;
  }

  /** Whether a place or device is new to the account, or was not so many days ago: who comes back to it is still the newcomer. */
  private isFresh(list: number, hash: number, day: number): boolean {
    const value = this.tenant.history.get(list, hash);
    return value < 0 || (value & AGE_MASK) + day - (value >>> AGE_BITS) < FRESH_DAYS;
  }

  private hasFreshDevice(pane: number, account: number, day: number): boolean {
    const { sets } = this.tenant.accountPanes;
    const history = this.tenant.historyList(account, HISTORY_LISTS.devices);
    const list = this.tenant.accountPanes.list(pane, ACCOUNT_SETS.devices);
    for (let node = sets.first(list); node >= 0; node = sets.after(node)) if (this.isFresh(history, sets.hashOf(node), day)) return true;
    return false;
  }

  /** Remembers a place or device with the day on which it was last seen and, below it, its age then. */
  private rememberPlace(list: number, hash: number, day: number, most: number): void {
    const value = this.tenant.history.get(list, hash);
    const age = value < 0 ? 0 : Math.min(AGE_MASK, (value & AGE_MASK) + day - (value >>> AGE_BITS));
    this.tenant.history.remember(list, hash, (day << AGE_BITS) | age, most);
  }

  /** Groups the pane's cells by interface and reports the account as a caller of each; in a look, of watched ones alone. */
  private callers(pane: number, day: number, values: Float64Array, look: boolean): void {
    const t = this.tenant;
    const account = t.accountPanes.key[pane];
    const hour = t.accountPanes.hour[pane];
    const isNew = t.lastDay[account] < 0;
    this.group(pane, account, values[ACCOUNT.requests]);
    const told = !look || this.callsWatched();
    values[ACCOUNT.login_success_new] = told
      ? this.reportCells(pane, account, hour, day, values, isNew, look)
      : this.newLogins(account, values, isNew);
    if (!look) {
      this.reportSources(pane, hour, isNew);
      this.reportTargets(pane, hour);
    }
    // an address of a mobile carrier stands for many people: it is counted, and not named as one of them
    // and so does one whose clients are of more kinds than a person's are
    const anonymous = (t.accountPanes.marks[pane] & FLAG.anonymous) !== 0;
    this.sharedNow = anonymous && this.isShared(pane, account, values, !look);
    if (this.sharedNow && !look) this.markShared(pane, hour);
    this.findKnown(account);
    const top = this.lead(values);
    if (told) this.reportGroups(pane, account, hour, anonymous, look);
    if (top < 0 || look) return;
    const base = this.groupPane[top] * t.interfacePanes.stride;
    t.interfacePanes.counters[base + INTERFACE.new_object_reads] += values[ACCOUNT.new_objects];
  }

  /** Adds the pane's cells up by interface: `groups` and what belongs to it, `cells`. */
  private group(pane: number, account: number, requests: number): void {
    const t = this.tenant;
    const { cells, aliases } = t;
    const known = t.historyList(account, HISTORY_LISTS.interfaces);
    let n = 0;
    let groups = 0;
    let folded = 0;
    for (let cell = cells.first(pane); cell >= 0; cell = cells.after(cell)) {
      const own = cells.interfaceOf(cell);
      const iface = aliases.of(own);
      this.groupOf = roomFor(this.groupOf, iface + 1, -1);
      let group = this.groupOf[iface];
      if (group < 0) {
        group = groups++;
        this.groupOf[iface] = group;
        this.groups[group] = iface;
        this.groupRequests[group] = 0;
        this.groupFailures[group] = 0;
        this.groupSucceeded[group] = 0;
        this.groupErrors[group] = 0;
        this.groupFolded[group] = 0;
        this.groupKnown[group] = 0;
      }
      if (own !== iface) {
        folded++;
        this.groupFolded[group]++;
        if (t.history.has(known, t.interfaces.hashes[own])) this.groupKnown[group] = 1;
      }
      this.groupRequests[group] += cells.requests(cell);
      this.groupFailures[group] += cells.failures(cell);
      this.groupSucceeded[group] += cells.succeeded(cell);
      this.groupErrors[group] += cells.serverErrors(cell);
      this.cells[n] = cell;
      this.cellGroup[n++] = group;
    }
    for (let g = 0; g < groups; g++) this.groupOf[this.groups[g]] = -1;
    this.cellCount = n;
    this.groupCount = groups;
    if (folded > 0 && n === MAX_CELLS) this.addUncounted(groups, requests);
  }

  /** Whether one of the cells is of an interface that looks watch. */
  private callsWatched(): boolean {
    const { cells, interfaceFlags } = this.tenant;
    for (let i = 0; i < this.cellCount; i++) if ((interfaceFlags[cells.interfaceOf(this.cells[i])] & WATCHED_TAGS) !== 0) return true;
    return false;
  }

  /** Logins from addresses that are new to the account, in an hour in which some failed. */
  private newLogins(account: number, values: Float64Array, isNew: boolean): number {
    if (values[ACCOUNT.login_failures] === 0) return 0;
    const t = this.tenant;
    const { cells } = t;
    const known = t.historyList(account, HISTORY_LISTS.addresses);
    let logins = 0;
    for (let i = 0; i < this.cellCount; i++) {
      const cell = this.cells[i];
      if (cells.logins(cell) > 0 && (isNew || !t.history.has(known, t.addresses.hashes[cells.addressOf(cell)])))
        logins += cells.logins(cell);
    }
    return logins;
  }

  /** Tells interfaces (and, but in a look, sources) from where the account called them; returns what `newLogins` does. */
  private reportCells(
    pane: number,
    account: number,
    hour: number,
    day: number,
    values: Float64Array,
    isNew: boolean,
    look: boolean,
  ): number {
    const t = this.tenant;
    const { cells, aliases, interfacePanes: ipanes, sourcePanes: spanes } = t;
    const period = look ? LOOK_PERIOD : hour;
    const addressHistory = t.historyList(account, HISTORY_LISTS.addresses);
    const countryHistory = t.historyList(account, HISTORY_LISTS.countries);
    const networkHistory = t.historyList(account, HISTORY_LISTS.networks);
    // what came with the account itself is not new to it
    const settled = !isNew && t.firstSeen[account] < t.panes.hourStart(hour) - (FRESH_DAYS + 1) * DAY;
    const freshDevice = settled && this.hasFreshDevice(pane, account, day);
    const someFailed = values[ACCOUNT.login_failures] > 0;
    for (let g = 0; g < this.groupCount; g++) {
      this.groupPane[g] = -1;
      this.groupStrange[g] = 0;
      this.groupFromNew[g] = 0;
    }
    let newLogins = 0;
    // of the address of the cell before, mostly the same one
    let before = -1;
    let addressHash = 0;
    let newSource = false;
    let newCountry = false;
    let strange = false;
    let spane = -1;
    for (let i = 0; i < this.cellCount; i++) {
      const cell = this.cells[i];
      const group = this.cellGroup[i];
      const own = cells.interfaceOf(cell);
      const address = cells.addressOf(cell);
      const asn = t.asn[address];
      const country = t.country[address];
      if (address !== before) {
        before = address;
        addressHash = t.addresses.hashes[address];
        newSource = isNew || !t.history.has(addressHistory, addressHash);
        newCountry = !isNew && country !== 0 && !t.history.has(countryHistory, country);
        strange =
          settled &&
          ((country !== 0 && this.isFresh(countryHistory, country, day)) ||
            (freshDevice && asn !== 0 && this.isFresh(networkHistory, asn, day)));
        if (!look) spane = spanes.open(address, hour);
      }
      const logins = newSource && someFailed ? cells.logins(cell) : 0;
      newLogins += logins;
      if (look && (t.interfaceFlags[own] & WATCHED_TAGS) === 0) continue;
      let ipane = this.groupPane[group];
      if (ipane < 0) {
        ipane = ipanes.open(this.groups[group], period);
        this.groupPane[group] = ipane;
      }
      const ibase = ipane * ipanes.stride;
      const requests = cells.requests(cell);
      ipanes.addTo(ipane, INTERFACE_SETS.addresses, addressHash);
      ipanes.addTo(ipane, INTERFACE_SETS.prefixes, t.prefix[address]);
      if (asn !== 0) ipanes.addTo(ipane, INTERFACE_SETS.networks, asn);
      if (country !== 0) ipanes.addTo(ipane, INTERFACE_SETS.countries, country);
      if (newSource) {
        this.groupFromNew[group] += requests;
        ipanes.counters[ibase + INTERFACE.new_source_requests] += requests;
        ipanes.counters[ibase + INTERFACE.new_source_failures] += cells.failures(cell);
        ipanes.counters[ibase + INTERFACE.login_success_new] += logins;
      }
      if (newCountry) ipanes.counters[ibase + INTERFACE.new_country_requests] += requests;
      if (strange) this.groupStrange[group] += requests;
      if (look) continue;
      const iface = this.groups[group];
      spanes.addTo(spane, SOURCE_SETS.interfaces, t.interfaces.hashes[iface]);
      if (own !== iface && aliases.objectOf(own) !== 0) spanes.addTo(spane, SOURCE_SETS.objects, aliases.objectOf(own));
    }
    return newLogins;
  }

  /** Fills in what the groups say of the account; returns the one with the most requests, -1 where there is none. */
  private lead(values: Float64Array): number {
    const { hashes } = this.tenant.interfaces;
    let fresh = 0;
    let top = 0;
    let topGroup = -1;
    for (let g = 0; g < this.groupCount; g++) {
      const requests = this.groupRequests[g];
      if (requests > top || (requests === top && topGroup >= 0 && hashes[this.groups[g]] < hashes[this.groups[topGroup]])) {
        top = requests;
        topGroup = g;
      }
      if (this.groupKnown[g] === 0) fresh++;
    }
    values[ACCOUNT.interfaces] = this.groupCount;
    values[ACCOUNT.new_interfaces] = fresh;
    values[ACCOUNT.top_interface] = top;
    return topGroup;
  }

  /** Counts the account as a caller of the interfaces that `reportCells` has told of it, by what kind of caller it is. */
  private reportGroups(pane: number, account: number, hour: number, anonymous: boolean, look: boolean): void {
    const t = this.tenant;
    const young = t.firstSeen[account] > t.panes.hourStart(hour) - DAY;
    const traits = t.accountPanes.traits[pane] << TRAIT_SHIFT;
    // a bastion is where everyone is meant to come from: it is no stranger anywhere
    const expected = (traits & FLAG.bastion) !== 0;
    const nameless = this.sharedNow || (anonymous && (traits & FLAG.mobile) !== 0);
    let nonAsset = 0;
    let doneInAll = 0;
    for (let g = 0; g < this.groupCount; g++) {
      if ((t.interfaceFlags[this.groups[g]] & FLAG.asset) !== 0) continue;
      nonAsset++;
      doneInAll += this.groupRequests[g];
    }
    const hash = callerHash(t.accounts, account);
    const ipanes = t.interfacePanes;
    const { sets } = t.accountPanes;
    const firstDevice = sets.first(t.accountPanes.list(pane, ACCOUNT_SETS.devices));
    const single = nonAsset <= 1;
    for (let g = 0; g < this.groupCount; g++) {
      const ipane = this.groupPane[g];
      // not a watched one
      if (ipane < 0) continue;
      const requests = this.groupRequests[g];
      const fresh = this.groupKnown[g] === 0;
      const n = ipanes.counters;
      const ibase = ipane * ipanes.stride;
      const failing = this.groupFailures[g] > 0 && this.groupSucceeded[g] === 0;
      n[ibase + INTERFACE.callers]++;
      if (fresh && !expected) n[ibase + INTERFACE.new_callers]++;
      if (young) n[ibase + INTERFACE.young_callers]++;
      if (single) n[ibase + INTERFACE.single_callers]++;
      if (fresh && !expected && single) n[ibase + INTERFACE.fresh_single_callers]++;
      if (young && nonAsset <= NARROW_INTERFACES) n[ibase + INTERFACE.narrow_young_callers]++;
      if (young && AIMED_ONE_IN * requests >= doneInAll) n[ibase + INTERFACE.aimed_young_callers]++;
      let devoted = false;
      if (requests >= DEVOTED_REQUESTS && requests >= DEVOTED_PART * doneInAll) {
        n[ibase + INTERFACE.devoted_callers]++;
        devoted = 2 * this.groupFromNew[g] >= requests;
        if (devoted) n[ibase + INTERFACE.devoted_new_callers]++;
      }
      if (failing) n[ibase + INTERFACE.failing_callers]++;
      if (this.groupErrors[g] > 0) n[ibase + INTERFACE.erring_callers]++;
      if (requests > 30) n[ibase + INTERFACE.heavy_callers]++;
      else if (requests <= 2) n[ibase + INTERFACE.few_callers]++;
      if (requests > n[ibase + INTERFACE_TOP_CALLER]) n[ibase + INTERFACE_TOP_CALLER] = requests;
      for (let node = firstDevice; node >= 0; node = sets.after(node)) ipanes.addTo(ipane, INTERFACE_SETS.devices, sets.hashOf(node));
      // who mistypes gets in soon after: that is no failing caller
      const failures = Math.max(0, this.groupFailures[g] - FAILURES_OF_SUCCESS * this.groupSucceeded[g]);
      const weight = callerWeight({ failures, strange: this.groupStrange[g] > 0, devoted, single, fresh, young, requests });
      if (isSuspect(weight)) n[ibase + INTERFACE_SUSPECTS]++;
      if (!nameless) this.tops.offer(ipane, account, weight * 2 + (anonymous ? 1 : 0), hash);
    }
  }

  /** Marks the groups whose interface the account's history has: one walk over it, not one for each. */
  private findKnown(account: number): void {
    const { history, interfaces } = this.tenant;
    const list = this.tenant.historyList(account, HISTORY_LISTS.interfaces);
    this.byHash.clear();
    for (let g = 0; g < this.groupCount; g++) {
      const hash = interfaces.hashes[this.groups[g]];
      // two interfaces of one hash cannot both be in the table
      if (this.byHash.get(hash) < 0) this.byHash.set(hash, g);
      else if (history.has(list, hash)) this.groupKnown[g] = 1;
    }
    for (let node = history.first(list); node >= 0; node = history.after(node)) {
      const g = this.byHash.get(history.hashOf(node));
      if (g >= 0) this.groupKnown[g] = 1;
    }
  }

  /**
   * An account that went through more names than there are cells: the cells kept are a sample of all, so the requests
   * without one are of the folded interfaces in proportion to their cells.
   */
  private addUncounted(groups: number, requests: number): void {
    let left = requests;
    for (let g = 0; g < groups; g++) left -= this.groupRequests[g];
    for (let g = 0; g < groups; g++) this.groupRequests[g] += Math.floor((left * this.groupFolded[g]) / MAX_CELLS);
  }

  private reportSources(pane: number, hour: number, isNew: boolean): void {
    const t = this.tenant;
    const sets = t.accountPanes.sets;
    const list = t.accountPanes.list(pane, ACCOUNT_SETS.addresses);
    const devices = t.accountPanes.list(pane, ACCOUNT_SETS.devices);
    for (let node = sets.first(list); node >= 0; node = sets.after(node)) {
      const spane = t.sourcePanes.open(sets.valueOf(node), hour);
      const base = spane * t.sourcePanes.stride;
      t.sourcePanes.counters[base + SOURCE.accounts]++;
      if (isNew) t.sourcePanes.counters[base + SOURCE.new_accounts]++;
      for (let device = sets.first(devices); device >= 0; device = sets.after(device)) {
        t.sourcePanes.addTo(spane, SOURCE_SETS.devices, sets.hashOf(device));
      }
    }
  }

  private reportTargets(pane: number, hour: number): void {
    const t = this.tenant;
    const sets = t.accountPanes.sets;
    const list = t.accountPanes.list(pane, ACCOUNT_SETS.targets);
    for (let node = sets.first(list); node >= 0; node = sets.after(node)) {
      const tpane = t.targetPanes.open(sets.valueOf(node), hour);
      t.targetPanes.counters[tpane * t.targetPanes.stride + TARGET.accounts]++;
    }
  }

  /** The pane joins the account's history. */
  private remember(pane: number, account: number, day: number): void {
    const t = this.tenant;
    const panes = t.accountPanes;
    const history = t.history;
    const list = panes.list(pane, ACCOUNT_SETS.addresses);
    for (let node = panes.sets.first(list); node >= 0; node = panes.sets.after(node)) {
      const address = panes.sets.valueOf(node);
      history.remember(t.historyList(account, HISTORY_LISTS.addresses), panes.sets.hashOf(node), day, HISTORY.addresses);
      if (t.asn[address] !== 0) this.rememberPlace(t.historyList(account, HISTORY_LISTS.networks), t.asn[address], day, HISTORY.networks);
      if (t.country[address] !== 0)
        this.rememberPlace(t.historyList(account, HISTORY_LISTS.countries), t.country[address], day, HISTORY.countries);
    }
    const devices = panes.list(pane, ACCOUNT_SETS.devices);
    for (let node = panes.sets.first(devices); node >= 0; node = panes.sets.after(node)) {
      this.rememberPlace(t.historyList(account, HISTORY_LISTS.devices), panes.sets.hashOf(node), day, HISTORY.devices);
    }
    for (let g = 0; g < this.groupCount; g++) {
      history.remember(t.historyList(account, HISTORY_LISTS.interfaces), t.interfaces.hashes[this.groups[g]], day, HISTORY.interfaces);
    }
    this.rememberObjects(pane, account, day);
    if (t.lastDay[account] !== day) {
      if (t.activeDays[account] < 0xffff) t.activeDays[account]++;
      t.lastDay[account] = day;
    }
    t.roles[account] |= panes.marks[pane];
  }

  /**
   * Whether the address that stands in for an account stands for many people: in one hour it showed more kinds of client
   * programs than a household has, or more sessions (a new one with every request is no person's). That holds until a busy
   * hour shows one or two kinds: the quiet hours of an office are no one person's either. Who changes agents to look like
   * many is still seen by what interfaces get, and as a source.
   */
  private isShared(pane: number, account: number, values: Float64Array, learn: boolean): boolean {
    const { roles, accountPanes } = this.tenant;
    const sessions = accountPanes.distinct(pane, ACCOUNT_SETS.sessions);
    const inSessions = sessions >= MANY_SESSIONS && 2 * sessions <= values[ACCOUNT.requests];
    const before = (roles[account] & SHARED_MARK) !== 0;
    const many = inSessions || values[ACCOUNT.devices] >= MANY_DEVICES;
    const shared = many || (before && !(values[ACCOUNT.devices] <= FEW_DEVICES && values[ACCOUNT.requests] >= BUSY_HOUR));
    if (learn && shared !== before) roles[account] ^= SHARED_MARK;
    this.sharedNow = shared;
    return shared;
  }

  /** The address is shared as a source too. */
  private markShared(pane: number, hour: number): void {
    const { accountPanes, sourcePanes } = this.tenant;
    const { sets } = accountPanes;
    const list = accountPanes.list(pane, ACCOUNT_SETS.addresses);
    for (let node = sets.first(list); node >= 0; node = sets.after(node))
      sourcePanes.marks[sourcePanes.open(sets.valueOf(node), hour)] |= FLAG.shared;
  }

  /** A bottom-k sketch of the objects of the last days with the day each was last touched. */
  private rememberObjects(pane: number, account: number, day: number): void {
    const t = this.tenant;
    const panes = t.accountPanes;
    const list = panes.list(pane, ACCOUNT_SETS.objects);
    if (panes.sets.first(list) < 0) return;
    const history = t.historyList(account, HISTORY_LISTS.objects);
    if (t.lastDay[account] !== day) {
      t.history.forgetBefore(history, Math.max(0, day - OBJECT_MEMORY_DAYS));
      // Room again: what lies between the old and the new threshold counts as new once.
      if (t.history.count(history) < HISTORY.objects / 2) t.objectCoverage[account] = Math.min(1, t.objectCoverage[account] * 2);
    }
    this.scratch.clear();
    let n = 0;
    for (let node = panes.sets.first(list); node >= 0; node = panes.sets.after(node)) this.scratch.set(panes.sets.hashOf(node), n++);
    this.found.fill(0, 0, n);
    for (let node = t.history.first(history); node >= 0; node = t.history.after(node)) {
      const index = this.scratch.get(t.history.hashOf(node));
      if (index < 0) continue;
      this.found[index] = 1;
      t.history.setValue(node, day);
    }
    n = 0;
    for (let node = panes.sets.first(list); node >= 0; node = panes.sets.after(node)) {
      const hash = panes.sets.hashOf(node);
      if (this.found[n++] === 1 || hash >= t.objectCoverage[account] * 0x1_0000_0000) continue;
      const member = t.history.addNew(history, hash, HISTORY.objects);
      if (member >= 0) t.history.setValue(member, day);
      if (t.history.count(history) === HISTORY.objects) {
        t.objectCoverage[account] = Math.min(t.objectCoverage[account], t.history.coverage(history, HISTORY.objects));
      }
    }
  }
}

/** Up to `capacity` hashes -> small numbers, emptied and filled all the time. */
class SmallTable {
  private readonly keys: Uint32Array;
  private readonly values: Int16Array;
  /** the filling that a slot was last used in: emptying is one number more */
  private readonly fillings: Uint32Array;
  private readonly mask: number;
  private filling = 1;

  constructor(capacity: number) {
    this.keys = new Uint32Array(capacity * 4);
    this.values = new Int16Array(capacity * 4);
    this.fillings = new Uint32Array(capacity * 4);
    this.mask = capacity * 4 - 1;
  }

  clear(): void {
    this.filling++;
    if (this.filling < 0x1_0000_0000) return;
    this.fillings.fill(0);
    this.filling = 1;
  }

  set(key: number, value: number): void {
    let at = key & this.mask;
    while (this.fillings[at] === this.filling) at = (at + 1) & this.mask;
    this.keys[at] = key;
    this.values[at] = value;
    this.fillings[at] = this.filling;
  }

  /** -1 when the key is not here */
  get(key: number): number {
    for (let at = key & this.mask; this.fillings[at] === this.filling; at = (at + 1) & this.mask)
      if (this.keys[at] === key) return this.values[at];
    return -1;
  }
}

/** 1000 x (1 - min(1, MAD / median)) of the first `n` gaps, in ms; 0 where the median is below half a second. The gaps are overwritten. */
function evenness(gaps: Float64Array, n: number): number {
  const middle = n >> 1;
  const median = smallest(gaps, n, middle);
  if (median < 500) return 0;
  for (let i = 0; i < n; i++) gaps[i] = Math.abs(gaps[i] - median);
  return Math.round(1000 * (1 - Math.min(1, smallest(gaps, n, middle) / median)));
}

/** What would stand at `at` were the first `n` numbers sorted (Hoare, algorithm 65: FIND). They change places. */
function smallest(numbers: Float64Array, n: number, at: number): number {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const pivot = numbers[at];
    let i = low;
    let j = high;
    while (i <= j) {
      while (numbers[i] < pivot) i++;
      while (numbers[j] > pivot) j--;
      if (i > j) break;
      const number = numbers[i];
      numbers[i++] = numbers[j];
      numbers[j--] = number;
    }
    if (j < at) low = i;
    if (i > at) high = j;
  }
  return numbers[at];
}

/** Sorts the first `n` numbers, a few dozen, by insertion: the arrays' own sort costs several times as much for so few. */
function sortFirst(numbers: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) {
    const number = numbers[i];
    let at = i;
    while (at > 0 && numbers[at - 1] > number) {
      numbers[at] = numbers[at - 1];
      at--;
    }
    numbers[at] = number;
  }
}

function bitCount(bits: number): number {
  let n = 0;
  for (let rest = bits | 0; rest !== 0; rest &= rest - 1) n++;
  return n;
}
