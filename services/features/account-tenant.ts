import type { Sample } from '../../models/candidate.ts';
import type { EventBatch, EventColumns } from '../core/batch.ts';
import { FLAG, TRAIT_SHIFT } from '../core/batch.ts';
import type { ByteReader } from '../core/codec.ts';
import { hash32 } from '../core/hash.ts';
import { HashSets } from '../core/hash-sets.ts';
import { KeyTable } from '../core/key-table.ts';
import { octavesOf } from '../core/octaves.ts';
import { roomFor } from '../core/slab.ts';
import { HOUR, MINUTE } from '../core/watermark.ts';
import type { Panes } from '../core/window.ts';
import { AheadRows } from './ahead-rows.ts';
import { Cells } from './cells.ts';
import { HourPanes } from './hour-panes.ts';
import { InterfaceAliases } from './interface-aliases.ts';
import { hourOfSlice, isLastOfHour, markAfter, sliceOf, sliceOfPeriod, slicePeriod, WATCHED_TAGS } from './looks.ts';
import { MINUTE_CELL, MinuteCells, SAMPLE_RANK } from './minute-cells.ts';
import type { Ranked, SampleCodec } from './samples.ts';
import { packStatus, SampleKeeper, unpackStatus } from './samples.ts';
import {
  ACCOUNT,
  ACCOUNT_MINUTES,
  ACCOUNT_SETS,
  ACCOUNT_SPEC,
  HISTORY_LISTS,
  INTERFACE,
  INTERFACE_SETS,
  INTERFACE_SPEC,
  SOURCE,
  SOURCE_SETS,
  SOURCE_SPEC,
  TARGET,
  TARGET_SETS,
  TARGET_SPEC,
} from './specs.ts';

const encoder = new TextEncoder();

/** A sample with the task's own ids; strings are made only for what is kept to the end. */
export interface LocalSample extends Ranked {
  source: string;
  /** source and partition as UTF-8 */
  sourceName: Uint8Array;
  partitionName: Uint8Array;
  at: number;
  interface: number;
  address: number;
  account: number;
  status: number;
  /** of the address: FLAG bits from TRAIT_SHIFT on */
  traits?: number;
}

/** An input partition, with its names as UTF-8. */
export interface Origin {
  source: string;
  partition: string;
  sourceName: Uint8Array;
  partitionName: Uint8Array;
}

// Positions as constants of the module: the compiler folds them into the loop.
const {
  requests: A_REQUESTS,
  failures: A_FAILURES,
  refused: A_REFUSED,
  missing: A_MISSING,
  client_errors: A_CLIENT,
  server_errors: A_SERVER,
  bytes_out: A_OUT,
  bytes_in: A_IN,
  duration_ms: A_DURATION,
  sensitive: A_SENSITIVE,
  exports: A_EXPORTS,
  sends: A_SENDS,
  benefits: A_BENEFITS,
  registers: A_REGISTERS,
  logins: A_LOGINS,
  login_failures: A_LOGIN_FAILURES,
  records: A_RECORDS,
  assets: A_ASSETS,
  foreign: A_FOREIGN,
  unanswered: A_UNANSWERED,
} = ACCOUNT;
const {
  requests: I_REQUESTS,
  failures: I_FAILURES,
  refused: I_REFUSED,
  missing: I_MISSING,
  client_errors: I_CLIENT,
  server_errors: I_SERVER,
  bytes_out: I_OUT,
  bytes_in: I_IN,
  duration_ms: I_DURATION,
  anonymous: I_ANONYMOUS,
  anonymous_ok: I_ANONYMOUS_OK,
  records: I_RECORDS,
  slow: I_SLOW,
  external: I_EXTERNAL,
  duration_octaves: I_TIMES,
  duration_octaves_squared: I_TIMES_SQUARED,
  size_octaves: I_SIZES,
  size_octaves_squared: I_SIZES_SQUARED,
} = INTERFACE;
const {
  requests: S_REQUESTS,
  failures: S_FAILURES,
  refused: S_REFUSED,
  missing: S_MISSING,
  client_errors: S_CLIENT,
  server_errors: S_SERVER,
  bytes_out: S_OUT,
  anonymous: S_ANONYMOUS,
  sends: S_SENDS,
  registers: S_REGISTERS,
  login_failures: S_LOGIN_FAILURES,
  logins: S_LOGINS,
  assets: S_ASSETS,
  unanswered: S_UNANSWERED,
} = SOURCE;
const { requests: T_REQUESTS, failures: T_FAILURES, sends: T_SENDS, login_failures: T_LOGIN_FAILURES, logins: T_LOGINS } = TARGET;

