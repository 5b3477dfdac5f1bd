import { BatchBuilder, FLAG, IDENTITY_ORIGINS } from '../core/batch.ts';
import type { ControlRecord } from '../core/control.ts';
import { combine32, hash32 } from '../core/hash.ts';
import type { RawChunk } from '../core/raw.ts';
import type { DeadLetter, DeadReason, Emit, Stage, StageSnapshot } from '../core/stage.ts';
import { ledgerCounter } from '../core/topology-contract.ts';
import { watermarkOf } from '../core/watermark.ts';
import { AccountBook } from './account-book.ts';
import { AddressBook, FACT, FACTS } from './address-book.ts';
import { callerOf } from './authorization.ts';
import { deviceOf } from './device.ts';
import { type FieldPlan, planFields } from './field-plan.ts';
import { SLOT } from './fields.ts';
import { type CombinedResult, parseCombined } from './formats/combined.ts';
import type { ZeekHeader } from './formats/zeek-conn.ts';
import { HashedPool } from './hashed-pool.ts';
import { InputState, packInputs, unpackInputs } from './input-state.ts';
import { InterfaceTable, METHODS } from './interface-table.ts';
import { InterfaceTags, TAG_NAMES, tagNames } from './interface-tags.ts';
import { ByteInterner, widen } from './interner.ts';
import { NetworkList } from './ip-address.ts';
import { hexDigit, JsonScanner, KIND } from './json-scanner.ts';
import { DEFAULT_INTERNAL, defaultLateness, type NormaliseConfig, type NormaliseDeps } from './normalise-config.ts';
import { scaledOf, unsignedOf } from './numbers.ts';
import { QUERY_ID, QueryKeys, TARGET_SHIFT } from './query-keys.ts';
import { type HeldRow, Row } from './row.ts';
import { TextPool } from './text-pool.ts';
import { NO_TIME, timeOf } from './time.ts';
import { invalidUtf8At } from './utf8.ts';
import { Workspace } from './workspace.ts';

/** Version of the snapshot's layout. */
const SNAPSHOT_VERSION = 1;
/** Most of a record that its dead letter keeps. */
const MAX_RAW = 8192;
const YEAR_1990 = Date.UTC(1990, 0, 1);
/** No event time of use lies behind this (the largest a DateTime64 column holds). */
const YEAR_2300 = Date.UTC(2299, 11, 31);
const MAX_U32 = 0xffffffff;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Account of events that name neither an account nor an address. */
const UNKNOWN = encoder.encode('unknown');

const UNANSWERED = new Set(['S0', 'REJ', 'RSTOS0', 'RSTRH', 'SH', 'SHR']);
/** Ports above 1023 whose services an attacker looks for by name: an unanswered try at one keeps its number. */
const KNOWN_PORTS = new Set([
  1433, 1521, 1883, 2049, 2181, 2375, 2376, 2379, 3000, 3306, 3389, 4444, 5000, 5060, 5432, 5601, 5672, 5900, 5984, 5985, 6379, 6443, 7001,
  8000, 8080, 8081, 8443, 8500, 8888, 9000, 9090, 9092, 9200, 9300, 10250, 11211, 15672, 25565, 27017, 50070,
]);
/** From this port on, clients take theirs (Linux and IANA begin at 32768 and 49152). */
const EPHEMERAL = 32768;

/** What was guessed for a source, and what came of it: for `weir detect` and `weir doctor`. */
export interface GuessReport {
  source: string;
  format: string;
  /** true where the config names them */
  configured: { identity: boolean; targets: boolean; failure: boolean; session: boolean; tags: string[] };
  /** identity fields that named an account, with the number of events; `''`: nobody, the address stood in */
  identity: { field: string; origin: string; events: number }[];
  /** fields and parameters that gave targets, with the number of events */
  targets: { field: string; events: number }[];
  /** tagged interfaces, in the order of their first event */
  interfaces: { id: string; tags: string[] }[];
}

export interface NormaliseStage extends Stage<RawChunk> {
  describeGuess(): GuessReport;
}

/** The normalise stage of one source: raw records to events by account partition, dead letters and watermarks. */
export function createNormaliseStage(config: NormaliseConfig, deps: NormaliseDeps): NormaliseStage {
  return new Normaliser(config, deps);
}

class Normaliser implements NormaliseStage {
  readonly name = 'normalise';
  private readonly config: NormaliseConfig;
  private readonly lateness: number;
  private readonly plan: FieldPlan;
  private readonly workspace = new Workspace();
  private readonly scanner: JsonScanner;
  private readonly kinds: Uint8Array;
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly combined: CombinedResult = { ok: false, cut: false, hasAgent: false, expected: '' };

  private readonly addresses: AddressBook;
  private readonly accounts: AccountBook;
  private readonly interfaces: InterfaceTable;
  private readonly flowNames: TextPool;
  private readonly tags: InterfaceTags;
  private readonly targets: HashedPool;
  private readonly sessions: HashedPool;
  private readonly agents: ByteInterner;
  private agentDevice = new Uint32Array(512);
  private agentRobot = new Uint8Array(512);
  private readonly queryKeys: QueryKeys;

  private readonly inputs = new Map<string, InputState>();
  private input: InputState;
  private builders: (BatchBuilder | undefined)[] = [];
  private dead: DeadLetter[] = [];
  private chunk: RawChunk | undefined;
  private line = 0;
  private reason: DeadReason = 'not_json';
  private detail = '';

  // The event in hand.
  private row = new Row();
  private accountId = -1;
  private addressId = -1;
  private interfaceId = -1;
  private targetId = -1;
  private sessionId = -1;
  private recordStart = 0;
  private recordEnd = 0;

  // Ledger and guesses.
  private read = 0;
  private parsed = 0;
  private readonly deadByReason = new Map<DeadReason, number>();
  private readonly identityEvents: Float64Array;
  private readonly targetEvents: Float64Array;

