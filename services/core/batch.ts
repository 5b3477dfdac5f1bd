/**
 * EventBatch: normalised events of one tenant from one input partition, as columns.
 * A row is one event (a request or a flow). Strings are references into one byte heap; reference 0 is "absent".
 * Between threads a batch crosses as transferred buffers; ids and references never leave the batch they belong to.
 */

/** Bits of the `flags` column. */
export const FLAG = {
  /** no account could be named; the source stands in for it */
  anonymous: 1 << 0,
  /** the request failed in the sense of its source: refused login, business failure code (config: `failure`), else status 401/403 on a login */
  failure: 1 << 1,
  /** interface matches the tenant's `sensitive` patterns */
  sensitive: 1 << 2,
  /** tags of the interface, from config or guessed */
  login: 1 << 3,
  register: 1 << 4,
  sendCode: 1 << 5,
  benefit: 1 << 6,
  export: 1 << 7,
  /** a network connection record, not a request */
  flow: 1 << 8,
  /** client address lies in the tenant's internal networks */
  internalSource: 1 << 9,
  /** flow: the service's address lies in the internal networks */
  internalTarget: 1 << 10,
  /** the account is a listed role: admin (privileged) */
  admin: 1 << 11,
  /** the account is a listed role: service (batch, probe, integration) */
  service: 1 << 12,
  /** static asset (script, style, image, font): side traffic of a page */
  asset: 1 << 13,
  /** flow that was attempted but not established (refused, no answer) */
  unanswered: 1 << 14,
  /** the client says that it is an automatic one (crawler or library in the agent), and is not known to lie about it */
  robot: 1 << 15,
  // what is known of the client's address (source traits), from here on
  /** a network of rented machines */
  hosting: 1 << 16,
  /** a mobile carrier's network: many people share an address */
  mobile: 1 << 17,
  /** the client says that it is a crawler, and that company's list of addresses has it */
  crawler: 1 << 18,
  /** the client says that it is a crawler, and its address is none from which that crawler comes */
  fakeCrawler: 1 << 19,
  /** lists of the tenant have the address: its own, a partner's, a bastion, known threats */
  own: 1 << 20,
  partner: 1 << 21,
  bastion: 1 << 22,
  threat: 1 << 23,
  /** of an address, as a source or standing in for an account: it shows more kinds of programs, or sessions, than a household; never an event's */
  shared: 1 << 24,
} as const;

/** FLAG bits that are traits of the client's address: a byte from TRAIT_SHIFT on. */
export const TRAIT_SHIFT = 16;
export const TRAITS = 0xff << TRAIT_SHIFT;

/** Where the account came from: the alert record's identity.origin. Index = value in the `origin` column. */
export const IDENTITY_ORIGINS = [
  'address',
  'consumer',
  'api_key',
  'jwt',
  'cookie',
  'header',
  'remote_user',
  'login_field',
  'host',
  'session',
  'certificate', // subject of the client's certificate
  'jwt_verified', // a token whose signature Weir has checked itself, or the gateway is known to have
] as const;
export type IdentityOrigin = (typeof IDENTITY_ORIGINS)[number];