const TIMES_KEPT = ACCOUNT_SPEC.sets[ACCOUNT_SETS.times].k;

/** A request slower than this is `slow`, ms. */
const SLOW = 1000;
/** Closed minutes whose room is kept for the next ones. */
const MOST_SPARE_MINUTES = 8;

/**
 * What an account task knows of one tenant: keys, open panes of all views, the accounts' histories. Events are added
 * one by one; nothing here depends on the order in which they come.
 */
export class AccountTenant {
  readonly panes: Panes;
  readonly accounts = new KeyTable();
  readonly interfaces = new KeyTable();
  readonly addresses = new KeyTable();
  readonly targets = new KeyTable();

  /** per account: ms of the first event, day number of the last pane, days with events, marks of all closed panes */
  firstSeen = new Float64Array(64);
  lastDay = new Int32Array(64);
  activeDays = new Uint16Array(64);
  roles = new Uint32Array(64);
  /** per account: HISTORY_LISTS lists each */
  readonly history = new HashSets();
  /** share of hash space that an account's object history covers; it shrinks when the history is full */
  objectCoverage = new Float64Array(64);

  /** per interface: tag bits seen */
  interfaceFlags = new Uint32Array(64);
  /** per address: what the batch said of it, and the last hour it was used */
  prefix = new Uint32Array(64);
  asn = new Uint32Array(64);
  country = new Uint16Array(64);
  addressHour = new Int32Array(64);
  interfaceHour = new Int32Array(64);
  targetHour = new Int32Array(64);

  readonly accountPanes: HourPanes<LocalSample>;
  readonly interfacePanes: HourPanes<LocalSample>;
  readonly sourcePanes: HourPanes<LocalSample>;
  readonly targetPanes: HourPanes<LocalSample>;
  /** what counts against a source or target, by slice: what looks are told of it */
  readonly sourceSlices: HourPanes<LocalSample>;
  readonly targetSlices: HourPanes<LocalSample>;
  readonly cells = new Cells();
  /** under which interface each is counted as panes close; looked at in closing only */
  readonly aliases = new InterfaceAliases(this.interfaces, (iface) => this.prepareInterface(iface));
  /** input partitions that events came from; samples of minutes name them by number */
  readonly origins: Origin[] = [];
  private readonly openMinutes = new Map<number, MinuteCells>();
  private readonly spareMinutes: MinuteCells[] = [];
  private lastMinute: MinuteCells | undefined;
  /** what is beyond the mark that is being filled, as far as there is room */
  readonly ahead = new AheadRows();
  /** of the batch that is being counted: ids by heap reference, -1 where not looked up yet; the number of its input */
  private accountOf = new Int32Array(64);
  private interfaceOf = new Int32Array(64);
  private addressOf = new Int32Array(64);
  private origin = 0;
  /** the hour of the last event that was counted */
  private hour = 0;
  private hourStart = 0;
  private hourEnd = 0;
  readonly codec: SampleCodec<LocalSample>;

  constructor(panes: Panes) {
    this.panes = panes;
    this.codec = {
      write: (sample, writer) => {
        writer.block(sample.sourceName);
        writer.block(sample.partitionName);
        writer.uint(sample.offset);
        writer.uint(sample.at);
        writer.uint(sample.content);
        writer.u8(sample.interesting ? 1 : 0);
        this.interfaces.writeKey(sample.interface, writer);
        this.addresses.writeKey(sample.address, writer);
        this.accounts.writeKey(sample.account, writer);
        writer.uint(packStatus(sample.status, sample.traits ?? 0));
      },
      read: (reader) => {
        const sample = readSample(reader);
        const hour = panes.hourOf(sample.at);
        const iface = this.interfaces.internText(sample.interface);
        this.prepareInterface(iface);
        this.interfaceHour[iface] = Math.max(this.interfaceHour[iface], hour);
        const address = this.addresses.internText(sample.address);
        this.prepareAddress(address);
        this.addressHour[address] = Math.max(this.addressHour[address], hour);
        const origin = this.origins[this.originOf(sample.source, sample.partition)];
        return {
          ...sample,
          sourceName: origin.sourceName,
          partitionName: origin.partitionName,
          interface: iface,
          address,
          account: this.ensureAccount(encoder.encode(sample.account), sample.at),
        };
      },
    };
    this.accountPanes = new HourPanes(ACCOUNT_SPEC, this.codec);
    this.interfacePanes = new HourPanes(INTERFACE_SPEC, this.codec);
    this.sourcePanes = new HourPanes(SOURCE_SPEC, this.codec);
    this.targetPanes = new HourPanes(TARGET_SPEC, this.codec);
    this.sourceSlices = new HourPanes(SOURCE_SPEC, this.codec);
    this.targetSlices = new HourPanes(TARGET_SPEC, this.codec);
  }

