import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../core/errors.ts';
import { mix32 } from '../core/hash.ts';
import { MINUTE } from '../core/watermark.ts';
import { DeviceMarket } from './devices.ts';
import { tailNames } from './kinds/naming.ts';
import type { Block } from './networks.ts';
import { drawBlock } from './networks.ts';
import { Random } from './random.ts';
import { DEFAULT_START } from './tenant-plan.ts';
import { makeFolder, onDisk } from './write-files.ts';

export interface BenchOptions {
  /** in all files together; default 2,000,000 */
  events?: number;
  /** in all tenants together, at most 1,000,000 a tenant; default 20,000 */
  accounts?: number;
  /** of each tenant; default 300 */
  interfaces?: number;
  /** files, one each; default 5 */
  tenants?: number;
  seed?: number;
  /** ms UTC; default 2026-03-02 */
  start?: number;
  /** length of the log, hours; default 24 */
  hours?: number;
}

export interface BenchFile {
  tenant: string;
  path: string;
  events: number;
  bytes: number;
  accounts: number;
}

/** Requests of an account that has come for a visit, a minute: with it the sparsity of real traffic is met (about two events an account minute). */
const EVENTS_PER_ACTIVE_MINUTE = 2;
const BUFFER = 1 << 22;
/** Bytes that one line can take at most. */
const LINE = 1024;

/**
 * Writes traffic for benches: `<dir>/<tenant>.log` in nginx-json, lines of about 380 bytes in the order of time, with
 * the hours of a day, visits, favourite objects and heavy-tailed interfaces. Bytes are made directly. Every account
 * comes at least once as long as there are twice as many events as accounts. Throws `usage` on sizes that make no sense.
 */
export function writeBench(dir: string, options: BenchOptions = {}): BenchFile[] {
  const { events = 2_000_000, accounts = 20_000, interfaces = 300, tenants = 5, seed = 1, start = DEFAULT_START, hours = 24 } = options;
  for (const [name, value] of Object.entries({ events, accounts, interfaces, tenants })) {
    if (!Number.isInteger(value) || value < 1) throw new WeirError('usage', `${name} is ${value}, it must be a whole number of at least 1`);
  }
  if (accounts / tenants > 1_000_000)
    throw new WeirError('usage', `${accounts} accounts in ${tenants} tenants: at most 1,000,000 a tenant`);
  onDisk(dir, () => makeFolder(dir));
  const files: BenchFile[] = [];
  for (let t = 0; t < tenants; t++) {
    const share = (total: number): number => Math.floor((total * (t + 1)) / tenants) - Math.floor((total * t) / tenants);
    const tenant = `bench-${t + 1}`;
    const path = join(dir, `${tenant}.log`);
    const size = { events: share(events), accounts: Math.max(1, share(accounts)), interfaces };
    const bytes = onDisk(path, () => writeTenant(path, tenant, new Random(seed, 'bench', t), size, start, hours));
    files.push({ tenant, path, events: size.events, bytes, accounts: size.accounts });
  }
  return files;
}

interface BenchInterface {
  /** `"request_method":"GET","http_host":"…","request_uri":"/api/v1/orders/` and what follows the id */
  before: Uint8Array;
  after: Uint8Array;
  hasId: boolean;
  size: number;
  time: number;
}

const encoder = new TextEncoder();

function drawInterfaces(random: Random, host: string, count: number): BenchInterface[] {
  const names = tailNames(random, Math.min(count, 1000));
  return Array.from({ length: count }, (_, i) => {
    const [area, aspect] = names[i % names.length];
    const version = 1 + Math.floor(i / names.length);
    const hasId = random.chance(0.6);
    const method = random.pick(['GET', 'GET', 'GET', 'GET', 'POST', 'PUT']);
    const head = `"request_method":"${method}","http_host":"${host}","request_uri":"/api/v${version}/${area}/${hasId ? '' : aspect}`;
    return {
      before: encoder.encode(head),
      after: encoder.encode(hasId ? `/${aspect}` : ''),
      hasId,
      size: Math.round(random.lognormal(1200, 0.9)),
      time: Math.round(random.lognormal(35, 0.7)),
    };
  });
}

