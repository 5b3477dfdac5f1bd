import { hash32 } from '../../core/hash.ts';
import { ByteInterner, widen } from '../pools/interner.ts';
import { SEGMENT, segmentKind } from './path-template.ts';

/** What a query parameter's name says: bit 0: its value names an object; bits 8 and up: 1 + index of the target it is. */
export const QUERY_ID = 1;
export const TARGET_SHIFT = 8;

const NO_OBJECTS = new Set([
  'session_id',
  'sessionid',
  'sid',
  'request_id',
  'requestid',
  'trace_id',
  'traceid',
  'client_id',
  'clientid',
  'device_id',
  'deviceid',
  'app_id',
  'appid',
  'correlation_id',
  'tenant_id',
  'corp_id',
  'visitor_id',
  'click_id',
  'page_no',
  'pageno',
  'page_id',
  'page',
  'page_number',
  'no_cache',
  'gclid',
  'fbclid',
  'campaign_id',
  'utm_id',
]);
const OBJECTS = new Set([
  'id',
  'ids',
  'no',
  'code',
  'sn',
  'uuid',
  'guid',
  'key',
  'sku',
  'isbn',
  'ean',
  'vin',
  'iban',
  'num',
  'number',
  'idcard',
  'plate',
]);

/** Whether a parameter of this name holds an id of the thing acted on: `id`, `order_id`, `orderId`, `order_no`, `couponCode`. */
export function namesObject(name: string): boolean {
  const lower = name.toLowerCase();
  if (NO_OBJECTS.has(lower)) return false;
  if (OBJECTS.has(lower)) return true;
  return (
    /[_.-](id|ids|no|code|sn|uuid|key|sku|number)$/.test(lower) ||
    /[a-z0-9](Id|ID|Ids|No|Code|Sn|SN|Uuid|UUID|Key|Number)$/.test(name) ||
    /^(order|user|member|customer|account|item|product|goods|coupon|card|bill|invoice|ticket|doc|file|record|case|patient|student|employee)(id|no|code|sn)$/.test(
      lower,
    )
  );
}

/** Names of query parameters, classified once each. */
export class QueryKeys {
  private readonly names: ByteInterner;
  private readonly targets: readonly string[];
  private classes = new Uint16Array(512);
  hashes = new Uint32Array(512);

  /** `targets`: parameter names whose value is a target, by index. */
  constructor(targets: readonly string[], seed: number) {
    this.targets = targets;
    this.names = new ByteInterner(1 << 12, seed);
  }

  makeRoom(): void {
    if (this.names.full) this.names.reset();
  }

  /** Id of a name, -1 for one too long. */
  find(view: DataView, start: number, end: number): number {
    const id = end - start > 64 ? -1 : this.names.intern(view, start, end);
    if (id >= 0 && this.names.lastIsNew) this.enter(id);
    return id;
  }

  private enter(id: number): void {
    if (id >= this.classes.length) {
      this.classes = widen(this.classes);
      this.hashes = widen(this.hashes);
    }
    const { arena } = this.names;
    const name = new TextDecoder().decode(arena.subarray(this.names.start(id), this.names.end(id)));
    const target = this.targets.indexOf(name);
    this.classes[id] = (namesObject(name) ? QUERY_ID : 0) | ((target + 1) << TARGET_SHIFT);
    this.hashes[id] = hash32(arena, this.names.start(id), this.names.end(id));
  }

  classOf(id: number): number {
    return this.classes[id];
  }
}

/** Parameters that say what is done on a path that serves many operations, and GraphQL's name of the operation. */
const ACTIONS = ['action', 'method', 'cmd', 'command', 'act', 'op', 'operation', 'func', 'function', 'apimethod', 'api_method'];
const GRAPHQL_OPERATION = 'operationname';
/** Parameters of a query that are looked at for it. */
const MOST_PARAMETERS = 8;
/** Bytes of an action's name at most. */
const MAX_ACTION = 48;

/** First letters of the names above: most parameters are passed over by them. */
const FIRST_LETTERS = new Uint8Array(256);
for (const name of [...ACTIONS, GRAPHQL_OPERATION]) {
  FIRST_LETTERS[name.charCodeAt(0)] = 1;
  FIRST_LETTERS[name.toUpperCase().charCodeAt(0)] = 1;
}

/** What `findAction` found: the name of the parameter as it stands there, its value, and whether it is GraphQL's. */
export interface FoundAction {
  key: string;
  start: number;
  end: number;
  graphql: boolean;
}

/** Finds the parameter of a query bytes[start, end) that names an operation; undefined: none does, or not by a plain name. */
export function findAction(bytes: Uint8Array, start: number, end: number): FoundAction | undefined {
  let at = start;
  for (let n = 0; n < MOST_PARAMETERS && at < end; n++) {
    if (FIRST_LETTERS[bytes[at]] === 1) {
      let equals = at;
      while (equals < end && equals - at <= GRAPHQL_OPERATION.length && bytes[equals] !== 0x3d && bytes[equals] !== 0x26) equals++;
      if (bytes[equals] === 0x3d && equals < end && equals - at >= 2) {
        const key = latin(bytes, at, equals);
        const lower = key.toLowerCase();
        const graphql = lower === GRAPHQL_OPERATION;
        if (graphql || ACTIONS.includes(lower)) {
          let stop = equals + 1;
          while (stop < end && isNameByte(bytes[stop])) stop++;
          const plain = stop - equals > 2 && stop - equals <= MAX_ACTION && (stop === end || bytes[stop] === 0x26);
          return plain && segmentKind(bytes, equals + 1, stop) === SEGMENT.literal
            ? { key, start: equals + 1, end: stop, graphql }
            : undefined;
        }
      }
    }
    while (at < end && bytes[at] !== 0x26) at++;
    at++;
  }
  return undefined;
}

function isNameByte(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f || c === 0x2e || c === 0x2d;
}

function latin(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}