  /**
   * Adds all events with at >= `time`; rows before it are returned: they are late.
   * @param settled up to where panes are closed (ms UTC): what lies beyond the mark after it waits, or is kept apart by slice
   */
  add(batch: EventBatch, time: number, settled: number): number[] {
    const late: number[] = [];
    const limit = markAfter(this.panes, settled);
    const { at } = batch.columns;
    this.begin(batch);
    for (let row = 0; row < batch.n; row++) {
      if (at[row] < time) late.push(row);
      else if (at[row] < limit) this.addRow(batch, row, false);
      else if (!this.ahead.put(batch, row, this.sliceAt(at[row]))) this.addRow(batch, row, true);
    }
    return late;
  }

  /** Counts events that waited for their slices when they were written: into what is kept of these. */
  addAhead(batch: EventBatch): void {
    this.begin(batch);
    for (let row = 0; row < batch.n; row++) this.addRow(batch, row, true);
  }

  private sliceAt(at: number): number {
    const hour = this.panes.hourOf(at);
    return sliceOf(hour, Math.floor((at - this.panes.hourStart(hour)) / MINUTE));
  }

  /** Turns to a batch: its strings have no ids yet. */
  private begin(batch: EventBatch): void {
    const strings = batch.heap.count + 1;
    this.accountOf = roomFor(this.accountOf, strings).fill(-1, 0, strings);
    this.interfaceOf = roomFor(this.interfaceOf, strings).fill(-1, 0, strings);
    this.addressOf = roomFor(this.addressOf, strings).fill(-1, 0, strings);
    this.origin = this.originOf(batch.source, batch.partition);
  }

  private addRow(batch: EventBatch, row: number, ahead: boolean): void {
    const c = batch.columns;
    const at = c.at[row];
    if (at < this.hourStart || at >= this.hourEnd) {
      this.hour = this.panes.hourOf(at);
      this.hourStart = this.panes.hourStart(this.hour);
      this.hourEnd = this.hourStart + HOUR;
    }
    const { hour } = this;
    const accountRef = c.account[row];
    let account = this.accountOf[accountRef];
    if (account < 0) {
      account = this.internAccount(batch, accountRef, at);
      this.accountOf[accountRef] = account;
    }
    if (at < this.firstSeen[account]) this.firstSeen[account] = at;
    const interfaceRef = c.interface[row];
    let iface = this.interfaceOf[interfaceRef];
    if (iface < 0) {
      iface = this.internInterface(batch, interfaceRef);
      this.interfaceOf[interfaceRef] = iface;
    }
    const addressRef = c.address[row];
    let address = this.addressOf[addressRef];
    if (address < 0) {
      address = this.internAddress(batch, addressRef, c.prefix[row], c.asn[row], c.country[row]);
      this.addressOf[addressRef] = address;
    }
    this.interfaceFlags[iface] |= c.flags[row] & TAGS;
    if (hour > this.addressHour[address]) this.addressHour[address] = hour;
    if (hour > this.interfaceHour[iface]) this.interfaceHour[iface] = hour;
    this.addEvent(batch, c, row, at, ahead, hour, this.hourStart, account, iface, address, this.origin);
  }

