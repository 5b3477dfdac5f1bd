import { WeirError } from '../../core/errors.ts';
import { unsignedOf } from '../values/numbers.ts';
import type { AddressTables, AsnKinds, RangeTable } from './addresses.ts';
import { IpAddress, parseIp } from './ip-address.ts';
import { kindOfNetwork, NETWORK_KIND, namedKind } from './network-kinds.ts';

const decoder = new TextDecoder();

/** Ascending ranges under construction, on shared memory; a gap or a change of value starts a new one. */
class RangeBuilder {
  private starts = new Float64Array(1 << 14);
  private lows = new Uint32Array(1 << 14);
  private values = new Uint32Array(1 << 14);
  private n = 0;

  /** `high`: the address, or the upper 32 bits of a 64-bit one with `low` below. */
  add(high: number, low: number, value: number): void {
    if (this.n > 0 && this.starts[this.n - 1] === high && this.lows[this.n - 1] === low) this.n--;
    if (this.n > 0 && this.values[this.n - 1] === value) return;
    if (this.n === 0 && value === 0) return;
    if (this.n === this.starts.length) {
      this.starts = grown(this.starts, new Float64Array(this.n * 2));
      this.lows = grown(this.lows, new Uint32Array(this.n * 2));
      this.values = grown(this.values, new Uint32Array(this.n * 2));
    }
    this.starts[this.n] = high;
    this.lows[this.n] = low;
    this.values[this.n++] = value;
  }

  highs(): Uint32Array {
    return shared(this.starts, this.n);
  }

  lowWords(): Uint32Array {
    return shared(this.lows, this.n);
  }

  valueWords(): Uint32Array {
    return shared(this.values, this.n);
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function shared(from: Float64Array | Uint32Array, n: number): Uint32Array {
  const to = new Uint32Array(new SharedArrayBuffer(n * 4));
  to.set(from.subarray(0, n));
  return to;
}

function tableOf(v4: RangeBuilder, v6: RangeBuilder): RangeTable {
  return { v4Starts: v4.highs(), v4Values: v4.valueWords(), v6High: v6.highs(), v6Low: v6.lowWords(), v6Values: v6.valueWords() };
}

/** Tables from the packaged databases: country as MaxMind DB, network numbers as CSV of start,end,number,name. */
export function parsePacked(country: Uint8Array, asnV4: Uint8Array, asnV6: Uint8Array): AddressTables {
  const names = new NetworkNames();
  const asn = tableOf(parseV4(asnV4, names), parseV6(asnV6, names));
  return { country: parseMmdb(country), asn, kindsOfAsn: names.kinds(), origin: 'packaged databases (@ip-location-db)' };
}

/** Gathers the kinds of networks from their names, each network once. */
class NetworkNames {
  private readonly known = new Map<number, number>();
  private last = -1;

  /** bytes[start, end): the name of a network's organisation, quoted or not. */
  note(asn: number, bytes: Uint8Array, start: number, end: number): void {
    if (asn === this.last) return;
    this.last = asn;
    if (!this.known.has(asn)) this.known.set(asn, kindOfNetwork(asn, decoder.decode(bytes.subarray(start, end))));
  }

  kinds(): AsnKinds {
    const known = [...this.known].filter(([, kind]) => kind !== NETWORK_KIND.unknown).sort(([a], [b]) => a - b);
    const numbers = new Uint32Array(new SharedArrayBuffer(known.length * 4));
    const kinds = new Uint8Array(new SharedArrayBuffer(known.length));
    known.forEach(([asn, kind], i) => {
      numbers[i] = asn;
      kinds[i] = kind;
    });
    return { numbers, kinds };
  }
}

/** Lines `start,end,asn,"name"`, addresses as numbers, ascending and disjoint. */
function parseV4(bytes: Uint8Array, names: NetworkNames): RangeBuilder {
  const builder = new RangeBuilder();
  let next = 0;
  for (let at = 0; at < bytes.length; ) {
    let start = 0;
    let c = bytes[at];
    while (c >= 0x30 && c <= 0x39) {
      start = start * 10 + c - 0x30;
      c = bytes[++at];
    }
    let end = 0;
    c = bytes[++at];
    while (c >= 0x30 && c <= 0x39) {
      end = end * 10 + c - 0x30;
      c = bytes[++at];
    }
    let asn = 0;
    c = bytes[++at];
    while (c >= 0x30 && c <= 0x39) {
      asn = asn * 10 + c - 0x30;
      c = bytes[++at];
    }
    if (start > next) builder.add(next, 0, 0);
    builder.add(start, 0, asn);
    next = end + 1;
    const feed = bytes.indexOf(0x0a, at);
    names.note(asn, bytes, at + 1, feed < 0 ? bytes.length : feed);
    if (feed < 0) break;
    at = feed + 1;
  }
  if (next <= 0xffffffff) builder.add(next, 0, 0);
  return builder;
}

function parseV6(bytes: Uint8Array, names: NetworkNames): RangeBuilder {
  const builder = new RangeBuilder();
  const address = new IpAddress();
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, at);
    const stop = feed < 0 ? bytes.length : feed;
    const first = bytes.indexOf(0x2c, at);
    const second = bytes.indexOf(0x2c, first + 1);
    let third = bytes.indexOf(0x2c, second + 1);
    if (third < 0 || third > stop) third = stop;
    if (first > 0 && second > first && second < stop && parseIp(bytes, at, first, address)) {
      const asn = Math.max(0, unsignedOf(bytes, second + 1, third));
      builder.add(address.words[0], address.words[1], asn);
      names.note(asn, bytes, third + 1, stop);
      if (parseIp(bytes, first + 1, second, address)) addBehind(builder, address.words[0], address.words[1]);
    }
    at = stop + 1;
  }
  return builder;
}

