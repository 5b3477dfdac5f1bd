/** Two to the power of -32. */
const UNIT = 1 / 4294967296;

/**
 * Seeded random numbers (sfc32, Chris Doty-Humphrey, PractRand; public domain): integer arithmetic alone, so the same
 * seed gives the same numbers everywhere. Whoever uses it says what a stream is made from.
 */
export class Sfc32 {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** `warmUp`: words thrown away first, so that seeds that are alike part; 12 at least. */
  constructor(a: number, b: number, c: number, warmUp: number) {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    for (let i = 0; i < warmUp; i++) this.word();
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
    return Math.floor(this.next() * n);
  }
}