  private addEvent(
    batch: EventBatch,
    c: EventColumns,
    row: number,
    at: number,
    ahead: boolean,
    hour: number,
    hourStart: number,
    account: number,
    iface: number,
    address: number,
    origin: number,
  ): void {
    const flags = c.flags[row];
    const minuteOfHour = Math.floor((at - hourStart) / MINUTE);
    const slice = sliceOf(hour, minuteOfHour);
    const watched = (flags & WATCHED_TAGS) !== 0;
    const status = c.status[row];
    const failure = flags & FLAG.failure ? 1 : 0;
    const login = (flags & FLAG.login) !== 0;
    const anonymous = flags & FLAG.anonymous ? 1 : 0;
    const ok = failure === 0 && status < 400 ? 1 : 0;
    let refused = 0;
    let missing = 0;
    let client = 0;
    let server = 0;
    if (status >= 400) {
      if (status >= 500) server = 1;
      else if (status === 401 || status === 403) refused = login ? 0 : 1;
      else if (status === 404 || status === 410) missing = 1;
      else client = 1;
    }
    const bytesOut = c.bytesOut[row];
    const bytesIn = c.bytesIn[row];
    const duration = c.duration[row];
    const object = c.object[row];
    const number = c.objectNumber[row];
    const target = c.target[row];
    const send = flags & FLAG.sendCode ? 1 : 0;
    const sensitive = flags & FLAG.sensitive ? 1 : 0;
    const exported = flags & FLAG.export ? 1 : 0;
    const unanswered = flags & FLAG.unanswered ? 1 : 0;
    const loginFailed = login ? failure : 0;
    const loggedIn = login ? ok : 0;
    const records = c.records[row];
    const anonymousOk = anonymous === 1 && ok === 1 && status >= 200 && status < 300 ? 1 : 0;
    const odd = (flags & ODD) !== 0 || status >= 400 || records !== 0 || c.peerCountry[row] !== 0;
    const interesting = failure + client + refused + missing + sensitive + exported + send + unanswered > 0;
    const traits = (flags >>> TRAIT_SHIFT) & 0xff;
    const content = c.content[row];
    const rank = SampleKeeper.rank(content, interesting);

    const accounts = this.accountPanes;
    const pane = accounts.open(account, ahead ? slicePeriod(slice) : hour);
    accounts.marks[pane] |= (flags & ROLES) | (1 << (ORIGIN_SHIFT + c.origin[row])) | (watched ? WATCHED_MARK : 0);
    if (traits !== 0) accounts.traits[pane] |= traits;
    let n = accounts.counters;
    let base = pane * accounts.stride;
    n[base + A_REQUESTS]++;
    n[base + A_OUT] += bytesOut;
    n[base + A_IN] += bytesIn;
    n[base + A_DURATION] += duration;
    // Most events are plain: what only others add to is not touched for them.
    if (odd) {
      n[base + A_FAILURES] += failure;
      n[base + A_REFUSED] += refused;
      n[base + A_MISSING] += missing;
      n[base + A_CLIENT] += client;
      n[base + A_SERVER] += server;
      n[base + A_SENSITIVE] += sensitive;
      n[base + A_EXPORTS] += exported;
      n[base + A_SENDS] += send;
      if (flags & FLAG.benefit) n[base + A_BENEFITS] += ok;
      if (flags & FLAG.register) n[base + A_REGISTERS] += ok;
      n[base + A_LOGINS] += loggedIn;
      n[base + A_LOGIN_FAILURES] += loginFailed;
      n[base + A_RECORDS] += records;
      if (flags & FLAG.asset) n[base + A_ASSETS]++;
      if (c.peerCountry[row] !== 0) n[base + A_FOREIGN] += bytesIn;
      n[base + A_UNANSWERED] += unanswered;
    }
    // Minute maps are sums of bits that are set once: test before adding.
    const map = base + ACCOUNT_MINUTES + (minuteOfHour < 30 ? 0 : 1);
    const bit = 1 << (minuteOfHour % 30);
    if ((n[map] & bit) === 0) n[map] += bit;
    if (object !== 0) accounts.addTo(pane, ACCOUNT_SETS.objects, object);
    if (number >= 0) accounts.addNumber(pane, ACCOUNT_SETS.numbers, number);
    const addressNode = accounts.addTo(pane, ACCOUNT_SETS.addresses, this.addresses.hashes[address]);
    if (addressNode >= 0) accounts.sets.setValue(addressNode, address);
    if (c.device[row] !== 0) accounts.addTo(pane, ACCOUNT_SETS.devices, c.device[row]);
    if (anonymous === 1 && c.session[row] !== 0) {
      const { bytes, ends } = batch.heap;
      accounts.addTo(pane, ACCOUNT_SETS.sessions, hash32(bytes, ends[c.session[row] - 1], ends[c.session[row]]));
    }
    // the earliest times, equal ones included: looking for them first would cost more than all other sets
    accounts.sets.addNew(accounts.list(pane, ACCOUNT_SETS.times), at - hourStart, TIMES_KEPT);
    if (accounts.samples.wants(pane, rank)) accounts.samples.add(pane, this.sample(c, row, interesting, account, iface, address, origin));
    const cell = this.cells.at(pane, iface, address, this.interfaces, this.addresses);
    if (cell >= 0) this.cells.add(cell, failure, ok, loggedIn, server);

    const interfaces = this.interfacePanes;
    const ipane = interfaces.open(iface, ahead && watched ? slicePeriod(slice) : hour);
    n = interfaces.counters;
    base = ipane * interfaces.stride;
    n[base + I_REQUESTS]++;
    n[base + I_OUT] += bytesOut;
    n[base + I_IN] += bytesIn;
    n[base + I_DURATION] += duration;
    if (duration > SLOW) n[base + I_SLOW]++;
    const time = octavesOf(duration);
    const size = octavesOf(bytesOut);
    n[base + I_TIMES] += time;
    n[base + I_TIMES_SQUARED] += time * time;
    n[base + I_SIZES] += size;
    n[base + I_SIZES_SQUARED] += size * size;
    if ((flags & FLAG.internalSource) === 0) n[base + I_EXTERNAL]++;
    if (odd) {
      n[base + I_FAILURES] += failure;
      n[base + I_REFUSED] += refused;
      n[base + I_MISSING] += missing;
      n[base + I_CLIENT] += client;
      n[base + I_SERVER] += server;
      n[base + I_RECORDS] += records;
      n[base + I_ANONYMOUS] += anonymous;
      n[base + I_ANONYMOUS_OK] += anonymousOk;
    }
    if (object !== 0) interfaces.addTo(ipane, INTERFACE_SETS.objects, object);
    if (number >= 0) interfaces.addNumber(ipane, INTERFACE_SETS.numbers, number);
    if (interfaces.samples.wants(ipane, rank))
      interfaces.samples.add(ipane, this.sample(c, row, interesting, account, iface, address, origin));

    const sources = this.sourcePanes;
    const spane = sources.open(address, hour);
    sources.marks[spane] |= flags & PLACES;
    if (traits !== 0) sources.traits[spane] |= traits;
    n = sources.counters;
    base = spane * sources.stride;
    n[base + S_REQUESTS]++;
    n[base + S_OUT] += bytesOut;
    if (odd) {
      n[base + S_FAILURES] += failure;
      n[base + S_REFUSED] += refused;
      n[base + S_MISSING] += missing;
      n[base + S_CLIENT] += client;
      n[base + S_SERVER] += server;
      n[base + S_ANONYMOUS] += anonymous;
      n[base + S_SENDS] += send;
      if (flags & FLAG.register) n[base + S_REGISTERS] += ok;
      n[base + S_LOGIN_FAILURES] += loginFailed;
      n[base + S_LOGINS] += loggedIn;
      if (flags & FLAG.asset) n[base + S_ASSETS]++;
      n[base + S_UNANSWERED] += unanswered;
      if (status >= 400 && status < 500) sources.addTo(spane, SOURCE_SETS.errorPaths, c.path[row]);
    }
    if (object !== 0) sources.addTo(spane, SOURCE_SETS.objects, object);
    const against = failure + client + refused + missing + send > 0 && !isLastOfHour(slice);
    if (against)
      this.addAgainst(c, row, slice, address, account, iface, origin, failure, refused, missing, client, send, loginFailed, traits, rank);
    if (interesting && sources.samples.wants(spane, rank))
      sources.samples.add(spane, this.sample(c, row, true, account, iface, address, origin));

    if (target !== 0)
      this.addTarget(
        batch,
        c,
        row,
        hour,
        against ? slice : -1,
        pane,
        ipane,
        spane,
        address,
        iface,
        account,
        loginFailed,
        loggedIn,
        failure,
        send,
        rank,
        origin,
      );

    let minute = this.lastMinute;
    const minuteNumber = Math.floor(at / MINUTE);
    if (minute === undefined || minute.minute !== minuteNumber) minute = this.minute(minuteNumber);
    const minuteCell = minute.at(account, iface);
    const m = minuteCell * MINUTE_CELL;
    const k = minute.words;
    if (rank <= k[m + SAMPLE_RANK]) minute.offer(minuteCell, rank, c.offset[row], at, origin, address, packStatus(status, traits));
    k[m]++;
    k[m + 5] += bytesOut;
    k[m + 9] += duration;
    k[m + 10] = 1;
    if (!odd) return;
    k[m + 1] += failure;
    k[m + 2] += refused;
    k[m + 3] += missing;
    k[m + 4] += server;
    k[m + 6] += sensitive;
    k[m + 7] += send;
    k[m + 8] += exported;
    k[m + 11] += anonymousOk;
  }