  constructor(config: NormaliseConfig, deps: NormaliseDeps) {
    this.config = config;
    this.lateness = config.lateness ?? defaultLateness(config.format);
    this.plan = planFields(config);
    this.scanner = new JsonScanner(this.plan.paths, this.plan.slots, { dashIsAbsent: true });
    this.kinds = this.scanner.kinds;
    this.starts = this.scanner.starts;
    this.ends = this.scanner.ends;
    const key = Uint32Array.from(config.key);
    const seed = combine32(key[0], key[3]);
    const { partitions } = config;
    const plain = config.plain ?? ['account', 'source'];
    this.addresses = new AddressBook({
      internal: new NetworkList(config.internalNetworks ?? DEFAULT_INTERNAL),
      trusted: new NetworkList(config.trustedProxies ?? []),
      data: deps.addresses,
      partitions,
      seed,
      hashKey: plain.includes('source') ? undefined : key,
    });
    this.accounts = new AccountBook({
      roles: config.roles ?? { admin: [], service: [] },
      plain: plain.includes('account'),
      key,
      partitions,
      seed,
    });
    this.tags = new InterfaceTags(config.rules ?? { sensitive: [], tags: {} });
    this.interfaces = new InterfaceTable(this.tags, config.source, partitions, seed);
    this.flowNames = new TextPool(1 << 16, seed, partitions);
    this.targets = new HashedPool(key, partitions, seed);
    this.sessions = new HashedPool(key, partitions, seed);
    this.agents = new ByteInterner(1 << 13, seed, 1 << 21);
    this.queryKeys = new QueryKeys(this.plan.queryTargets, seed);
    this.identityEvents = new Float64Array(this.plan.identity.length + 1);
    this.targetEvents = new Float64Array(this.plan.targetNames.length);
    this.input = new InputState('');
  }

  process(chunk: RawChunk): Emit[] {
    this.begin(chunk);
    if (chunk.skipped !== undefined) this.skippedLine(chunk);
    else this.lines(chunk);
    return this.finish(chunk.partition);
  }

  private begin(chunk: RawChunk): void {
    this.chunk = chunk;
    this.line = chunk.line;
    this.input = this.inputOf(chunk.partition);
    this.workspace.load(chunk.bytes);
    this.scanner.attach(this.workspace);
    this.beginBatch();
  }

  private beginBatch(): void {
    this.addresses.pool.beginBatch();
    this.accounts.pool.beginBatch();
    this.interfaces.pool.beginBatch();
    this.flowNames.beginBatch();
    this.targets.beginBatch();
    this.sessions.beginBatch();
  }

  private inputOf(partition: string): InputState {
    let input = this.inputs.get(partition);
    if (input === undefined) {
      input = new InputState(partition);
      this.inputs.set(partition, input);
    }
    return input;
  }

  private skippedLine(chunk: RawChunk): void {
    this.read++;
    this.recordStart = 0;
    this.recordEnd = chunk.bytes.length;
    this.bury('line_too_long', `the line has ${chunk.skipped} bytes; lines up to the limit are records`);
  }

  /** Walks the chunk line by line. */
  private lines(chunk: RawChunk): void {
    const { workspace } = this;
    const { end } = workspace;
    const isJson = this.plan.kind === 'json';
    let at = 0;
    if (workspace.bytes[0] === 0xef && chunk.offset === 0 && workspace.bytes[1] === 0xbb && workspace.bytes[2] === 0xbf) at = 3;
    while (at < end) {
      this.makeRoom();
      workspace.clearScratch();
      const next = isJson ? this.jsonLine(at, end) : this.textLine(at, end);
      at = next;
      if (this.line > 0) this.line++;
    }
  }

  private makeRoom(): void {
    this.addresses.makeRoom();
    this.accounts.makeRoom();
    this.interfaces.makeRoom();
    this.targets.makeRoom();
    this.sessions.makeRoom();
    this.queryKeys.makeRoom();
    if (this.agents.full) this.agents.reset();
    if (this.flowNames.ids.full) this.flowNames.reset();
  }

  /** A line that should be JSON. Returns the start of the next line. */
  private jsonLine(start: number, end: number): number {
    const { scanner } = this;
    const { bytes } = this.workspace;
    let at = scanner.skipSpace(start);
    if (at >= end) return end;
    let c = bytes[at];
    if (c === 0x0a) return at + 1;
    if (c === 0x23 && this.plan.flows) return this.textLine(start, end);
    if (c !== 0x7b && c !== 0x5b) {
      const inner = containerPrefix(bytes, at, end);
      if (inner > 0) {
        at = inner;
        c = bytes[at];
      } else if (this.plan.flows) return this.textLine(start, end);
    }
    this.recordStart = at;
    if (c === 0x7b) {
      scanner.clear();
      let stop = scanner.scan(at);
      if (stop >= 0) {
        this.recordEnd = stop;
        stop = scanner.skipSpace(stop);
        if (stop >= end || bytes[stop] === 0x0a) {
          this.read++;
          this.row.index = 0;
          if (scanner.anyEscaped) this.decodeAll();
          if (!this.event()) this.bury(this.reason, this.detail);
          return stop < end ? stop + 1 : end;
        }
        scanner.fail(stop);
      }
    } else if (c === 0x5b) {
      const stop = this.jsonArray(at, end);
      if (stop >= 0) return stop;
    } else scanner.fail(at);
    this.read++;
    const next = lineEnd(bytes, start, end);
    this.recordStart = start;
    this.recordEnd = next;
    this.buryUnreadable(next);
    return next < end ? next + 1 : end;
  }

  /** An array of records in one line; -1 when the line is no valid JSON as a whole. */
  private jsonArray(start: number, end: number): number {
    const { scanner } = this;
    const { bytes } = this.workspace;
    scanner.clear();
    const stop = scanner.check(start);
    if (stop < 0) return -1;
    const after = scanner.skipSpace(stop);
    if (after < end && bytes[after] !== 0x0a) {
      scanner.fail(after);
      return -1;
    }
    let at = scanner.skipSpace(start + 1);
    for (let index = 0; bytes[at] !== 0x5d; index++) {
      this.read++;
      this.row.index = index;
      this.recordStart = at;
      scanner.clear();
      if (bytes[at] === 0x7b) {
        at = scanner.scan(at);
        this.recordEnd = at;
        if (scanner.anyEscaped) this.decodeAll();
        if (!this.event()) this.bury(this.reason, this.detail);
      } else {
        at = scanner.check(at);
        this.recordEnd = at;
        this.bury('not_this_format', 'an element of the array is no object');
      }
      at = scanner.skipSpace(at);
      if (bytes[at] === 0x2c) at = scanner.skipSpace(at + 1);
    }
    this.row.index = 0;
    return after < end ? after + 1 : end;
  }

  private decodeAll(): void {
    for (let slot = 0; slot < this.kinds.length; slot++) if (this.kinds[slot] === KIND.escaped) this.scanner.decode(slot);
  }

