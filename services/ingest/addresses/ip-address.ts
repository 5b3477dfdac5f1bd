import { combine32, mix32 } from '../../core/hash.ts';
import { hexDigit } from '../records/json-scanner.ts';

/**
 * An address as numbers. `family` 0: not an address; 4: `words[3]`; 6: `words[0..3]`, most significant first.
 * IPv4-mapped IPv6 (::ffff:a.b.c.d) is family 4. Reused as an out parameter.
 */
export class IpAddress {
  family: 0 | 4 | 6 = 0;
  readonly words = new Uint32Array(4);
}

/**
 * Reads bytes[start, end): an IPv4 address (four decimal parts without leading zeros: 010.0.0.1 means different things
 * to different programs and is refused) or an IPv6 address (RFC 4291, a zone behind % is ignored). No port, no brackets.
 */
export function parseIp(bytes: Uint8Array, start: number, end: number, out: IpAddress): boolean {
  out.family = 0;
  if (end - start < 2 || end - start > 64) return false;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === 0x2e) return parseV4(bytes, start, end, out);
    if (c === 0x3a) return parseV6(bytes, start, end, out);
  }
  return false;
}

function v4Word(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  let parts = 0;
  let i = start;
  for (;;) {
    const from = i;
    let part = 0;
    while (i < end && bytes[i] >= 0x30 && bytes[i] <= 0x39 && i - from < 4) part = part * 10 + (bytes[i++] - 0x30);
    if (i === from || i - from > 3 || part > 255 || (i - from > 1 && bytes[from] === 0x30)) return -1;
    word = word * 256 + part;
    parts++;
    if (i === end) return parts === 4 ? word : -1;
    if (bytes[i] !== 0x2e || parts === 4) return -1;
    i++;
  }
}

function parseV4(bytes: Uint8Array, start: number, end: number, out: IpAddress): boolean {
  const word = v4Word(bytes, start, end);
  if (word < 0) return false;
  setV4(out, word);
  return true;
}

function setV4(out: IpAddress, word: number): void {
  out.family = 4;
  out.words[0] = 0;
  out.words[1] = 0;
  out.words[2] = 0;
  out.words[3] = word;
}

const groups = 8;

function parseV6(bytes: Uint8Array, start: number, end: number, out: IpAddress): boolean {
  const parts = new Uint16Array(groups);
  let count = 0;
  let gap = -1;
  let i = start;
  for (let k = start; k < end; k++) if (bytes[k] === 0x25) end = k;
  if (bytes[i] === 0x3a) {
    if (bytes[i + 1] !== 0x3a) return false;
    gap = 0;
    i += 2;
  }
  while (i < end) {
    if (count === groups) return false;
    const from = i;
    let part = 0;
    let digit = hexDigit(bytes[i]);
    while (i < end && digit >= 0 && i - from < 5) {
      part = (part << 4) | digit;
      digit = hexDigit(bytes[++i]);
    }
    if (i < end && bytes[i] === 0x2e) {
      const word = v4Word(bytes, from, end);
      if (word < 0 || count > 6) return false;
      parts[count++] = word >>> 16;
      parts[count++] = word & 0xffff;
      i = end;
      break;
    }
    if (i === from || i - from > 4) return false;
    parts[count++] = part;
    if (i === end) break;
    if (bytes[i] !== 0x3a) return false;
    i++;
    if (i < end && bytes[i] === 0x3a) {
      if (gap >= 0) return false;
      gap = count;
      i++;
    } else if (i === end) return false;
  }
  if (gap < 0 ? count !== groups : count >= groups) return false;
  if (gap >= 0) {
    const tail = count - gap;
    for (let k = 0; k < tail; k++) parts[groups - 1 - k] = parts[count - 1 - k];
    for (let k = gap; k < groups - tail; k++) parts[k] = 0;
  }
  if ((parts[0] | parts[1] | parts[2] | parts[3] | parts[4]) === 0 && parts[5] === 0xffff) {
    setV4(out, parts[6] * 65536 + parts[7]);
    return true;
  }
  out.family = 6;
  for (let k = 0; k < 4; k++) out.words[k] = parts[2 * k] * 65536 + parts[2 * k + 1];
  return true;
}