  /** What counts against a source, once more for the look at the end of its slice. */
  private addAgainst(
    c: EventColumns,
    row: number,
    slice: number,
    address: number,
    account: number,
    iface: number,
    origin: number,
    failure: number,
    refused: number,
    missing: number,
    client: number,
    send: number,
    loginFailed: number,
    traits: number,
    rank: number,
  ): void {
    const panes = this.sourceSlices;
    const pane = panes.open(address, slicePeriod(slice));
    panes.marks[pane] |= c.flags[row] & PLACES;
    panes.traits[pane] |= traits;
    const base = pane * panes.stride;
    const n = panes.counters;
    n[base + S_REQUESTS]++;
    n[base + S_FAILURES] += failure;
    n[base + S_REFUSED] += refused;
    n[base + S_MISSING] += missing;
    n[base + S_CLIENT] += client;
    n[base + S_SENDS] += send;
    n[base + S_LOGIN_FAILURES] += loginFailed;
    const status = c.status[row];
    if (status >= 400 && status < 500) panes.addTo(pane, SOURCE_SETS.errorPaths, c.path[row]);
    if (c.device[row] !== 0) panes.addTo(pane, SOURCE_SETS.devices, c.device[row]);
    if (panes.samples.wants(pane, rank)) panes.samples.add(pane, this.sample(c, row, true, account, iface, address, origin));
  }