/** Columns of a batch. Names are the event's field names everywhere. Sizes: capacity >= n. */
export interface EventColumns {
  /** when the record was complete (start + duration), ms since the epoch, UTC, integer */
  at: Float64Array;
  /** ms, integer, 0 when the log does not say */
  duration: Uint32Array;
  /** HTTP status, 0 for flows and when absent */
  status: Uint16Array;
  /** request bytes (flow: from the originator), integer */
  bytesIn: Float64Array;
  /** response bytes (flow: from the responder), integer */
  bytesOut: Float64Array;
  flags: Uint32Array;
  origin: Uint8Array;
  /** heap reference: account key; anonymous events carry the client address here too */
  account: Uint32Array;
  /** heap reference: interface id `METHOD host/path/{template}`; flows `tcp 10.0.0.5:443` */
  interface: Uint32Array;
  /** heap reference: client address in canonical text */
  address: Uint32Array;
  /** heap reference: target id (keyed hash, 16 hex digits), 0 = none */
  target: Uint32Array;
  /** heap reference: session id (keyed hash), 0 = none */
  session: Uint32Array;
  /** hash of the value run that the target belongs to (a phone number without its last four digits), 0 = none: neighbours share it */
  targetRun: Uint32Array;
  /** hash of the object acted on (the concrete values behind the template, query ids included), 0 = none */
  object: Uint32Array;
  /** numeric value of the last path or query id when it is a plain integer below 2^31, else -1: for runs of neighbouring values */
  objectNumber: Int32Array;
  /** hash of the raw path with method, for counting distinct unknown paths */
  path: Uint32Array;
  /** hash of the client address's network prefix (/24, /48) */
  prefix: Uint32Array;
  /** autonomous system number, 0 unknown */
  asn: Uint32Array;
  /** country as two letters packed (c0 << 8 | c1), 0 unknown; internal addresses are 0 */
  country: Uint16Array;
  /** flows: country of the external peer, else 0 */
  peerCountry: Uint16Array;
  /** hash of the device traits (agent family and system), 0 unknown */
  device: Uint32Array;
  /** records (rows, items) that the response says it carried, 0 unknown */
  records: Uint32Array;
  /** where the record is in its input partition: byte of a file (uncompressed), or the log's own number */
  offset: Float64Array;
  /** number of the event within its record */
  index: Uint32Array;
  /** hash of the record's bytes: chooses samples and orders equal times by content, not by arrival */
  content: Uint32Array;
  /** keyed hash of source and request id, an integer below 2^53; 0 = none: what has one is counted once */
  request: Float64Array;
}

const CONSTRUCTORS = {
  at: Float64Array,
  duration: Uint32Array,
  status: Uint16Array,
  bytesIn: Float64Array,
  bytesOut: Float64Array,
  flags: Uint32Array,
  origin: Uint8Array,
  account: Uint32Array,
  interface: Uint32Array,
  address: Uint32Array,
  target: Uint32Array,
  session: Uint32Array,
  targetRun: Uint32Array,
  object: Uint32Array,
  objectNumber: Int32Array,
  path: Uint32Array,
  prefix: Uint32Array,
  asn: Uint32Array,
  country: Uint16Array,
  peerCountry: Uint16Array,
  device: Uint32Array,
  records: Uint32Array,
  offset: Float64Array,
  index: Uint32Array,
  content: Uint32Array,
  request: Float64Array,
} as const;

export type ColumnName = keyof EventColumns;
export const COLUMN_NAMES = Object.keys(CONSTRUCTORS) as ColumnName[];

/** Bytes of heap under which `StringHeap` starts. */
const INITIAL_HEAP = 1 << 14;

/** Strings of one batch: UTF-8 bytes end to end. Reference r (>= 1) is bytes[ends[r-1], ends[r]); reference 0 is absent. */
export interface StringHeap {
  bytes: Uint8Array;
  /** ends[0] = 0; ends[r] is the end of string r */
  ends: Uint32Array;
  /** number of strings */
  count: number;
}

export interface EventBatch {
  tenant: string;
  source: string;
  /** identity of the input partition: a file's identity or a topic partition */
  partition: string;
  n: number;
  columns: EventColumns;
  heap: StringHeap;
}

const decoder = new TextDecoder();

/** The string behind a reference; '' for 0. */
export function heapString(heap: StringHeap, reference: number): string {
  if (reference === 0) return '';
  return decoder.decode(heap.bytes.subarray(heap.ends[reference - 1], heap.ends[reference]));
}

/** Builds one batch. Columns are written directly (`builder.columns.at[row] = …`) for the row that `addRow` returned. */
export class BatchBuilder {
  readonly tenant: string;
  readonly source: string;
  readonly partition: string;
  n = 0;
  columns: EventColumns;
  private capacity: number;
  private bytes = new Uint8Array(INITIAL_HEAP);
  private used = 0;
  private ends = new Uint32Array(1024);
  private count = 0;

  constructor(tenant: string, source: string, partition: string, capacity = 1024) {
    this.tenant = tenant;
    this.source = source;
    this.partition = partition;
    this.capacity = Math.max(capacity, 1);
    this.columns = allocate(this.capacity);
  }

  /** Adds a row of zeros and returns its number. */
  addRow(): number {
    this.reserve(1);
    return this.n++;
  }