/** Nothing is known behind the 64-bit prefix (high, low), until something is added there. */
function addBehind(builder: RangeBuilder, high: number, low: number): void {
  if (low < 0xffffffff) builder.add(high, low + 1, 0);
  else if (high < 0xffffffff) builder.add(high + 1, 0, 0);
}

/**
 * Countries of a MaxMind DB (format 2.0) that maps the IPv6 space, IPv4 in ::/96: its tree is walked once in order of
 * address. A record beyond the tree points at a map with `country_code`.
 */
export function parseMmdb(bytes: Uint8Array): RangeTable {
  const marker = lastIndexOf(bytes, [0xab, 0xcd, 0xef, ...new TextEncoder().encode('MaxMind.com')]);
  if (marker < 0) throw new WeirError('input_format', 'the country database is no MaxMind DB: its metadata is missing');
  const metadata = new MmdbData(bytes, marker + 14).read(0).value as Record<string, number>;
  const nodes = metadata.node_count;
  const size = metadata.record_size;
  if (metadata.ip_version !== 6 || ![24, 28, 32].includes(size)) {
    throw new WeirError(
      'input_format',
      `the country database has IP version ${metadata.ip_version} and records of ${size} bits; 6 and 24, 28 or 32 are read`,
    );
  }
  const treeSize = (nodes * size) / 4;
  const data = new MmdbData(bytes, treeSize + 16);
  const countries = new Map<number, number>();
  const countryAt = (record: number): number => {
    const offset = record - nodes - 16;
    let code = countries.get(offset);
    if (code === undefined) {
      const value = data.read(offset).value as { country_code?: string };
      code = packCountry(value.country_code ?? '');
      countries.set(offset, code);
    }
    return code;
  };
  const record = (node: number, side: number): number => {
    const at = (node * size) / 4;
    if (size === 24) return (bytes[at + 3 * side] << 16) | (bytes[at + 3 * side + 1] << 8) | bytes[at + 3 * side + 2];
    if (size === 32)
      return (
        ((bytes[at + 4 * side] << 24) | (bytes[at + 4 * side + 1] << 16) | (bytes[at + 4 * side + 2] << 8) | bytes[at + 4 * side + 3]) >>> 0
      );
    const high = side === 0 ? bytes[at + 3] >>> 4 : bytes[at + 3] & 15;
    const from = at + 4 * side;
    return high * 0x1000000 + ((bytes[from] << 16) | (bytes[from + 1] << 8) | bytes[from + 2]);
  };
  const v4 = new RangeBuilder();
  const v6 = new RangeBuilder();
  // `high`, `low`: first address below this node, the last 32 (v4) or first 64 (v6) bits of it.
  const walk4 = (node: number, depth: number, address: number): void => {
    if (node < nodes) {
      walk4(record(node, 0), depth + 1, address);
      walk4(record(node, 1), depth + 1, address + 2 ** (31 - depth));
    } else v4.add(address, 0, node === nodes ? 0 : countryAt(node));
  };
  const walk6 = (node: number, depth: number, high: number, low: number): void => {
    if (node >= nodes) {
      v6.add(high, low, node === nodes ? 0 : countryAt(node));
      return;
    }
    if (depth === 64) return; // finer than a /64: IPv4 below ::/64 and single hosts
    walk6(record(node, 0), depth + 1, high, low);
    if (depth < 32) walk6(record(node, 1), depth + 1, high + 2 ** (31 - depth), low);
    else walk6(record(node, 1), depth + 1, high, low + 2 ** (63 - depth));
  };
  let root4 = 0;
  for (let depth = 0; depth < 96 && root4 < nodes; depth++) root4 = record(root4, 0);
  walk4(root4, 0, 0);
  walk6(0, 0, 0, 0);
  return tableOf(v4, v6);
}