  private addTarget(
    batch: EventBatch,
    c: EventColumns,
    row: number,
    hour: number,
    slice: number,
    pane: number,
    ipane: number,
    spane: number,
    address: number,
    iface: number,
    account: number,
    loginFailed: number,
    loggedIn: number,
    failure: number,
    send: number,
    rank: number,
    origin: number,
  ): void {
    const reference = c.target[row];
    const { bytes, ends } = batch.heap;
    const target = this.targets.intern(bytes, ends[reference - 1], ends[reference]);
    this.touchTarget(target, hour);
    const hash = this.targets.hashes[target];
    const node = this.accountPanes.addTo(pane, ACCOUNT_SETS.targets, hash);
    if (node >= 0) this.accountPanes.sets.setValue(node, target);
    this.interfacePanes.addTo(ipane, INTERFACE_SETS.targets, hash);
    if (c.targetRun[row] !== 0) this.interfacePanes.addTo(ipane, INTERFACE_SETS.targetRuns, c.targetRun[row]);
    this.sourcePanes.addTo(spane, SOURCE_SETS.targets, hash);
    this.countTarget(this.targetPanes, hour, c, row, target, address, iface, account, loginFailed, loggedIn, failure, send, rank, origin);
    if (slice < 0 || (send === 0 && loginFailed === 0)) return;
    this.sourceSlices.addTo(this.sourceSlices.open(address, slicePeriod(slice)), SOURCE_SETS.targets, hash);
    const period = slicePeriod(slice);
    this.countTarget(
      this.targetSlices,
      period,
      c,
      row,
      target,
      address,
      iface,
      account,
      loginFailed,
      loggedIn,
      failure,
      send,
      rank,
      origin,
    );
  }

  private countTarget(
    targets: HourPanes<LocalSample>,
    period: number,
    c: EventColumns,
    row: number,
    target: number,
    address: number,
    iface: number,
    account: number,
    loginFailed: number,
    loggedIn: number,
    failure: number,
    send: number,
    rank: number,
    origin: number,
  ): void {
    const tpane = targets.open(target, period);
    const base = tpane * targets.stride;
    const n = targets.counters;
    n[base + T_REQUESTS]++;
    n[base + T_FAILURES] += failure;
    n[base + T_SENDS] += send;
    n[base + T_LOGIN_FAILURES] += loginFailed;
    n[base + T_LOGINS] += loggedIn;
    targets.addTo(tpane, TARGET_SETS.addresses, this.addresses.hashes[address]);
    targets.addTo(tpane, TARGET_SETS.prefixes, c.prefix[row]);
    if (c.device[row] !== 0) targets.addTo(tpane, TARGET_SETS.devices, c.device[row]);
    targets.addTo(tpane, TARGET_SETS.interfaces, this.interfaces.hashes[iface]);
    if (targets.samples.wants(tpane, rank))
      targets.samples.add(tpane, this.sample(c, row, rank < 0x1_0000_0000, account, iface, address, origin));
  }

  touchTarget(target: number, hour: number): void {
    this.targetHour = roomFor(this.targetHour, target + 1);
    if (hour > this.targetHour[target]) this.targetHour[target] = hour;
  }

  originOf(source: string, partition: string): number {
    const known = this.origins.findIndex((origin) => origin.partition === partition && origin.source === source);
    if (known >= 0) return known;
    return this.origins.push({ source, partition, sourceName: encoder.encode(source), partitionName: encoder.encode(partition) }) - 1;
  }

  /** The first hour that holds anything; undefined when none does. */
  get firstHour(): number | undefined {
    let first: number | undefined;
    for (const panes of [this.accountPanes, this.interfacePanes])
      for (const period of panes.openPeriods()) {
        const hour = period < 0 ? hourOfSlice(sliceOfPeriod(period)) : period;
        if (first === undefined || hour < first) first = hour;
      }
    for (const slice of this.ahead.slices()) if (first === undefined || hourOfSlice(slice) < first) first = hourOfSlice(slice);
    return first;
  }