  private buryUnreadable(end: number): void {
    const { bytes } = this.workspace;
    const { scanner } = this;
    const at = Math.min(scanner.errorAt, end);
    let last = end;
    while (last > this.recordStart && (bytes[last - 1] === 0x0d || bytes[last - 1] === 0x20)) last--;
    const first = scanner.skipSpace(this.recordStart);
    const where = `at byte ${at - this.recordStart + 1} of the line`;
    if (isBinary(bytes, this.recordStart, end)) this.bury('binary', `control characters that no text has ${where}`);
    else if (scanner.error === 'invalid_utf8' || invalidUtf8At(bytes, this.recordStart, end) >= 0)
      this.bury('invalid_utf8', `not UTF-8 ${where}`);
    else if (bytes[first] !== 0x7b && bytes[first] !== 0x5b) this.bury('not_json', 'the line does not begin with an object or array');
    else if (at >= last) this.bury('truncated', `the record ends in the middle, ${where}`);
    else this.bury('not_json', `unexpected ${shown(bytes[at])} ${where}`);
  }

  /** A line of a text format. Returns the start of the next line. */
  private textLine(start: number, end: number): number {
    const { bytes } = this.workspace;
    const feed = lineEnd(bytes, start, end);
    const next = feed < end ? feed + 1 : end;
    let stop = feed;
    while (stop > start && (bytes[stop - 1] === 0x0d || bytes[stop - 1] === 0x20)) stop--;
    if (stop === start) return next;
    this.recordStart = start;
    this.recordEnd = stop;
    this.row.index = 0;
    if (this.plan.flows && bytes[start] === 0x23) {
      this.input.zeek.read(bytes, start, stop);
      return next;
    }
    this.read++;
    const plain = isPlain(this.workspace.view, start, stop);
    const bad = plain ? -1 : invalidUtf8At(bytes, start, stop);
    if (!plain && isBinary(bytes, start, stop)) this.bury('binary', 'control characters that no text has');
    else if (bad >= 0) this.bury('invalid_utf8', `not UTF-8 at byte ${bad - start + 1} of the line`);
    else {
      this.kinds.fill(KIND.absent);
      const last = next === end && this.chunk?.unterminated === true;
      const good = this.plan.flows ? this.zeekLine(start, stop, last) : this.combinedLine(start, stop, last);
      if (!good || !this.event()) this.bury(this.reason, this.detail);
    }
    return next;
  }

  private combinedLine(start: number, end: number, last: boolean): boolean {
    const { combined } = this;
    parseCombined(this.workspace.bytes, start, end, this.scanner, this.plan.userSlot, combined);
    if (!combined.ok) {
      this.reason = combined.cut ? 'truncated' : 'not_this_format';
      this.detail = `no ${this.config.format} record: ${combined.expected} was expected`;
      return false;
    }
    if (last && !combined.hasAgent && this.input.agentSeen) {
      this.reason = 'truncated';
      this.detail = 'the last line has no line feed and ends before its referer and agent';
      return false;
    }
    if (combined.hasAgent) this.input.agentSeen = true;
    return true;
  }

  private zeekLine(start: number, end: number, last: boolean): boolean {
    const { bytes } = this.workspace;
    const { zeek } = this.input;
    const { slots, separator } = zeek;
    let column = 0;
    let from = start;
    for (let at = start; at <= end; at++) {
      if (at < end && bytes[at] !== separator) continue;
      if (column < slots.length && slots[column] >= 0 && !isUnset(bytes, from, at, zeek)) {
        const slot = slots[column];
        this.kinds[slot] = KIND.text;
        this.starts[slot] = from;
        this.ends[slot] = at;
      }
      column++;
      from = at + 1;
    }
    if (column < slots.length) {
      this.reason = last || column > 3 ? 'truncated' : 'not_this_format';
      this.detail = `the line has ${column} columns, ${slots.length} were expected`;
      return false;
    }
    return true;
  }

  // ── one event ──────────────────────────────────────────────────────────────────────────────────────────────────

  private refuse(reason: DeadReason, detail: string): false {
    this.reason = reason;
    this.detail = detail;
    return false;
  }

  /** Text of a slot, shortened, for messages. */
  private show(slot: number): string {
    if (this.kinds[slot] === KIND.absent) return '';
    const start = this.starts[slot];
    return decoder.decode(this.workspace.bytes.subarray(start, Math.min(this.ends[slot], start + 80)));
  }

  private has(slot: number): boolean {
    const kind = this.kinds[slot];
    return kind === KIND.text || kind === KIND.number;
  }

  /** Makes an event of the slots and passes it on (or holds it); false: it is dead for `reason`. */
  private event(): boolean {
    const { row, plan } = this;
    const { bytes } = this.workspace;
    const { kinds, starts, ends } = this;
    if (!this.time()) return false;
    if (kinds[SLOT.address] === KIND.absent) {
      if (plan.flows) return this.refuse('bad_address', `no address of the originator: none of the fields ${plan.addressFields} is set`);
      // Some gateways log none: the event still counts for its account and interface.
      this.addressId = -1;
    } else {
      this.addressId =
        kinds[SLOT.forwarded] === KIND.text
          ? this.addresses.client(this.workspace, starts[SLOT.address], ends[SLOT.address], starts[SLOT.forwarded], ends[SLOT.forwarded])
          : this.addresses.find(this.workspace, starts[SLOT.address], ends[SLOT.address]);
      if (this.addressId < 0) return this.refuse('bad_address', `'${this.show(SLOT.address)}' is no IPv4 or IPv6 address`);
    }
    row.status = 0;
    row.flags = 0;
    row.peerCountry = 0;
    row.device = 0;
    this.targetId = -1;
    this.sessionId = -1;
    row.targetRun = 0;
    row.bytesIn = this.count(SLOT.bytes_in);
    row.bytesOut = this.count(SLOT.bytes_out);
    row.records = Math.min(this.count(SLOT.records), MAX_U32);
    if (plan.flows ? !this.flow() : !this.request()) return false;
    const address = this.addressId;
    if (address >= 0) {
      const { facts } = this.addresses;
      const at = address * FACTS;
      row.prefix = facts[at + FACT.prefix];
      row.asn = facts[at + FACT.asn];
      row.country = facts[at + FACT.country];
      if (facts[at + FACT.internal] === 1) row.flags |= FLAG.internalSource;
    } else {
      row.prefix = 0;
      row.asn = 0;
      row.country = 0;
    }
    row.content = contentHash(this.workspace.view, bytes, this.recordStart, this.recordEnd);
    const chunk = this.chunk as RawChunk;
    row.offset = this.config.positions === 'records' ? chunk.offset : chunk.offset + this.recordStart;
    row.line = this.line;
    row.partition =
      this.accountId >= 0 ? this.accounts.facts[2 * this.accountId + 1] : this.addresses.facts[address * FACTS + FACT.partition];
    this.pass();
    return true;
  }

