import { sipHash } from '../core/hash.ts';

const encoder = new TextEncoder();

/**
 * Hashes of request ids: keyed, since clients may choose them, and different for every source. The source's name goes
 * into the key, so that each id is hashed alone.
 */
export class RequestHash {
  private readonly key: Uint32Array;
  private readonly words = new Uint32Array(2);

  /** `key`: the tenant's, four words. */
  constructor(key: Uint32Array, source: string) {
    const name = encoder.encode(`request ${source}`);
    this.key = key.slice();
    for (let half = 0; half < 2; half++) {
      sipHash(this.key, name, 0, name.length, this.words);
      this.key[2 * half] ^= this.words[0];
      this.key[2 * half + 1] ^= this.words[1];
    }
  }

  /** Hash of the id bytes[start, end): 1 to 2^53 - 1. */
  of(bytes: Uint8Array, start: number, end: number): number {
    sipHash(this.key, bytes, start, end, this.words);
    return (this.words[1] >>> 11) * 0x1_0000_0000 + this.words[0] || 1;
  }
}