  /** A slice begins to be closed: what has waited for it is counted, and what was kept apart of it joins its hour. */
  settle(slice: number): void {
    for (const { batch, rows } of this.ahead.take(slice)) {
      this.begin(batch);
      for (const row of rows) this.addRow(batch, row, false);
    }
    const hour = hourOfSlice(slice);
    const period = slicePeriod(slice);
    this.accountPanes.fold(period, hour, (pane, into) => this.cells.move(pane, into, this.interfaces, this.addresses));
    this.interfacePanes.fold(period, hour);
  }

  /** Open minutes, ascending. */
  minuteNumbers(): number[] {
    return [...this.openMinutes.keys()].sort((a, b) => a - b);
  }

  minute(number: number): MinuteCells {
    let minute = this.openMinutes.get(number);
    if (minute === undefined) {
      minute = this.spareMinutes.pop() ?? new MinuteCells();
      minute.reset(number);
      this.openMinutes.set(number, minute);
    }
    this.lastMinute = minute;
    return minute;
  }

  closeMinute(number: number): void {
    const minute = this.openMinutes.get(number);
    if (minute === undefined) return;
    this.openMinutes.delete(number);
    if (this.lastMinute === minute) this.lastMinute = undefined;
    if (this.spareMinutes.length < MOST_SPARE_MINUTES) this.spareMinutes.push(minute);
  }

  private sample(
    c: EventColumns,
    row: number,
    interesting: boolean,
    account: number,
    iface: number,
    address: number,
    origin: number,
  ): LocalSample {
    const { source, partition, sourceName, partitionName } = this.origins[origin];
    return {
      source,
      partition,
      sourceName,
      partitionName,
      offset: c.offset[row],
      at: c.at[row],
      content: c.content[row],
      interesting,
      interface: iface,
      address,
      account,
      status: c.status[row],
      traits: (c.flags[row] >>> TRAIT_SHIFT) & 0xff,
    };
  }

  /** An interface's pane becomes part of another one's pane of the same hour. */
  foldInterface(pane: number, alias: number): void {
    const { interfacePanes: panes, interfaceFlags } = this;
    interfaceFlags[alias] |= interfaceFlags[panes.key[pane]];
    panes.absorb(panes.open(alias, panes.hour[pane]), pane);
  }

  /** Samples of panes that leave this task name the interface that theirs is counted under. */
  aliasSamples(panes: HourPanes<LocalSample>, pane: number): void {
    for (const sample of panes.samples.of(pane)) sample.interface = this.aliases.of(sample.interface);
  }

  /** A sample with its ids spelled out. */
  describe(sample: LocalSample): Sample {
    return {
      source: sample.source,
      partition: sample.partition,
      offset: sample.offset,
      at: sample.at,
      content: sample.content,
      interesting: sample.interesting,
      interface: this.interfaces.text(this.aliases.of(sample.interface)),
      address: this.addresses.text(sample.address),
      account: this.accounts.text(sample.account),
      status: sample.status,
      ...(sample.traits ? { traits: sample.traits } : {}),
    };
  }

  /** Number of a history list of an account for `this.history`. */
  historyList(account: number, kind: number): number {
    return account * HISTORY_LISTS.count + kind;
  }

  /** Makes room for a slot of an account that was just interned; a new one starts with nothing known. */
  prepareAccount(account: number): void {
    if (account >= this.firstSeen.length) {
      this.firstSeen = roomFor(this.firstSeen, account + 1);
      const size = this.firstSeen.length;
      this.lastDay = roomFor(this.lastDay, size);
      this.activeDays = roomFor(this.activeDays, size);
      this.roles = roomFor(this.roles, size);
      this.objectCoverage = roomFor(this.objectCoverage, size);
      this.history.reserve(size * HISTORY_LISTS.count);
    } else if (account === 0) this.history.reserve(this.firstSeen.length * HISTORY_LISTS.count);
  }

  private internAccount(batch: EventBatch, reference: number, at: number): number {
    const { bytes, ends } = batch.heap;
    return this.ensureAccount(bytes.subarray(ends[reference - 1], ends[reference]), at);
  }

  /** The slot of an account's key; a new one was first seen at `at` and has no past. */
  ensureAccount(key: Uint8Array, at: number): number {
    const before = this.accounts.count;
    const account = this.accounts.intern(key, 0, key.length);
    if (this.accounts.count !== before) {
      this.prepareAccount(account);
      this.renewAccount(account, at);
    }
    return account;
  }