/** Cumulated Zipf weights, scaled to 2^32. */
function popularity(count: number, exponent: number): Float64Array {
  const sums = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += 1 / (i + 1) ** exponent;
    sums[i] = total;
  }
  for (let i = 0; i < count; i++) sums[i] /= total;
  return sums;
}

function rank(sums: Float64Array, u: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle] < u) low = middle + 1;
    else high = middle;
  }
  return low;
}

const HOURS = [
  0.35, 0.2, 0.12, 0.08, 0.08, 0.14, 0.35, 0.65, 0.85, 0.95, 1, 1.1, 1.25, 1.1, 0.95, 0.9, 0.95, 1.05, 1.25, 1.45, 1.6, 1.55, 1.2, 0.7,
];
const OCTETS = Array.from({ length: 256 }, (_, i) => encoder.encode(String(i)));

function writeTenant(
  path: string,
  tenant: string,
  random: Random,
  size: { events: number; accounts: number; interfaces: number },
  start: number,
  hours: number,
): number {
  const host = `api.${tenant}.example`;
  const api = drawInterfaces(random, host, size.interfaces);
  const sums = popularity(api.length, 0.75);
  const market = new DeviceMarket(random, { app: 14, phone: 1, desktop: 1 });
  const agents = Array.from({ length: 400 }, () =>
    encoder.encode(`","http_user_agent":"${market.draw(random).agent}","http_x_consumer_id":"u`),
  );
  const towns = Array.from({ length: 60 }, () =>
    drawBlock(random, random.pick(['CN', 'DE', 'US', 'FR', 'JP']), random.chance(0.7) ? 'home' : 'mobile', 18),
  );
  const people = new Sweep(random, size.accounts);
  const minutes = hours * 60;
  const level = Array.from({ length: minutes }, (_, m) => HOURS[Math.floor(m / 60) % 24] * random.lognormal(1, 0.05));
  const total = level.reduce((sum, value) => sum + value, 0);
  const visitLength = Math.max(1, Math.min(12, size.events / size.accounts / 2));

  const out = new LineBuffer(path);
  const active: Int32Array = new Int32Array(Math.max(1, Math.ceil((size.events / minutes / EVENTS_PER_ACTIVE_MINUTE) * 3))).fill(-1);
  let written = 0;
  let sum = 0;
  for (let m = 0; m < minutes; m++) {
    sum += level[m];
    const due = m === minutes - 1 ? size.events : Math.round((size.events * sum) / total);
    const count = due - written;
    const times = new Uint32Array(count);
    for (let i = 0; i < count; i++) times[i] = random.int(MINUTE);
    times.sort();
    const places = Math.max(1, Math.min(active.length, Math.ceil(count / EVENTS_PER_ACTIVE_MINUTE)));
    out.minute(start + m * MINUTE);
    for (let i = 0; i < count; i++) {
      const place = random.int(places);
      let account = active[place];
      if (account < 0 || random.next() * visitLength < 1) {
        account = people.next();
        active[place] = account;
      }
      line(out, random, times[i], account, api[rank(sums, random.next())], agents[mix32(account) % agents.length], towns);
    }
    written = due;
  }
  return out.close();
}

/** Accounts in the order of their visits: every other one goes through all of them once, the rest are heavy-tailed. */
class Sweep {
  private readonly random: Random;
  private readonly count: number;
  private readonly stride: number;
  private at: number;
  private turn = 0;

  constructor(random: Random, count: number) {
    this.random = random;
    this.count = count;
    this.at = random.int(count);
    let stride = Math.max(1, Math.floor(count * 0.618));
    while (gcd(stride, count) !== 1) stride++;
    this.stride = stride;
  }

