import { WeirError } from '../../core/errors.ts';
import { unsignedOf } from '../values/numbers.ts';
import { IpAddress, parseIp, parseNetwork } from './ip-address.ts';
import { dayOf, NEVER, type NetworkTable, NetworkTableBuilder } from './network-table.ts';

/** Networks a list may hold: what is more is no list of addresses but an export of something else. */
export const MOST_NETWORKS = 1_000_000;
/** Bad entries that are told of one by one. */
const TOLD = 5;
const [TAB, SPACE, HASH, SLASH, SEMICOLON] = [0x09, 0x20, 0x23, 0x2f, 0x3b];
const decoder = new TextDecoder();

/** What a list's file holds. */
export interface ListContent {
  table: NetworkTable;
  networks: number;
  /** networks whose entry ends, by the day on which it no longer holds */
  ends: ReadonlyMap<number, number>;
  /** entries that are no network, or with a date that is none: left out */
  bad: number;
  /** `PATH line 7: 'x' is no network…`, the first few */
  problems: string[];
}

/**
 * Reads a list of networks, in any of these forms:
 * - a network a line; `#` or `;` begins a comment;
 * - CSV with a header line that names `network`, and `until` (first day, UTC, on which it no longer holds) and `note` as
 *   it likes, in any order;
 * - the JSON in which search engines and clouds publish theirs: `prefixes` (and `ipv6_prefixes`) of objects with
 *   `ipv4Prefix`, `ipv6Prefix`, `ip_prefix` or `ipv6_prefix`.
 * A bad entry does not void the others: it is counted, and the first few are told.
 * @param until day from which on nothing of the list holds (network-table.ts)
 * @throws WeirError `input_format` for a file none of whose entries is a network, or with more than MOST_NETWORKS
 */
export function parseListFile(bytes: Uint8Array, path: string, until = NEVER): ListContent {
  const gathered = new Gathered(path, until);
  const first = firstSign(bytes);
  if (bytes[first] === 0x7b || bytes[first] === 0x5b) readJson(decoder.decode(bytes), gathered);
  else readLines(bytes, gathered);
  return gathered.content();
}

/** The networks that the config itself lists; they were checked with it. */
export function listedNetworks(networks: readonly string[], until = NEVER): ListContent {
  const gathered = new Gathered('networks', until);
  networks.forEach((network, i) => {
    gathered.add(network, '', i + 1);
  });
  return gathered.content();
}

/** What the number of an entry counts. */
type Unit = 'line' | 'entry';

class Gathered {
  readonly path: string;
  private readonly until: number;
  private readonly builder = new NetworkTableBuilder();
  private readonly address = new IpAddress();
  private readonly ends = new Map<number, number>();
  private bad = 0;
  private readonly problems: string[] = [];
  private lastDate = '';
  private lastDay = NEVER;

  constructor(path: string, until: number) {
    this.path = path;
    this.until = until;
  }

  /** `number`: of the line, or of the entry where there are no lines. */
  add(network: string, until: string, number: number, unit: Unit = 'line'): void {
    const bits = parseNetwork(network, this.address);
    if (bits < 0) return this.refuse(`'${network.slice(0, 80)}' is no network; 203.0.113.0/24 or 2001:db8::/32 is`, number, unit);
    const day = this.dayOf(until);
    if (day < 0) return this.refuse(`'${until.slice(0, 80)}' is no date; 2026-12-31 is`, number, unit);
    this.enter(bits, Math.min(day, this.until), number, unit);
  }

  /** -1: no date. Neighbouring entries often end on the same day. */
  private dayOf(until: string): number {
    if (until === '') return NEVER;
    if (until !== this.lastDate) {
      this.lastDate = until;
      this.lastDay = isDate(until) ? dayOf(until) : -1;
    }
    return this.lastDay;
  }

  /** A line that is a network and nothing else; most are plain, and read as they lie. */
  addSpan(bytes: Uint8Array, start: number, stop: number, number: number): void {
    let slash = start;
    while (slash < stop && bytes[slash] !== SLASH) slash++;
    const { address } = this;
    const bits = slash === stop ? 32 : unsignedOf(bytes, slash + 1, stop);
    if (
      bits >= 0 &&
      bits <= 32 &&
      stop - slash <= 3 &&
      parseIp(bytes, start, slash, address) &&
      address.family === 4 &&
      isDotted(bytes, start, slash)
    )
      this.enter(bits, this.until, number, 'line');
    else this.add(decoder.decode(bytes.subarray(start, stop)), '', number);
  }

