/**
 * Hashes that decide placement and identity. All are pure functions of bytes, the same on every machine.
 * `hash32` is murmur3's 32-bit form (Austin Appleby, public domain), `sipHash` is SipHash-2-4 (Aumasson, Bernstein 2012).
 */

function rotl(x: number, r: number): number {
  return (x << r) | (x >>> (32 - r));
}

/** murmur3_x86_32 finaliser: a bijection of 32-bit words that mixes every bit. Returns 0..2^32-1. */
export function mix32(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0;
}

/** Combines two 32-bit hashes into one; not symmetric. */
export function combine32(a: number, b: number): number {
  return mix32(Math.imul(a, 0x9e3779b1) ^ rotl(b, 15) ^ 0x7feb352d);
}

/** murmur3_x86_32 of bytes[start, end). Returns 0..2^32-1. */
export function hash32(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let h = seed | 0;
  const length = end - start;
  const blocks = start + (length & ~3);
  let i = start;
  for (; i < blocks; i += 4) {
    let k = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    k = Math.imul(k, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  let k = 0;
  switch (length & 3) {
    case 3:
      k ^= bytes[i + 2] << 16;
    // falls through
    case 2:
      k ^= bytes[i + 1] << 8;
    // falls through
    case 1:
      k ^= bytes[i];
      k = Math.imul(k, 0xcc9e2d51);
      k = (k << 15) | (k >>> 17);
      h ^= Math.imul(k, 0x1b873593);
  }
  return mix32(h ^ length);
}

const encoder = new TextEncoder();

/** `hash32` of a string's UTF-8 bytes. */
export function hashString(text: string, seed = 0): number {
  const bytes = encoder.encode(text);
  return hash32(bytes, 0, bytes.length, seed);
}

/**
 * SipHash-2-4 of bytes[start, end) under a 128-bit key (four 32-bit words, little endian): a keyed hash whose
 * outputs cannot be linked or guessed without the key. Writes the 64-bit result as two words (low, high) into `out`.
 */
export function sipHash(key: Uint32Array, bytes: Uint8Array, start: number, end: number, out: Uint32Array): void {
  const k0l = key[0];
  const k0h = key[1];
  const k1l = key[2];
  const k1h = key[3];
  const v = [
    k0l ^ 0x70736575,
    k0h ^ 0x736f6d65,
    k1l ^ 0x6e646f6d,
    k1h ^ 0x646f7261,
    k0l ^ 0x6e657261,
    k0h ^ 0x6c796765,
    k1l ^ 0x79746573,
    k1h ^ 0x74656462,
  ];
  const length = end - start;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    const ml = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    const mh = bytes[i + 4] | (bytes[i + 5] << 8) | (bytes[i + 6] << 16) | (bytes[i + 7] << 24);
    sipBlock(v, ml, mh);
  }
  let ml = 0;
  let mh = (length & 0xff) << 24;
  for (let j = 0; i + j < end; j++) {
    if (j < 4) ml |= bytes[i + j] << (8 * j);
    else mh |= bytes[i + j] << (8 * (j - 4));
  }
  sipBlock(v, ml, mh);
  v[4] ^= 0xff;
  sipRound(v);
  sipRound(v);
  sipRound(v);
  sipRound(v);
  out[0] = (v[0] ^ v[2] ^ v[4] ^ v[6]) >>> 0;
  out[1] = (v[1] ^ v[3] ^ v[5] ^ v[7]) >>> 0;
}

function sipBlock(v: number[], ml: number, mh: number): void {
  v[6] ^= ml;
  v[7] ^= mh;
  sipRound(v);
  sipRound(v);
  v[0] ^= ml;
  v[1] ^= mh;
}

/** One SipRound on v0..v3 kept as (low, high) pairs at 2i, 2i+1. */
function sipRound(v: number[]): void {
  add(v, 0, 2);
  rot(v, 2, 13);
  xor(v, 2, 0);
  rot32(v, 0);
  add(v, 4, 6);
  rot(v, 6, 16);
  xor(v, 6, 4);
  add(v, 0, 6);
  rot(v, 6, 21);
  xor(v, 6, 0);
  add(v, 4, 2);
  rot(v, 2, 17);
  xor(v, 2, 4);
  rot32(v, 4);
}

function add(v: number[], a: number, b: number): void {
  const low = (v[a] >>> 0) + (v[b] >>> 0);
  v[a] = low | 0;
  v[a + 1] = (v[a + 1] + v[b + 1] + (low > 0xffffffff ? 1 : 0)) | 0;
}

function xor(v: number[], a: number, b: number): void {
  v[a] ^= v[b];
  v[a + 1] ^= v[b + 1];
}

function rot(v: number[], a: number, r: number): void {
  const low = v[a];
  const high = v[a + 1];
  v[a] = (low << r) | (high >>> (32 - r));
  v[a + 1] = (high << r) | (low >>> (32 - r));
}

function rot32(v: number[], a: number): void {
  const low = v[a];
  v[a] = v[a + 1];
  v[a + 1] = low;
}