  /** Event time and duration. */
  private time(): boolean {
    const { row, plan } = this;
    const { bytes } = this.workspace;
    const { kinds, starts, ends } = this;
    let duration = 0;
    if (this.has(SLOT.duration_ms)) duration = scaledOf(bytes, starts[SLOT.duration_ms], ends[SLOT.duration_ms], 0);
    else if (this.has(SLOT.duration)) duration = scaledOf(bytes, starts[SLOT.duration], ends[SLOT.duration], 3);
    if (duration < 0) duration = 0;
    row.duration = Math.min(duration, MAX_U32);
    const useStart = kinds[SLOT.start] !== KIND.absent && (plan.startFirst || kinds[SLOT.time] === KIND.absent);
    const slot = useStart ? SLOT.start : SLOT.time;
    if (!this.has(slot)) return this.refuse('no_time', `none of the fields ${plan.timeFields} is set`);
    const time = timeOf(bytes, starts[slot], ends[slot]);
    if (time === NO_TIME) return this.refuse('bad_time', `'${this.show(slot)}' is no time`);
    row.at = useStart ? time + duration : time;
    if (row.at < YEAR_1990) return this.refuse('time_before_1990', `'${this.show(slot)}' lies before 1990`);
    if (row.at > YEAR_2300) return this.refuse('bad_time', `'${this.show(slot)}' lies beyond 2299`);
    return true;
  }

  /** An integer that only counts: 0 when absent or no number. */
  private count(slot: number): number {
    if (!this.has(slot)) return 0;
    const { bytes } = this.workspace;
    const value = unsignedOf(bytes, this.starts[slot], this.ends[slot]);
    return value >= 0 ? value : Math.max(0, Math.min(scaledOf(bytes, this.starts[slot], this.ends[slot], 0), Number.MAX_SAFE_INTEGER));
  }

  private request(): boolean {
    const { row, workspace, plan, interfaces } = this;
    const { bytes } = workspace;
    const { kinds, starts, ends } = this;
    // status
    if (kinds[SLOT.status] !== KIND.absent) {
      const from = starts[SLOT.status];
      const dash = ends[SLOT.status] - from === 1 && bytes[from] === 0x2d;
      const status = dash ? 0 : unsignedOf(bytes, from, ends[SLOT.status]);
      if (status < 0 || status > 999 || (status > 0 && status < 100))
        return this.refuse('bad_status', `'${this.show(SLOT.status)}' is no HTTP status`);
      row.status = status;
    }
    // method and path
    let method: number;
    let pathStart: number;
    let pathEnd: number;
    if (this.has(SLOT.path) && kinds[SLOT.method] === KIND.text) {
      method = methodOf(bytes, starts[SLOT.method], ends[SLOT.method]);
      pathStart = starts[SLOT.path];
      pathEnd = ends[SLOT.path];
    } else if (kinds[SLOT.request] === KIND.text) {
      const from = starts[SLOT.request];
      let to = ends[SLOT.request];
      let gap = from;
      while (gap < to && bytes[gap] !== 0x20) gap++;
      if (to - from <= 1) return this.refuse('not_http', 'the connection carried no request');
      if (gap === to || gap === from) return this.refuse('bad_request', `'${this.show(SLOT.request)}' is no request line`);
      method = methodOf(bytes, from, gap);
      pathStart = gap + 1;
      // ` HTTP/1.1` at the end; a path with spaces in it is the client's fault and stays whole
      if (to - pathStart > 8 && bytes[to - 9] === 0x20 && bytes[to - 8] === 0x48 && bytes[to - 7] === 0x54) to -= 9;
      else if (to - pathStart > 6 && bytes[to - 7] === 0x20 && bytes[to - 6] === 0x48 && bytes[to - 5] === 0x54) to -= 7;
      pathEnd = to;
      if (method === 0 && bytes[pathStart] !== 0x2f && bytes[pathStart] !== 0x2a && (bytes[pathStart] | 0x20) !== 0x68) {
        return this.refuse('bad_request', `'${this.show(SLOT.request)}' is no request line`);
      }
    } else if (this.has(SLOT.path)) {
      method = 0;
      pathStart = starts[SLOT.path];
      pathEnd = ends[SLOT.path];
    } else if (kinds[SLOT.method] === KIND.absent && plan.kind === 'json' && !plan.anyRequestField(kinds)) {
      return this.refuse('not_http', `no request: none of the fields ${plan.requestFields} is set`);
    } else return this.refuse('bad_request', `no path: none of the fields ${plan.pathFields} is set`);
    // host
    let hostStart = 0;
    let hostEnd = 0;
    if (bytes[pathStart] !== 0x2f) {
      const slashes = schemeEnd(bytes, pathStart, pathEnd);
      if (slashes > 0) {
        hostStart = slashes;
        pathStart = slashes;
        while (pathStart < pathEnd && bytes[pathStart] !== 0x2f && bytes[pathStart] !== 0x3f) pathStart++;
        hostEnd = pathStart;
      } else if (METHODS[method] === 'CONNECT') {
        hostStart = pathStart;
        hostEnd = pathEnd;
        pathStart = pathEnd;
      }
    }
    if (kinds[SLOT.host] === KIND.text) {
      hostStart = starts[SLOT.host];
      hostEnd = ends[SLOT.host];
    }
    interfaces.resolve(workspace, method, hostStart, hostEnd, pathStart, pathEnd);
    this.interfaceId = interfaces.interfaceId;
    row.flags = interfaces.flags;
    row.path = hash32(bytes, pathStart, interfaces.pathEnd, method);
    // agent
    if (kinds[SLOT.agent] === KIND.text) this.agent(starts[SLOT.agent], Math.min(ends[SLOT.agent], starts[SLOT.agent] + 512));
    this.identify();
    // query
    let queryStart = interfaces.pathEnd + 1;
    let queryEnd = pathEnd;
    if (queryStart >= queryEnd) {
      if (kinds[SLOT.query] === KIND.text) {
        queryStart = starts[SLOT.query];
        queryEnd = ends[SLOT.query];
      } else if (kinds[SLOT.query_object] === KIND.raw && ends[SLOT.query_object] - starts[SLOT.query_object] > 2) {
        queryStart = workspace.scratch;
        this.queryObject();
        queryEnd = workspace.scratch;
      }
    }
    if (queryEnd > queryStart) this.query(queryStart, queryEnd);
    row.object = interfaces.object;
    row.objectNumber = interfaces.objectNumber;
    for (let i = 0; i < plan.targetSlots.length && this.targetId < 0; i++) {
      const slot = plan.targetSlots[i];
      if (this.has(slot)) this.target(starts[slot], ends[slot], i, plan.targetsGuessed && this.isAccount(slot));
    }
    if (plan.sessionSlot >= 0 && this.has(plan.sessionSlot)) {
      this.sessionId = this.sessions.find(workspace.view, bytes, starts[plan.sessionSlot], ends[plan.sessionSlot]);
    } else if (plan.sessionCookie !== undefined && this.cookie(plan.sessionCookie)) {
      this.sessionId = this.sessions.find(workspace.view, bytes, this.cookieStart, this.cookieEnd);
    }
    if (this.failed()) row.flags |= FLAG.failure;
    return true;
  }