function lastIndexOf(bytes: Uint8Array, pattern: readonly number[]): number {
  for (let at = bytes.length - pattern.length; at >= 0; at--) {
    let i = 0;
    while (i < pattern.length && bytes[at + i] === pattern[i]) i++;
    if (i === pattern.length) return at;
  }
  return -1;
}

/** Two letters as c0 << 8 | c1; 0 for anything else. */
export function packCountry(code: string): number {
  return /^[A-Za-z]{2}$/.test(code) ? (code.toUpperCase().charCodeAt(0) << 8) | code.toUpperCase().charCodeAt(1) : 0;
}

/** Reads values of a MaxMind DB's data section (specification 2.0), as far as country databases and metadata use them. */
class MmdbData {
  private readonly bytes: Uint8Array;
  private readonly base: number;

  constructor(bytes: Uint8Array, base: number) {
    this.bytes = bytes;
    this.base = base;
  }

  read(offset: number): { value: unknown; next: number } {
    const { bytes, base } = this;
    let at = base + offset;
    const control = bytes[at++];
    let type = control >> 5;
    if (type === 1) {
      const sizeBits = (control >> 3) & 3;
      let pointer = sizeBits === 3 ? 0 : control & 7;
      for (let i = 0; i <= sizeBits; i++) pointer = pointer * 256 + bytes[at++];
      pointer += sizeBits === 1 ? 2048 : sizeBits === 2 ? 526336 : 0;
      return { value: this.read(pointer).value, next: at - base };
    }
    if (type === 0) type = 7 + bytes[at++];
    let size = control & 31;
    if (size === 29) size = 29 + bytes[at++];
    else if (size === 30) {
      size = 285 + (bytes[at] << 8) + bytes[at + 1];
      at += 2;
    } else if (size === 31) {
      size = 65821 + (bytes[at] << 16) + (bytes[at + 1] << 8) + bytes[at + 2];
      at += 3;
    }
    if (type === 7) {
      const value: Record<string, unknown> = {};
      let next = at - base;
      for (let i = 0; i < size; i++) {
        const key = this.read(next);
        const entry = this.read(key.next);
        value[String(key.value)] = entry.value;
        next = entry.next;
      }
      return { value, next };
    }
    if (type === 11) {
      const value: unknown[] = [];
      let next = at - base;
      for (let i = 0; i < size; i++) {
        const entry = this.read(next);
        value.push(entry.value);
        next = entry.next;
      }
      return { value, next };
    }
    if (type === 2) return { value: decoder.decode(bytes.subarray(at, at + size)), next: at + size - base };
    if (type === 14) return { value: size === 1, next: at - base };
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i];
    return { value, next: at + size - base };
  }
}

interface Prefix {
  /** first and last 64-bit prefix (IPv6) or address (IPv4) */
  start: bigint;
  end: bigint;
  country: number;
  asn: number;
  /** NETWORK_KIND */
  kind: number;
}

/**
 * Tables from an operator's CSV: a header line naming its columns among prefix,country,region,asn,organisation,kind, then
 * a line a prefix. Prefixes may lie inside each other: the narrower one wins.
 */