  next(): number {
    if ((this.turn++ & 1) === 1) return this.random.zipf(this.count, 0.55);
    this.at = (this.at + this.stride) % this.count;
    return this.at;
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

const TIME = encoder.encode('{"time_iso8601":"');
const MSEC = encoder.encode('+00:00","msec":"');
const ADDRESS = encoder.encode('","remote_addr":"');
const REST = encoder.encode('",');
const STATUS = encoder.encode('","status":');
const BYTES = encoder.encode(',"body_bytes_sent":');
const LENGTH = encoder.encode(',"request_length":');
const DURATION = encoder.encode(',"request_time":"');
const END = encoder.encode('"}\n');
const DOT = 0x2e;

/** Writes one line at `offset` ms of the buffer's minute. */
function line(
  out: LineBuffer,
  random: Random,
  offset: number,
  account: number,
  one: BenchInterface,
  agent: Uint8Array,
  towns: readonly Block[],
): void {
  const spin = random.word() >>> 0;
  out.room();
  out.put(TIME);
  out.put(out.iso);
  out.digits(Math.floor(offset / 1000), 2);
  out.put(MSEC);
  out.digits(out.second + Math.floor(offset / 1000), 10);
  out.byte(DOT);
  out.digits(offset % 1000, 3);
  out.put(ADDRESS);
  const town = towns[mix32(account ^ 0x51ed) % towns.length];
  const address = town.base + 1 + (mix32(account) & 0x3ffe & (2 ** (32 - town.bits) - 1));
  out.put(OCTETS[Math.floor(address / 16_777_216) & 255]);
  out.byte(DOT);
  out.put(OCTETS[(address >>> 16) & 255]);
  out.byte(DOT);
  out.put(OCTETS[(address >>> 8) & 255]);
  out.byte(DOT);
  out.put(OCTETS[address & 255]);
  out.put(REST);
  out.put(one.before);
  if (one.hasId) {
    // most objects are ones that the account had before
    const object = spin % 10 < 7 ? mix32(account * 8 + ((spin >>> 8) & 7)) % 900_000 : (spin >>> 4) % 900_000;
    out.digits(100_000 + object, 6);
    out.put(one.after);
  }
  out.put(STATUS);
  const kind = spin & 1023;
  out.digits(kind < 990 ? 200 : kind < 1004 ? 404 : kind < 1012 ? 401 : kind < 1019 ? 400 : 502, 3);
  out.put(BYTES);
  out.number(Math.round(one.size * (0.5 + ((spin >>> 10) & 1023) / 1024)));
  out.put(LENGTH);
  out.number(380 + ((spin >>> 20) & 255));
  out.put(DURATION);
  const duration = Math.max(1, Math.round(one.time * (0.4 + ((spin >>> 5) & 2047) / 1024)));
  out.number(Math.floor(duration / 1000));
  out.byte(DOT);
  out.digits(duration % 1000, 3);
  out.put(agent);
  out.digits(1_000_000 + account, 7);
  out.put(END);
}

/** Bytes on their way into a file. */
class LineBuffer {
  /** `2026-03-02T09:14:` of the current minute */
  iso: Uint8Array = new Uint8Array(0);
  /** its first second since the epoch */
  second = 0;
  private readonly file: number;
  private readonly bytes = new Uint8Array(BUFFER + LINE);
  private at = 0;
  private total = 0;

  constructor(path: string) {
    this.file = openSync(path, 'w');
  }

  minute(time: number): void {
    this.iso = encoder.encode(new Date(time).toISOString().slice(0, 17));
    this.second = Math.floor(time / 1000);
  }

  /** Makes sure that a line fits. */
  room(): void {
    if (this.at > BUFFER) this.flush();
  }

  put(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length < 32) for (let i = 0; i < length; i++) this.bytes[this.at + i] = bytes[i];
    else this.bytes.set(bytes, this.at);
    this.at += length;
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** A number with leading zeros. */
  digits(value: number, width: number): void {
    for (let i = width - 1; i >= 0; i--) {
      const tenth = Math.floor(value / 10);
      this.bytes[this.at + i] = 0x30 + value - tenth * 10;
      value = tenth;
    }
    this.at += width;
  }

  number(value: number): void {
    this.digits(
      value,
      value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : value < 100_000 ? 5 : value < 1_000_000 ? 6 : 9,
    );
  }

  private flush(): void {
    let done = 0;
    while (done < this.at) done += writeSync(this.file, this.bytes, done, this.at - done);
    this.total += this.at;
    this.at = 0;
  }

  /** Writes the rest; returns the bytes of the whole file. */
  close(): number {
    this.flush();
    closeSync(this.file);
    return this.total;
  }
}