  private reserve(rows: number): void {
    if (this.n + rows <= this.capacity) return;
    while (this.n + rows > this.capacity) this.capacity *= 2;
    const wider = allocate(this.capacity);
    for (const name of COLUMN_NAMES) (wider[name] as Uint32Array).set(this.columns[name] as Uint32Array);
    this.columns = wider;
  }

  /** Adds copies of rows[0, n) of another batch, in that order, with the strings that they use. */
  addRows(batch: EventBatch, rows: Uint32Array, n: number): void {
    this.reserve(n);
    const first = this.n;
    this.n += n;
    const moved = new Uint32Array(batch.heap.count + 1);
    const { bytes, ends } = batch.heap;
    // loops of their own for each width: what is compiled for one kind of array is several times as fast
    for (const name of WIDE_COLUMNS) {
      const from = batch.columns[name] as Float64Array;
      const to = this.columns[name] as Float64Array;
      for (let i = 0; i < n; i++) to[first + i] = from[rows[i]];
    }
    for (const name of WORD_COLUMNS) {
      const from = words(batch.columns[name]);
      const to = words(this.columns[name]);
      for (let i = 0; i < n; i++) to[first + i] = from[rows[i]];
    }
    for (const name of SMALL_COLUMNS) {
      const from = batch.columns[name] as Uint16Array;
      const to = this.columns[name] as Uint16Array;
      for (let i = 0; i < n; i++) to[first + i] = from[rows[i]];
    }
    for (const name of REFERENCE_COLUMNS) {
      const from = batch.columns[name];
      const to = this.columns[name];
      for (let i = 0; i < n; i++) {
        const reference = from[rows[i]];
        if (reference === 0) continue;
        if (moved[reference] === 0) moved[reference] = this.addString(bytes, ends[reference - 1], ends[reference]);
        to[first + i] = moved[reference];
      }
    }
  }

  /** Adds a string (not deduplicated: the caller interns) and returns its reference (>= 1). */
  addString(source: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (this.used + length > this.bytes.length) {
      const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.used + length));
      wider.set(this.bytes);
      this.bytes = wider;
    }
    const to = this.bytes;
    const at = this.used - start;
    if (length < 48) for (let i = start; i < end; i++) to[at + i] = source[i];
    else to.set(source.subarray(start, end), this.used);
    this.used += length;
    this.count++;
    if (this.count >= this.ends.length) {
      const wider = new Uint32Array(this.ends.length * 2);
      wider.set(this.ends);
      this.ends = wider;
    }
    this.ends[this.count] = this.used;
    return this.count;
  }

  build(): EventBatch {
    return {
      tenant: this.tenant,
      source: this.source,
      partition: this.partition,
      n: this.n,
      columns: this.columns,
      heap: { bytes: this.bytes.subarray(0, this.used), ends: this.ends.subarray(0, this.count + 1), count: this.count },
    };
  }
}

/** All columns on one buffer (one allocation, one transfer), each aligned to eight bytes. */
/** Columns in the order in which they lie in a batch's one buffer: wide ones first, so that each is aligned. */
const LAYOUT = [...COLUMN_NAMES].sort((a, b) => CONSTRUCTORS[b].BYTES_PER_ELEMENT - CONSTRUCTORS[a].BYTES_PER_ELEMENT);
const ROW_BYTES = COLUMN_NAMES.reduce((sum, name) => sum + CONSTRUCTORS[name].BYTES_PER_ELEMENT, 0);

function allocate(capacity: number): EventColumns {
  return columnsOver(new ArrayBuffer(capacity * ROW_BYTES), capacity);
}

/** All columns lie in one buffer: one allocation, and one transfer to another thread. */
function columnsOver(buffer: ArrayBuffer, capacity: number): EventColumns {
  const columns = {} as Record<ColumnName, unknown>;
  let offset = 0;
  for (const name of LAYOUT) {
    columns[name] = new CONSTRUCTORS[name](buffer, offset, capacity);
    offset += capacity * CONSTRUCTORS[name].BYTES_PER_ELEMENT;
  }
  return columns as unknown as EventColumns;
}