export function parseOperatorCsv(bytes: Uint8Array, path: string): AddressTables {
  const lines = decoder.decode(bytes).split(/\r?\n/);
  const header = cells(lines[0] ?? '').map((cell) => cell.trim().toLowerCase());
  const column = (name: string) => header.indexOf(name);
  if (column('prefix') < 0 || (column('country') < 0 && column('asn') < 0 && column('kind') < 0)) {
    throw new WeirError(
      'input_format',
      `${path} line 1: '${(lines[0] ?? '').slice(0, 80)}' names no columns; prefix,country,region,asn,organisation,kind are expected`,
    );
  }
  const v4: Prefix[] = [];
  const v6: Prefix[] = [];
  lines.slice(1).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const values = cells(line);
    const where = `${path} line ${index + 2}`;
    const country = (values[column('country')] ?? '').trim();
    const number = (values[column('asn')] ?? '').trim().replace(/^AS/i, '');
    if (country !== '' && packCountry(country) === 0)
      throw new WeirError('input_format', `${where}: '${country}' is no country; two letters are`);
    if (number !== '' && !(/^\d+$/.test(number) && Number(number) <= 0xffffffff))
      throw new WeirError('input_format', `${where}: '${number}' is no network number`);
    const word = (values[column('kind')] ?? '').trim();
    const kind = word === '' ? kindOfNetwork(Number(number), values[column('organisation')]) : namedKind(word);
    if (kind === undefined)
      throw new WeirError(
        'input_format',
        `${where}: '${values[column('kind')]}' is no kind of network; ${Object.keys(NETWORK_KIND).join(', ')} are`,
      );
    const range = rangeOf((values[column('prefix')] ?? '').trim());
    if (range === undefined)
      throw new WeirError('input_format', `${where}: '${values[column('prefix')]}' is no prefix; 203.0.113.0/24 or 2001:db8::/32 is`);
    (range.family === 4 ? v4 : v6).push({ start: range.start, end: range.end, country: packCountry(country), asn: Number(number), kind });
  });
  const build = (value: 'country' | 'asn' | 'kind') => tableOf(flatten(v4, value, 32n), flatten(v6, value, 64n));
  return { country: build('country'), asn: build('asn'), kind: build('kind'), origin: path };
}

function cells(line: string): string[] {
  const out: string[] = [];
  for (const match of line.matchAll(/("(?:[^"]|"")*"|[^,]*)(,|$)/g)) {
    const text = match[1];
    out.push(text.startsWith('"') ? text.slice(1, -1).replace(/""/g, '"') : text);
    if (match[2] === '') break;
  }
  return out;
}

function rangeOf(text: string): { family: 4 | 6; start: bigint; end: bigint } | undefined {
  const [base, length] = text.split('/');
  const address = new IpAddress();
  const raw = new TextEncoder().encode(base);
  if (!parseIp(raw, 0, raw.length, address) || address.family === 0) return undefined;
  const most = address.family === 4 ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  if (!Number.isInteger(bits) || bits < 0 || bits > most) return undefined;
  const width = address.family === 4 ? 32n : 64n;
  const value = address.family === 4 ? BigInt(address.words[3]) : (BigInt(address.words[0]) << 32n) | BigInt(address.words[1]);
  const free = width - BigInt(Math.min(bits, Number(width)));
  const start = (value >> free) << free;
  return { family: address.family, start, end: start + (1n << free) - 1n };
}

/** Disjoint ranges of nested prefixes: outer ones first, inner ones cut into them. */
function flatten(prefixes: Prefix[], value: 'country' | 'asn' | 'kind', width: bigint): RangeBuilder {
  const builder = new RangeBuilder();
  const sorted = [...prefixes].sort((a, b) =>
    a.start < b.start ? -1 : a.start > b.start ? 1 : a.end > b.end ? -1 : a.end < b.end ? 1 : 0,
  );
  const add = (at: bigint, number: number) => {
    if (width === 32n) builder.add(Number(at), 0, number);
    else builder.add(Number(at >> 32n), Number(at & 0xffffffffn), number);
  };
  const last = (1n << width) - 1n;
  const open: { end: bigint; value: number }[] = [];
  const closeBefore = (limit: bigint) => {
    for (let top = open.at(-1); top !== undefined && top.end < limit; top = open.at(-1)) {
      open.pop();
      if (top.end < last) add(top.end + 1n, open.at(-1)?.value ?? 0);
    }
  };
  for (const prefix of sorted) {
    closeBefore(prefix.start);
    // A prefix that says nothing of this column leaves what the wider one says.
    const number = prefix[value] === 0 ? (open.at(-1)?.value ?? 0) : prefix[value];
    open.push({ end: prefix.end, value: number });
    add(prefix.start, number);
  }
  closeBefore(last + 1n);
  return builder;
}