  forgetAccount(account: number): void {
    this.renewAccount(account, 0);
    this.accounts.remove(account);
  }

  /** Nothing is known of the account any more: as if it came for the first time at `at`. */
  renewAccount(account: number, at: number): void {
    for (let kind = 0; kind < HISTORY_LISTS.count; kind++) this.history.clear(this.historyList(account, kind));
    this.firstSeen[account] = at;
    this.lastDay[account] = -1;
    this.activeDays[account] = 0;
    this.roles[account] = 0;
    this.objectCoverage[account] = 1;
  }

  /** Time of the first event of an open account pane, ms UTC. */
  firstEventOf(pane: number): number {
    const { sets } = this.accountPanes;
    let first = Number.POSITIVE_INFINITY;
    for (let node = sets.first(this.accountPanes.list(pane, ACCOUNT_SETS.times)); node >= 0; node = sets.after(node)) {
      first = Math.min(first, sets.hashOf(node));
    }
    return this.panes.hourStart(this.accountPanes.hour[pane]) + first;
  }

  private internInterface(batch: EventBatch, reference: number): number {
    const { bytes, ends } = batch.heap;
    const iface = this.interfaces.intern(bytes, ends[reference - 1], ends[reference]);
    this.prepareInterface(iface);
    return iface;
  }

  prepareInterface(iface: number): void {
    this.interfaceFlags = roomFor(this.interfaceFlags, iface + 1);
    this.interfaceHour = roomFor(this.interfaceHour, iface + 1);
  }

  private internAddress(batch: EventBatch, reference: number, prefix: number, asn: number, country: number): number {
    const { bytes, ends } = batch.heap;
    const address = this.addresses.intern(bytes, ends[reference - 1], ends[reference]);
    this.prepareAddress(address);
    this.prefix[address] = prefix;
    this.asn[address] = asn;
    this.country[address] = country;
    return address;
  }

  prepareAddress(address: number): void {
    this.prefix = roomFor(this.prefix, address + 1);
    this.asn = roomFor(this.asn, address + 1);
    this.country = roomFor(this.country, address + 1);
    this.addressHour = roomFor(this.addressHour, address + 1);
  }

  /** Forgets addresses, interfaces and targets that nothing open can refer to any more: not used since `hour`. */
  sweep(hour: number): void {
    for (const id of this.addresses.ids()) if (this.addressHour[id] < hour) this.addresses.remove(id);
    for (const id of this.targets.ids()) if (this.targetHour[id] < hour) this.targets.remove(id);
    for (const id of this.interfaces.ids()) {
      if (this.interfaceHour[id] >= hour) continue;
      this.interfaces.remove(id);
      this.interfaceFlags[id] = 0;
    }
    this.aliases.forget();
  }
}

/** Bits whose events count into more than the plain counters. */
const ODD =
  FLAG.anonymous |
  FLAG.failure |
  FLAG.sensitive |
  FLAG.login |
  FLAG.register |
  FLAG.sendCode |
  FLAG.benefit |
  FLAG.export |
  FLAG.asset |
  FLAG.unanswered;
/** Bits of an event's flags that describe the interface. */
const TAGS =
  FLAG.sensitive | FLAG.login | FLAG.register | FLAG.sendCode | FLAG.benefit | FLAG.export | FLAG.flow | FLAG.asset | FLAG.internalTarget;
/** Marks of an account pane: these role bits of its events, and bit ORIGIN_SHIFT + o for each identity origin o seen. */
export const ORIGIN_SHIFT = 18;
/** Mark of an account's roles: an address that stands in for it stands for many people. */
export const SHARED_MARK = 1 << 16;
/** Mark of an account pane: it called an interface that looks watch. */
export const WATCHED_MARK = 1 << 17;
/** What of an account's marks is FLAG bits; above them lie origins, where events have the traits of their address. */
export const ROLES = FLAG.anonymous | FLAG.flow | FLAG.admin | FLAG.service | FLAG.robot;

/** Marks of a source pane: whether it lies in the tenant's own networks, whether it is a host of flows. */
const PLACES = FLAG.internalSource | FLAG.flow;

/** Reads what the codec of an account task's panes wrote of a sample. */
export function readSample(reader: ByteReader): Sample {
  return {
    source: reader.string(),
    partition: reader.string(),
    offset: reader.uint(),
    at: reader.uint(),
    content: reader.uint(),
    interesting: reader.u8() === 1,
    interface: reader.string(),
    address: reader.string(),
    account: reader.string(),
    ...unpackStatus(reader.uint()),
  };
}