/** A batch as few buffers and plain values: cheap to send to another thread, where a message of 27 views costs 100 µs and more. */
export interface PackedBatch {
  tenant: string;
  source: string;
  partition: string;
  n: number;
  capacity: number;
  columns: ArrayBuffer;
  bytes: Uint8Array;
  ends: Uint32Array;
  strings: number;
}

/** The batch as it goes to another thread, and the buffers to transfer. The batch must come from a BatchBuilder and is used up. */
export function packBatch(batch: EventBatch): { packed: PackedBatch; transfer: ArrayBuffer[] } {
  const { tenant, source, partition, n, heap } = batch;
  const { at } = batch.columns;
  const packed = {
    tenant,
    source,
    partition,
    n,
    capacity: at.length,
    columns: at.buffer as ArrayBuffer,
    bytes: heap.bytes,
    ends: heap.ends,
    strings: heap.count,
  };
  return { packed, transfer: [packed.columns, heap.bytes.buffer as ArrayBuffer, heap.ends.buffer as ArrayBuffer] };
}

export function unpackBatch(packed: PackedBatch): EventBatch {
  const { tenant, source, partition, n, capacity, columns, bytes, ends, strings } = packed;
  return { tenant, source, partition, n, columns: columnsOver(columns, capacity), heap: { bytes, ends, count: strings } };
}

/** Columns that hold heap references: they are rewritten when rows move to another batch. */
export const REFERENCE_COLUMNS = ['account', 'interface', 'address', 'target', 'session'] as const satisfies readonly ColumnName[];

const isReference = (name: ColumnName): boolean => (REFERENCE_COLUMNS as readonly string[]).includes(name);
const WIDE_COLUMNS = COLUMN_NAMES.filter((name) => CONSTRUCTORS[name].BYTES_PER_ELEMENT === 8);
const WORD_COLUMNS = COLUMN_NAMES.filter((name) => CONSTRUCTORS[name].BYTES_PER_ELEMENT === 4 && !isReference(name));
const SMALL_COLUMNS = COLUMN_NAMES.filter((name) => CONSTRUCTORS[name].BYTES_PER_ELEMENT < 4);

/** A column of four bytes as unsigned ones: to be copied, whatever they mean. */
function words(column: EventColumns[ColumnName]): Uint32Array {
  return column instanceof Uint32Array ? column : new Uint32Array(column.buffer, column.byteOffset, column.length);
}

/**
 * Splits a batch by `partitionOfRow[row]` into at most `partitions` batches (undefined where none), keeping row order.
 * Each part carries only the strings that it uses.
 */
export function splitBatch(batch: EventBatch, partitionOfRow: Uint8Array | Uint16Array, partitions: number): (EventBatch | undefined)[] {
  const sizes = new Uint32Array(partitions);
  for (let row = 0; row < batch.n; row++) sizes[partitionOfRow[row]]++;
  const parts: (EventBatch | undefined)[] = [];
  for (let p = 0; p < partitions; p++) {
    if (sizes[p] === batch.n) parts.push(batch);
    else parts.push(sizes[p] === 0 ? undefined : takeRows(batch, partitionOfRow, p, sizes[p]));
  }
  return parts;
}

function takeRows(batch: EventBatch, partitionOfRow: Uint8Array | Uint16Array, p: number, size: number): EventBatch {
  const builder = new BatchBuilder(batch.tenant, batch.source, batch.partition, size);
  const rows = new Uint32Array(size);
  let n = 0;
  for (let row = 0; row < batch.n; row++) if (partitionOfRow[row] === p) rows[n++] = row;
  builder.addRows(batch, rows, n);
  return builder.build();
}

/** The rows for which `keep[row]` is 1, as a batch of their own. */
export function selectRows(batch: EventBatch, keep: Uint8Array): EventBatch {
  let size = 0;
  for (let row = 0; row < batch.n; row++) size += keep[row];
  return takeRows(batch, keep, 1, size);
}

/** The buffers to transfer when a batch crosses to another thread. */
export function batchBuffers(batch: EventBatch): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const name of COLUMN_NAMES) buffers.add(batch.columns[name].buffer as ArrayBuffer);
  buffers.add(batch.heap.bytes.buffer as ArrayBuffer);
  buffers.add(batch.heap.ends.buffer as ArrayBuffer);
  return [...buffers];
}