  private enter(bits: number, until: number, number: number, unit: Unit): void {
    if (this.builder.size === MOST_NETWORKS) {
      throw new WeirError(
        'input_format',
        `${this.path} ${unit} ${number}: a list holds at most ${MOST_NETWORKS} networks; join neighbouring ones, or make two lists of it`,
      );
    }
    if (until !== NEVER) this.ends.set(until, (this.ends.get(until) ?? 0) + 1);
    this.builder.add(this.address, bits, until);
  }

  private refuse(problem: string, number: number, unit: Unit): void {
    this.bad++;
    if (this.problems.length < TOLD) this.problems.push(`${this.path} ${unit} ${number}: ${problem}`);
  }

  content(): ListContent {
    const { builder, bad, problems, ends } = this;
    if (builder.size === 0 && bad > 0) throw new WeirError('input_format', `${problems[0]} (and nothing else in it is one)`);
    return { table: builder.build(), networks: builder.size, ends, bad, problems };
  }
}

/** Whether it is written as IPv4, not as IPv4 within IPv6. */
function isDotted(bytes: Uint8Array, start: number, stop: number): boolean {
  for (let i = start; i < stop; i++) if (bytes[i] === 0x3a) return false;
  return true;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Where a file begins that may have a byte order mark and blank lines before. */
function firstSign(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && bytes[at] <= SPACE) at++;
  return at;
}

function readLines(bytes: Uint8Array, gathered: Gathered): void {
  let columns: { network: number; until: number } | undefined;
  let first = true;
  let number = 0;
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, at);
    let start = at === 0 && bytes[0] === 0xef ? 3 : at;
    let stop = feed < 0 ? bytes.length : feed;
    at = stop + 1;
    number++;
    while (start < stop && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
    if (columns === undefined) for (let i = start; i < stop; i++) if (bytes[i] === HASH || bytes[i] === SEMICOLON) stop = i;
    while (stop > start && bytes[stop - 1] <= SPACE) stop--;
    if (start === stop || bytes[start] === HASH) continue;
    if (first) {
      first = false;
      columns = headerOf(decoder.decode(bytes.subarray(start, stop)));
      if (columns !== undefined) continue;
    }
    if (columns === undefined) gathered.addSpan(bytes, start, stop, number);
    else {
      const cells = decoder.decode(bytes.subarray(start, stop)).split(',').map(unquoted);
      gathered.add(cells[columns.network] ?? '', columns.until < 0 ? '' : (cells[columns.until] ?? ''), number);
    }
  }
}

/** Columns of a CSV's first line; undefined where it is none. A note may hold commas only where it is the last column. */
function headerOf(line: string): { network: number; until: number } | undefined {
  const names = line.split(',').map((cell) => unquoted(cell).toLowerCase());
  const network = names.indexOf('network');
  return network < 0 ? undefined : { network, until: names.indexOf('until') };
}

function unquoted(cell: string): string {
  return cell
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
}

function readJson(text: string, gathered: Gathered): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new WeirError('input_format', `${gathered.path}: begins as JSON and is none (${(cause as Error).message})`, { cause });
  }
  const { prefixes, ipv6_prefixes } = (document ?? {}) as { prefixes?: unknown; ipv6_prefixes?: unknown };
  if (!Array.isArray(prefixes))
    throw new WeirError('input_format', `${gathered.path}: JSON without a list \`prefixes\`, in which ranges are published`);
  [...prefixes, ...(Array.isArray(ipv6_prefixes) ? ipv6_prefixes : [])].forEach((entry: unknown, i) => {
    const { ipv4Prefix, ipv6Prefix, ip_prefix, ipv6_prefix } = (entry ?? {}) as Record<string, unknown>;
    const network = ipv4Prefix ?? ipv6Prefix ?? ip_prefix ?? ipv6_prefix;
    gathered.add(typeof network === 'string' ? network : JSON.stringify(entry), '', i + 1, 'entry');
  });
}