  /** Whether the account is just what this field says: then a guessed target is only its owner's name. */
  private isAccount(slot: number): boolean {
    const { row, accounts } = this;
    if (this.accountId < 0 || (row.flags & (FLAG.login | FLAG.register | FLAG.sendCode)) !== 0) return false;
    const text = accounts.pool.bytesOf(this.accountId);
    const start = this.starts[slot];
    if (text.length !== this.ends[slot] - start) return false;
    for (let i = 0; i < text.length; i++) if (text[i] !== this.workspace.bytes[start + i]) return false;
    return true;
  }

  private agent(start: number, end: number): void {
    const id = this.agents.intern(this.workspace.view, start, end);
    if (this.agents.lastIsNew) {
      if (id >= this.agentDevice.length) {
        this.agentDevice = widen(this.agentDevice);
        this.agentRobot = widen(this.agentRobot);
      }
      const traits = deviceOf(decoder.decode(this.workspace.bytes.subarray(start, end)));
      this.agentDevice[id] = traits.hash;
      this.agentRobot[id] = traits.robot ? 1 : 0;
    }
    this.row.device = this.agentDevice[id];
    if (this.agentRobot[id] === 1) this.row.flags |= FLAG.robot;
  }

  /** Finds the account by the source's rules, else the address stands in. */
  private identify(): void {
    const { row, plan, workspace } = this;
    const { kinds, starts, ends } = this;
    this.accountId = -1;
    const { identity } = plan;
    for (let i = 0; i < identity.length; i++) {
      const rule = identity[i];
      let start: number;
      let end: number;
      const kind = kinds[rule.slot];
      if (kind === KIND.text || kind === KIND.number) {
        start = starts[rule.slot];
        end = ends[rule.slot];
        if (end - start < 10 && isNobody(workspace.bytes, start, end)) continue;
        if (rule.isHeader) {
          if (!this.authorized(i, start, end)) continue;
          return;
        }
      } else if (rule.cookie !== undefined && this.cookie(rule.cookie)) {
        start = this.cookieStart;
        end = this.cookieEnd;
      } else continue;
      this.accountId = this.accounts.find(workspace, start, end, rule.secret);
      row.origin = rule.origin;
      row.flags |= this.accounts.facts[2 * this.accountId];
      this.identityEvents[i]++;
      return;
    }
    row.origin = 0;
    row.flags |= FLAG.anonymous;
    this.identityEvents[identity.length]++;
    if (this.addressId < 0) {
      const from = workspace.put(UNKNOWN, 0, UNKNOWN.length);
      this.accountId = this.accounts.find(workspace, from, workspace.scratch, false);
    }
  }

  private authorized(rule: number, start: number, end: number): boolean {
    const { workspace } = this;
    const caller = callerOf(decoder.decode(workspace.bytes.subarray(start, end)));
    if (caller === undefined) return false;
    const name = encoder.encode(caller.name);
    const from = workspace.put(name, 0, name.length);
    if (workspace.scratch === from) return false;
    this.accountId = this.accounts.find(workspace, from, workspace.scratch, caller.secret);
    this.row.origin = IDENTITY_ORIGINS.indexOf(caller.origin);
    this.row.flags |= this.accounts.facts[2 * this.accountId];
    this.identityEvents[rule]++;
    return true;
  }

  private cookieStart = 0;
  private cookieEnd = 0;

