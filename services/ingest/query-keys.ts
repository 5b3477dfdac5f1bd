import { hash32 } from '../core/hash.ts';
import { ByteInterner, widen } from './interner.ts';

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
