/** One event's numbers on their way into a batch, and its texts by reference into the stage's pools (-1 none). */
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
}

export const ROW_NUMBERS = Object.keys(new Row()) as (keyof Row)[];

/** An event that waits for its input's clock to be confirmed, with all that is needed to emit or refuse it. */
export interface HeldRow {
  row: Row;
  account: Uint8Array;
  /** the account is the address: one text */
  anonymous: boolean;
  interface: Uint8Array;
  address: Uint8Array;
  target: Uint8Array | undefined;
  session: Uint8Array | undefined;
  /** the record, shortened as in dead letters */
  raw: string;
}