  /** Finds NAME=value in the Cookie header. */
  private cookie(name: Uint8Array): boolean {
    if (this.kinds[SLOT.cookie] !== KIND.text) return false;
    const { bytes } = this.workspace;
    const end = this.ends[SLOT.cookie];
    let at = this.starts[SLOT.cookie];
    while (at < end) {
      while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x3b)) at++;
      let i = 0;
      while (i < name.length && bytes[at + i] === name[i]) i++;
      const found = i === name.length && bytes[at + i] === 0x3d;
      let stop = at;
      while (stop < end && bytes[stop] !== 0x3b) stop++;
      if (found && stop > at + i + 1) {
        this.cookieStart = at + i + 1;
        this.cookieEnd = stop;
        return true;
      }
      at = stop;
    }
    return false;
  }

  /** Reads the query's parameters: ids of objects, and targets. */
  private query(start: number, end: number): void {
    const { workspace, queryKeys, interfaces } = this;
    const { bytes, view } = workspace;
    let at = start;
    while (at < end) {
      let equals = at;
      while (equals < end && bytes[equals] !== 0x3d && bytes[equals] !== 0x26) equals++;
      let stop = equals;
      while (stop < end && bytes[stop] !== 0x26) stop++;
      if (stop > equals + 1 && equals > at) {
        const key = queryKeys.find(view, at, equals);
        const kind = key < 0 ? 0 : queryKeys.classOf(key);
        if ((kind & QUERY_ID) !== 0)
          interfaces.addQueryId(queryKeys.hashes[key], bytes, equals + 1, stop, unsignedOf(bytes, equals + 1, stop));
        if (kind >> TARGET_SHIFT !== 0 && this.targetId < 0) {
          const from = this.unescape(equals + 1, stop);
          if (from >= 0) this.target(from, workspace.scratch, this.plan.queryTargetNames[(kind >> TARGET_SHIFT) - 1], false);
        }
      }
      at = stop + 1;
    }
  }

  /** Decodes a query value into scratch and returns where it starts; -1 without room. */
  private unescape(start: number, end: number): number {
    const { workspace } = this;
    if (!workspace.hasRoom(end - start)) return -1;
    const { bytes } = workspace;
    const from = workspace.scratch;
    let to = from;
    for (let i = start; i < end; i++) {
      const c = bytes[i];
      const high = c === 0x25 && i + 2 < end ? hexDigit(bytes[i + 1]) : -1;
      const low = high >= 0 ? hexDigit(bytes[i + 2]) : -1;
      if (low >= 0) {
        bytes[to++] = (high << 4) | low;
        i += 2;
      } else bytes[to++] = c === 0x2b ? 0x20 : c;
    }
    workspace.scratch = to;
    return from;
  }

  /** Writes a query that was logged as an object into scratch, as name=value pairs. */
  private queryObject(): void {
    const { workspace } = this;
    const text = decoder.decode(workspace.bytes.subarray(this.starts[SLOT.query_object], this.ends[SLOT.query_object]));
    if (!text.startsWith('{')) return;
    for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
      const first = Array.isArray(value) ? value[0] : value;
      if (typeof first !== 'string' && typeof first !== 'number') continue;
      const pair = encoder.encode(`${name}=${encodeURIComponent(String(first))}&`);
      workspace.put(pair, 0, pair.length);
    }
  }

  /** Takes a value as the event's target: normal form into scratch, then its keyed hash. */
  private target(start: number, end: number, name: number, isOwn: boolean): void {
    if (isOwn) return;
    const { workspace, targets } = this;
    const { bytes } = workspace;
    const length = normalTarget(workspace, start, end);
    if (length === 0) return;
    const to = workspace.scratch;
    const from = to - Math.abs(length);
    const id = targets.find(workspace.view, bytes, from, to);
    if (id < 0) return;
    if (targets.isNew && length < 0) targets.run[id] = targets.hash(bytes, from, to - 4);
    this.targetId = id;
    this.row.targetRun = targets.run[id];
    this.targetEvents[name]++;
  }

  private failed(): boolean {
    const { row, plan } = this;
    const rule = plan.failure;
    if (rule !== undefined) {
      const kind = this.kinds[rule.slot];
      if (kind === KIND.absent) return false;
      const { bytes } = this.workspace;
      const start = this.starts[rule.slot];
      const length = this.ends[rule.slot] - start;
      let listed = false;
      for (const value of rule.values) {
        if (value.length !== length) continue;
        let i = 0;
        while (i < length && value[i] === bytes[start + i]) i++;
        if (i === length) listed = true;
      }
      return listed !== rule.negated;
    }
    const { status } = row;
    if (status === 429) return true;
    return (row.flags & FLAG.login) !== 0 && (status === 401 || status === 403 || status === 400 || status === 422);
  }

  /** A network connection: account = originating host, interface = service. */
  private flow(): boolean {
    const { row, workspace, addresses } = this;
    const { bytes } = workspace;
    const { kinds, starts, ends } = this;
    if (kinds[SLOT.peer_address] === KIND.absent) return this.refuse('bad_address', 'no address of the responder');
    const origin = this.addressId;
    const peer = addresses.find(workspace, starts[SLOT.peer_address], ends[SLOT.peer_address]);
    if (peer < 0) return this.refuse('bad_address', `'${this.show(SLOT.peer_address)}' is no IPv4 or IPv6 address`);
    if (!this.has(SLOT.peer_port) || !this.has(SLOT.protocol))
      return this.refuse('not_this_format', 'no port or protocol of the responder');
    const port = unsignedOf(bytes, starts[SLOT.peer_port], ends[SLOT.peer_port]);
    if (port < 0 || port > 65535) return this.refuse('not_this_format', `'${this.show(SLOT.peer_port)}' is no port`);
    const originPort = this.has(SLOT.port) ? unsignedOf(bytes, starts[SLOT.port], ends[SLOT.port]) : 0;
    const unanswered = this.has(SLOT.state) && UNANSWERED.has(this.show(SLOT.state));
    const peerHash = addresses.facts[peer * FACTS + FACT.hash];
    const internal = addresses.facts[peer * FACTS + FACT.internal] === 1 || this.isTrue(SLOT.local_peer);
    const folded = port >= EPHEMERAL ? originPort >= EPHEMERAL || unanswered : unanswered && port >= 1024 && !KNOWN_PORTS.has(port);
    const protocol = this.show(SLOT.protocol).toLowerCase();
    const shownPort = folded && protocol !== 'icmp' ? 'high' : String(port);
    const host = internal ? decoder.decode(addresses.pool.bytesOf(peer)) : 'external';
    this.interfaceId = this.flowNames.internText(
      `${/^[a-z0-9-]{1,16}$/.test(protocol) ? protocol : 'other'} ${host.includes(':') ? `[${host}]` : host}:${shownPort}`,
    );
    row.flags = FLAG.flow | (internal ? FLAG.internalTarget : 0) | (unanswered ? FLAG.unanswered : 0);
    if (this.isTrue(SLOT.local_source)) row.flags |= FLAG.internalSource;
    row.object = folded ? combine32(peerHash, port) : peerHash || 1;
    row.objectNumber = folded ? port : -1;
    row.peerCountry = internal ? 0 : addresses.facts[peer * FACTS + FACT.country];
    row.path = combine32(peerHash, port);
    row.origin = IDENTITY_ORIGINS.indexOf('host');
    this.accountId = this.hostAccount(origin);
    row.flags |= this.accounts.facts[2 * this.accountId];
    return true;
  }

  private hostAccount(address: number): number {
    const { workspace, addresses, accounts } = this;
    const text = addresses.pool.bytesOf(address);
    const from = workspace.put(text, 0, text.length);
    return accounts.find(workspace, from, workspace.scratch, false);
  }

  private isTrue(slot: number): boolean {
    return this.kinds[slot] === KIND.true || (this.kinds[slot] === KIND.text && (this.workspace.bytes[this.starts[slot]] | 0x20) === 0x74);
  }

  // ── clock guard and output ─────────────────────────────────────────────────────────────────────────────────────

  private pass(): void {
    const { guard } = this.input;
    if (guard.passes(this.row.at)) {
      this.write();
      return;
    }
    const step = guard.offer(this.row.at, () => this.copy());
    this.settle(step.released, step.refused);
    if (step.taken) this.write();
  }

  private settle(released: HeldRow[], refused: HeldRow[]): void {
    for (const held of released) this.writeHeld(held);
    for (const held of refused) this.buryHeld(held);
  }

  private copy(): HeldRow {
    const texts = this.plan.flows ? this.flowNames : this.interfaces.pool;
    const address = this.addressId < 0 ? new Uint8Array(0) : this.addresses.pool.bytesOf(this.addressId).slice();
    return {
      row: Object.assign(new Row(), this.row),
      account: this.accountId < 0 ? address : this.accounts.pool.bytesOf(this.accountId).slice(),
      anonymous: this.accountId < 0,
      interface: texts.bytesOf(this.interfaceId).slice(),
      address,
      target: this.targetId < 0 ? undefined : this.targets.digits(this.targetId).slice(),
      session: this.sessionId < 0 ? undefined : this.sessions.digits(this.sessionId).slice(),
      raw: this.rawText(),
    };
  }

  private builderOf(partition: number): BatchBuilder {
    let builder = this.builders[partition];
    if (builder === undefined) {
      builder = new BatchBuilder(this.config.tenant, this.config.source, this.input.partition, this.expectedRows());
      this.builders[partition] = builder;
    }
    return builder;
  }

  /** Rows to make room for: a 300-byte record is short, and columns double when they have to. */
  private expectedRows(): number {
    return Math.max(16, Math.ceil((this.workspace.end / 300 / this.config.partitions) * 1.2));
  }

  private write(): void {
    const { row, addressId } = this;
    const { partition } = row;
    const builder = this.builders[partition] ?? this.builderOf(partition);
    const at = builder.addRow();
    const address = addressId < 0 ? 0 : this.addresses.pool.reference(addressId, partition, builder);
    const texts = this.plan.flows ? this.flowNames : this.interfaces.pool;
    const c = builder.columns;
    fill(builder, at, row);
    c.address[at] = address;
    c.account[at] = this.accountId < 0 ? address : this.accounts.pool.reference(this.accountId, partition, builder);
    c.interface[at] = texts.reference(this.interfaceId, partition, builder);
    if (this.targetId >= 0) c.target[at] = this.targets.reference(this.targetId, partition, builder);
    if (this.sessionId >= 0) c.session[at] = this.sessions.reference(this.sessionId, partition, builder);
    this.parsed++;
  }

  private writeHeld(held: HeldRow): void {
    const builder = this.builderOf(held.row.partition);
    const at = builder.addRow();
    fill(builder, at, held.row);
    const add = (bytes: Uint8Array) => builder.addString(bytes, 0, bytes.length);
    const c = builder.columns;
    c.address[at] = held.address.length === 0 ? 0 : add(held.address);
    c.account[at] = held.anonymous ? c.address[at] : add(held.account);
    c.interface[at] = add(held.interface);
    if (held.target !== undefined) c.target[at] = add(held.target);
    if (held.session !== undefined) c.session[at] = add(held.session);
    this.parsed++;
  }

  private rawText(): string {
    return decoder.decode(this.workspace.bytes.subarray(this.recordStart, Math.min(this.recordEnd, this.recordStart + MAX_RAW)));
  }

  private bury(reason: DeadReason, detail: string): void {
    const chunk = this.chunk as RawChunk;
    const offset = this.config.positions === 'records' ? chunk.offset : chunk.offset + this.recordStart;
    this.letter(reason, detail, offset, this.line, this.rawText());
  }

  private buryHeld(held: HeldRow): void {
    const time = new Date(held.row.at).toISOString();
    this.letter(
      'time_in_future',
      `its time ${time} is more than a day ahead of the input's, and no event near it followed`,
      held.row.offset,
      held.row.line,
      held.raw,
    );
  }

  private letter(reason: DeadReason, detail: string, offset: number, line: number, raw: string): void {
    this.deadByReason.set(reason, (this.deadByReason.get(reason) ?? 0) + 1);
    this.dead.push({
      tenant: this.config.tenant,
      source: this.config.source,
      partition: this.input.partition,
      offset,
      line,
      reason,
      detail,
      raw,
    });
  }

  private finish(partition: string): Emit[] {
    const { tenant } = this.config;
    const emits: Emit[] = [];
    this.builders.forEach((builder, index) => {
      if (builder !== undefined && builder.n > 0) emits.push({ output: 'events', tenant, partition: index, value: builder.build() });
    });
    this.builders = [];
    if (this.dead.length > 0) emits.push({ output: 'dead', tenant, value: this.dead });
    this.dead = [];
    const input = this.inputOf(partition);
    const { highest } = input.guard;
    if (highest !== Number.NEGATIVE_INFINITY) {
      const time = watermarkOf(highest, this.lateness);
      if (time > input.watermark) {
        input.watermark = time;
        emits.push({
          output: 'control',
          tenant,
          value: { kind: 'watermark', tenant, upstream: partition, upstreams: this.config.upstreams, time },
        });
      }
    }
    return emits;
  }

  control(record: ControlRecord): Emit[] {
    const { tenant } = this.config;
    if (record.kind === 'end' && record.tenant === tenant && this.inputs.has(record.upstream)) {
      this.input = this.inputOf(record.upstream);
      this.beginBatch();
      const settled = this.input.guard.finish();
      this.settle(settled.released, settled.refused);
      return [...this.finish(record.upstream), { output: 'control', tenant, value: record }];
    }
    if ((record.kind === 'idle' || record.kind === 'end') && record.tenant === tenant)
      return [{ output: 'control', tenant, value: record }];
    return [];
  }

  snapshot(): StageSnapshot {
    const counters = { read: this.read, parsed: this.parsed, dead: this.deadByReason };
    return { stage: 'normalise', version: SNAPSHOT_VERSION, groups: new Map(), common: packInputs([...this.inputs.values()], counters) };
  }

  restore(snapshot: StageSnapshot): void {
    const state = unpackInputs(snapshot.common, snapshot.version, SNAPSHOT_VERSION);
    for (const input of state.inputs) this.inputs.set(input.partition, input);
    this.read += state.counters.read;
    this.parsed += state.counters.parsed;
    for (const [reason, count] of state.counters.dead) this.deadByReason.set(reason, (this.deadByReason.get(reason) ?? 0) + count);
  }

  counters(): Record<string, number> {
    const { tenant, source } = this.config;
    let held = 0;
    for (const input of this.inputs.values()) held += input.guard.held.length;
    const counters: Record<string, number> = {
      [ledgerCounter('read', tenant, source)]: this.read,
      [ledgerCounter('held', tenant, source, 'clock')]: held,
      parsed: this.parsed,
    };
    for (const [reason, count] of this.deadByReason) counters[ledgerCounter('dead', tenant, source, reason)] = count;
    return counters;
  }

  describeGuess(): GuessReport {
    const { plan, config } = this;
    const identity = plan.identity.map((rule, i) => ({
      field: rule.field,
      origin: IDENTITY_ORIGINS[rule.origin] as string,
      events: this.identityEvents[i],
    }));
    identity.push({ field: '', origin: 'address', events: this.identityEvents[plan.identity.length] });
    return {
      source: config.source,
      format: config.format,
      configured: {
        identity: config.identity !== undefined,
        targets: config.targets !== undefined,
        failure: config.failure !== undefined,
        session: config.session !== undefined,
        tags: TAG_NAMES.filter((tag) => !this.tags.isGuessed(tag)),
      },
      identity: identity.filter((entry) => entry.events > 0),
      targets: plan.targetNames.map((field, i) => ({ field, events: this.targetEvents[i] })).filter((entry) => entry.events > 0),
      interfaces: this.interfaces.firstSeen
        .filter((entry) => tagNames(entry.flags).length > 0)
        .map((entry) => ({ id: entry.id, tags: tagNames(entry.flags) })),
    };
  }
}

