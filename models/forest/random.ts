/** Two to the power of -32. */
const UNIT = 1 / 4294967296;

/**
 * Seeded random numbers of the forest trainer (sfc32, Chris Doty-Humphrey, PractRand; public domain). Every tree has its
 * own stream, made from the seed and the tree's number, so that a forest does not depend on who grows which tree.
 */
export class TreeRandom {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** `seed`: any finite number; `tree`: the tree's number, 0 and up. */
  constructor(seed: number, tree: number) {
    const words = new Uint32Array(new Float64Array([seed + 0]).buffer);
    this.a = mixed(words[0] ^ 0x9e3779b9);
    this.b = mixed(words[1] ^ this.a);
    this.c = mixed((tree | 0) ^ this.b ^ 0x85ebca6b);
    for (let i = 0; i < 15; i++) this.word();
  }

  /** 32 random bits, signed. */
  word(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return (this.word() >>> 0) * UNIT;
  }

  /** Uniform integer in 0..n-1, n at most 2^32. */
  int(n: number): number {
    return Math.floor((this.word() >>> 0) * UNIT * n);
  }
}

/** Finaliser of MurmurHash3 (Austin Appleby, public domain). */
function mixed(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
