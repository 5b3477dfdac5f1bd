import type { BatchBuilder } from '../core/batch.ts';
import type { Finding } from './inventory/inventory-watch.ts';

/** One event's numbers on their way into a batch; names are the columns'. */
export class Row {
  at = 0;
  duration = 0;
  status = 0;
  bytesIn = 0;
  bytesOut = 0;
  flags = 0;
  origin = 0;
  targetRun = 0;
  object = 0;
  objectNumber = -1;
  path = 0;
  prefix = 0;
  asn = 0;
  country = 0;
  peerCountry = 0;
  device = 0;
  records = 0;
  offset = 0;
  index = 0;
  content = 0;
  /** partition of the account */
  partition = 0;
  line = 0;
  request = 0;
  /** keyed hash of the account, for samples of callers */
  caller = 0;
}

export const ROW_NUMBERS = Object.keys(new Row()) as (keyof Row)[];

/** An event that waits for its input's clock to be confirmed, with all that is needed to emit or refuse it. */
export interface HeldRow {
  row: Row;
  account: Uint8Array;
  /** the account is the address: one text */
  anonymous: boolean;
  interface: Uint8Array;
  /** empty: the record has none */
  address: Uint8Array;
  target: Uint8Array | undefined;
  session: Uint8Array | undefined;
  /** sensitive data in the request */
  found: readonly Finding[];
  /** the record, shortened as in dead letters */
  raw: string;
}

/** Writes the numbers into row `at` of a batch. */
export function fillRow(builder: BatchBuilder, at: number, row: Row): void {
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
  c.request[at] = row.request;
}

/** Writes a held event into the batch of its partition. */
export function writeHeld(builder: BatchBuilder, held: HeldRow): void {
  const at = builder.addRow();
  fillRow(builder, at, held.row);
  const add = (bytes: Uint8Array): number => builder.addString(bytes, 0, bytes.length);
  const c = builder.columns;
  c.address[at] = held.address.length === 0 ? 0 : add(held.address);
  c.account[at] = held.anonymous ? c.address[at] : add(held.account);
  c.interface[at] = add(held.interface);
  if (held.target !== undefined) c.target[at] = add(held.target);
  if (held.session !== undefined) c.session[at] = add(held.session);
}