function fill(builder: BatchBuilder, at: number, row: Row): void {
  const c = builder.columns;
  c.at[at] = row.at;
  c.duration[at] = row.duration;
  c.status[at] = row.status;
  c.bytesIn[at] = row.bytesIn;
  c.bytesOut[at] = row.bytesOut;
  c.flags[at] = row.flags;
  c.origin[at] = row.origin;
  c.targetRun[at] = row.targetRun;
  c.object[at] = row.object;
  c.objectNumber[at] = row.objectNumber;
  c.path[at] = row.path;
  c.prefix[at] = row.prefix;
  c.asn[at] = row.asn;
  c.country[at] = row.country;
  c.peerCountry[at] = row.peerCountry;
  c.device[at] = row.device;
  c.records[at] = row.records;
  c.offset[at] = row.offset;
  c.index[at] = row.index;
  c.content[at] = row.content;
}

function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  const feed = bytes.indexOf(0x0a, start);
  return feed < 0 || feed > end ? end : feed;
}

function shown(c: number): string {
  return c >= 0x20 && c < 0x7f ? `'${String.fromCharCode(c)}'` : `byte 0x${c.toString(16).padStart(2, '0')}`;
}

/** Whether all is printable ASCII, four bytes at a time (up to three behind the end are looked at). */
function isPlain(view: DataView, start: number, end: number): boolean {
  let odd = 0;
  for (let i = start; i < end - 3; i += 4) {
    const w = view.getInt32(i, true);
    odd |= w | ((w - 0x20202020) & ~w);
  }
  for (let i = Math.max(start, end - 3); i < end; i++) {
    const c = view.getUint8(i);
    if (c < 0x20 || c >= 0x80) return false;
  }
  return (odd & 0x80808080) === 0;
}

