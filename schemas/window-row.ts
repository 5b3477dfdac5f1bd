/**
 * Rows of the windows table as tab-separated text, written straight into bytes: a run stores up to a million of them.
 * Used by workers; the store loads the bytes as they are. Column order: tenant, view, size, key, start, end, final, values.
 */

/** The columns of a row, in order. */
export const WINDOW_ROW_COLUMNS = ['tenant', 'view', 'size', 'key', 'start', 'end', 'final', 'values'] as const;

/** Longest text that one character of a JavaScript string can become in UTF-8. */
const UTF8_MAX = 3;
/** Bytes that a number can take: a sign, 17 digits, a point, an exponent. */
const NUMBER_MAX = 26;

const TAB = 9;
const NEWLINE = 10;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const BACKSLASH = 92;

const encoder = new TextEncoder();

/** A growing buffer of tab-separated text. `take` hands over what was written and starts anew. */
export class TsvWriter {
  bytes: Uint8Array;
  length = 0;
  private readonly initial: number;

  constructor(capacity = 1 << 16) {
    this.initial = capacity;
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const wider = new Uint8Array(Math.max(this.bytes.length * 2, this.length + size));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Text with tab, newline, carriage return, backslash and NUL escaped; lone surrogates become U+FFFD. */
  text(text: string): void {
    this.reserve(text.length * UTF8_MAX * 2);
    const bytes = this.bytes;
    let at = this.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.length = at;
        this.wide(text, i);
        return;
      }
      const escaped = escapeOf(code);
      if (escaped !== 0) {
        bytes[at++] = BACKSLASH;
        bytes[at++] = escaped;
      } else bytes[at++] = code;
    }
    this.length = at;
  }

  private wide(text: string, from: number): void {
    for (const byte of encoder.encode(text.slice(from))) {
      const escaped = byte < 0x80 ? escapeOf(byte) : 0;
      if (escaped !== 0) {
        this.bytes[this.length++] = BACKSLASH;
        this.bytes[this.length++] = escaped;
      } else this.bytes[this.length++] = byte;
    }
  }

  /** A finite number; integers below 2^53 take the fast way. */
  number(value: number): void {
    this.reserve(NUMBER_MAX);
    if (value >= 0 && value < 10) {
      const digit = value | 0;
      if (digit === value) {
        this.bytes[this.length++] = ZERO + digit;
        return;
      }
    }
    if (Number.isSafeInteger(value) && value >= 0) this.digits(value);
    else this.text(String(value));
  }

  /** A time, ms since the epoch (>= 0, integer), as seconds with three decimals. */
  time(ms: number): void {
    this.reserve(NUMBER_MAX);
    const seconds = Math.floor(ms / 1000);
    const rest = ms - seconds * 1000;
    this.digits(seconds);
    const bytes = this.bytes;
    bytes[this.length++] = POINT;
    bytes[this.length++] = ZERO + ((rest / 100) | 0);
    bytes[this.length++] = ZERO + (((rest / 10) | 0) % 10);
    bytes[this.length++] = ZERO + (rest % 10);
  }

  private digits(value: number): void {
    let size = 1;
    for (let limit = 10; value >= limit; limit *= 10) size++;
    let at = this.length + size;
    this.length = at;
    const bytes = this.bytes;
    let high = value;
    while (high > 0x7fffffff) {
      const next = Math.floor(high / 10);
      bytes[--at] = ZERO + (high - next * 10);
      high = next;
    }
    let low = high | 0;
    do {
      const next = (low / 10) | 0;
      bytes[--at] = ZERO + (low - next * 10);
      low = next;
    } while (low > 0);
  }

  /** What was written, as bytes that nobody else holds; the writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    if (this.bytes.length > this.initial * 16) this.bytes = new Uint8Array(this.initial);
    return taken;
  }
}

/** The letter after the backslash, 0 when the byte stands for itself. */
function escapeOf(byte: number): number {
  switch (byte) {
    case TAB:
      return 116; // t
    case NEWLINE:
      return 110; // n
    case 13:
      return 114; // r
    case BACKSLASH:
      return BACKSLASH;
    case 0:
      return ZERO;
    default:
      return 0;
  }
}

/** One window as the table keeps it. */
export interface WindowRow {
  tenant: string;
  view: 'account' | 'interface' | 'source' | 'target';
  /** `1h` for hour panes (values as the view's feature list), `1m` for minute panes (values as MINUTE_COUNTERS) */
  size: '1h' | '1m';
  key: string;
  /** ms since the epoch, UTC, not before 1970 */
  start: number;
  /** exclusive */
  end: number;
  /** false: closed by a provisional end of the input */
  final: boolean;
  /** one number a feature; zeros at the end are left out, readers put them back. Integers are exact; the table may round others in the last digit */
  values: ArrayLike<number>;
  /** where this window's values begin in `values` and how many there are; the whole of it by default */
  offset?: number;
  count?: number;
}

/** Appends one row. */
export function appendWindowRow(out: TsvWriter, row: WindowRow): void {
  const { values } = row;
  const offset = row.offset ?? 0;
  let end = offset + (row.count ?? values.length - offset);
  while (end > offset && values[end - 1] === 0) end--;
  out.text(row.tenant);
  out.byte(TAB);
  out.text(row.view);
  out.byte(TAB);
  out.text(row.size);
  out.byte(TAB);
  out.text(row.key);
  out.byte(TAB);
  out.time(row.start);
  out.byte(TAB);
  out.time(row.end);
  out.byte(TAB);
  out.byte(ZERO + (row.final ? 1 : 0));
  out.byte(TAB);
  out.byte(91); // [
  for (let i = offset; i < end; i++) {
    if (i > offset) out.byte(COMMA);
    out.number(values[i]);
  }
  out.byte(93); // ]
  out.byte(NEWLINE);
}