/** Canonical text: dotted decimal, or RFC 5952 (lower case, longest run of zero groups as ::). */
export function ipText(address: IpAddress): string {
  const w = address.words;
  if (address.family === 4) return `${w[3] >>> 24}.${(w[3] >>> 16) & 255}.${(w[3] >>> 8) & 255}.${w[3] & 255}`;
  const parts: number[] = [];
  for (let k = 0; k < 4; k++) parts.push(w[k] >>> 16, w[k] & 0xffff);
  let best = -1;
  let bestLength = 1;
  for (let k = 0; k < groups; k++) {
    let length = 0;
    while (k + length < groups && parts[k + length] === 0) length++;
    if (length > bestLength) {
      best = k;
      bestLength = length;
    }
  }
  const text = (from: number, to: number) =>
    parts
      .slice(from, to)
      .map((part) => part.toString(16))
      .join(':');
  return best < 0 ? text(0, groups) : `${text(0, best)}::${text(best + bestLength, groups)}`;
}

/** Hash of the network prefix: /24 of IPv4, /48 of IPv6. Never 0. */
export function prefixHash(address: IpAddress): number {
  const w = address.words;
  const hash = address.family === 4 ? combine32(4, w[3] >>> 8) : combine32(combine32(6, w[0]), w[1] >>> 16);
  return hash === 0 ? mix32(1) : hash;
}

const encoder = new TextEncoder();

/**
 * Reads a network written as `10.0.0.0/8`, `2001:db8::/32` or a single address: its address goes into `out`, its prefix
 * length is returned; -1 for what is none. ::ffff:10.0.0.0/104 is 10.0.0.0/8.
 */
export function parseNetwork(text: string, out: IpAddress): number {
  const [base, length, ...more] = text.trim().split('/');
  const bytes = encoder.encode(base);
  if (more.length > 0 || !parseIp(bytes, 0, bytes.length, out)) return -1;
  const most = out.family === 4 ? 32 : 128;
  if (length === undefined) return most;
  if (!/^\d{1,3}$/.test(length)) return -1;
  const bits = out.family === 4 && base.includes(':') ? Number(length) - 96 : Number(length);
  return bits < 0 || bits > most ? -1 : bits;
}

/** A set of networks given as `10.0.0.0/8`, `2001:db8::/32` or single addresses. */
export class NetworkList {
  private readonly networks: { family: 4 | 6; words: Uint32Array; bits: number }[] = [];

  /** Throws RangeError naming an entry that is no network. */
  constructor(texts: readonly string[]) {
    const address = new IpAddress();
    for (const text of texts) {
      const bits = parseNetwork(text, address);
      if (bits < 0 || address.family === 0) {
        throw new RangeError(`'${text}' is no network: an address with a prefix length is, as in 10.0.0.0/8 or 2001:db8::/32`);
      }
      this.networks.push({ family: address.family, words: Uint32Array.from(address.words), bits });
    }
  }

  get size(): number {
    return this.networks.length;
  }

  has(address: IpAddress): boolean {
    for (const network of this.networks) {
      if (network.family !== address.family) continue;
      if (
        network.family === 4
          ? sameBits(network.words[3], address.words[3], network.bits)
          : sameBits6(network.words, address.words, network.bits)
      )
        return true;
    }
    return false;
  }
}

function sameBits(a: number, b: number, bits: number): boolean {
  return bits <= 0 || (a ^ b) >>> (32 - bits) === 0;
}

function sameBits6(a: Uint32Array, b: Uint32Array, bits: number): boolean {
  for (let k = 0; k < 4 && bits > 0; k++, bits -= 32) if (!sameBits(a[k], b[k], Math.min(bits, 32))) return false;
  return true;
}