/** Control characters other than tab and carriage return do not stand in logs. */
function isBinary(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c < 0x20 && c !== 0x09 && c !== 0x0d && c !== 0x1b) return true;
  }
  return false;
}

/** `2026-11-22T09:59:14.1+08:00 stdout F {…`: what container runtimes put before a line; start of the record or -1. */
function containerPrefix(bytes: Uint8Array, start: number, end: number): number {
  const c = bytes[start];
  if (c < 0x30 || c > 0x39) return -1;
  for (let i = start + 19; i < end && i < start + 60; i++) {
    if (bytes[i] !== 0x7b && bytes[i] !== 0x5b) continue;
    const full = bytes[i - 1] === 0x20 && bytes[i - 2] === 0x46 && bytes[i - 3] === 0x20;
    return full && bytes[i - 4] >= 0x72 && bytes[i - 10] === 0x20 && bytes[i - 9] === 0x73 ? i : -1;
  }
  return -1;
}

function methodOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  for (let method = 1; method < METHODS.length; method++) {
    const name = METHODS[method];
    if (name.length !== length) continue;
    let i = 0;
    while (i < length && (bytes[start + i] & 0xdf) === name.charCodeAt(i)) i++;
    if (i === length) return method;
  }
  return 0;
}

/** Position behind `scheme://`, -1 without one. */
function schemeEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i + 2 < end && i < start + 12; i++) {
    if (bytes[i] === 0x3a) return bytes[i + 1] === 0x2f && bytes[i + 2] === 0x2f ? i + 3 : -1;
  }
  return -1;
}

const NOBODY = ['-', '0', 'null', 'none', 'nil', '(null)', 'anonymous', 'undefined', 'guest'].map((text) => encoder.encode(text));

/** Texts that mean "no account". */
function isNobody(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return true;
  const first = bytes[start];
  if (
    first !== 0x2d &&
    first !== 0x30 &&
    first !== 0x28 &&
    (first | 0x20) !== 0x6e &&
    (first | 0x20) !== 0x61 &&
    (first | 0x20) !== 0x75 &&
    (first | 0x20) !== 0x67
  )
    return false;
  for (const text of NOBODY) {
    if (text.length !== length) continue;
    let i = 0;
    while (i < length && (bytes[start + i] === text[i] || (bytes[start + i] | 0x20) === text[i])) i++;
    if (i === length) return true;
  }
  return false;
}

function isUnset(bytes: Uint8Array, start: number, end: number, zeek: ZeekHeader): boolean {
  const length = end - start;
  if (length === 0) return true;
  if (
    length === zeek.unset.length &&
    bytes[start] === zeek.unset.charCodeAt(0) &&
    decoder.decode(bytes.subarray(start, end)) === zeek.unset
  )
    return true;
  return (
    length === zeek.empty.length && bytes[start] === zeek.empty.charCodeAt(0) && decoder.decode(bytes.subarray(start, end)) === zeek.empty
  );
}

/**
 * Puts a target's normal form into scratch: trimmed, lower case; a phone number as its digits alone, without 00 and
 * without the 86 before eleven digits. Returns its length, negative for a phone number, 0 for nothing.
 */
function normalTarget(workspace: Workspace, start: number, end: number): number {
  const { bytes } = workspace;
  while (start < end && bytes[start] <= 0x20) start++;
  while (end > start && bytes[end - 1] <= 0x20) end--;
  if (end - start > 256) end = start + 256;
  if (end === start || (end - start === 1 && bytes[start] === 0x2d) || !workspace.hasRoom(2 * (end - start))) return 0;
  let digits = 0;
  let phone = true;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c >= 0x30 && c <= 0x39) digits++;
    else if (c !== 0x2b && c !== 0x20 && c !== 0x2d && c !== 0x28 && c !== 0x29 && c !== 0x2e) phone = false;
  }
  phone &&= digits >= 7 && digits <= 17;
  const from = workspace.scratch;
  let to = from;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (!phone) bytes[to++] = c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
    else if (c >= 0x30 && c <= 0x39) bytes[to++] = c;
  }
  if (phone) {
    let skip = 0;
    if (bytes[from] === 0x30 && bytes[from + 1] === 0x30) skip = 2;
    if (to - from - skip === 13 && bytes[from + skip] === 0x38 && bytes[from + skip + 1] === 0x36 && bytes[from + skip + 2] === 0x31)
      skip += 2;
    if (skip > 0) {
      bytes.copyWithin(from, from + skip, to);
      to -= skip;
    }
  }
  workspace.scratch = to;
  return phone ? from - to : to - from;
}

/** Hash of a record's bytes, two interleaved chains of four bytes at a time. */
function contentHash(view: DataView, bytes: Uint8Array, start: number, end: number): number {
  let a = end - start;
  let b = 0x9e3779b1;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    a = Math.imul(((a << 5) | (a >>> 27)) ^ view.getInt32(i, true), 0x9e3779b1);
    b = Math.imul(((b << 7) | (b >>> 25)) ^ view.getInt32(i + 4, true), 0x85ebca6b);
  }
  for (; i < end; i++) a = Math.imul(((a << 5) | (a >>> 27)) ^ bytes[i], 0x9e3779b1);
  return combine32(a, b);
}
