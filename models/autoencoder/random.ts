import { mix32 } from '../../services/core/hash.ts';

/**
 * Seeded random numbers of the trainer (sfc32, Chris Doty-Humphrey, PractRand; public domain): integer arithmetic alone,
 * so the same seed gives the same numbers everywhere.
 */
export class TrainingRandom {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** `seed`: any integer; `stream` separates uses of one seed. */
  constructor(seed: number, stream: number) {
    this.a = mix32(seed | 0) | 0;
    this.b = mix32(Math.floor(seed / 4294967296) ^ 0x9e3779b9) | 0;
    this.c = mix32(stream ^ 0x85ebca6b) | 0;
    for (let i = 0; i < 15; i++) this.word();
  }

  /** 32 random bits, 0..2^32-1. */
  word(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.word() / 4294967296;
  }

  /** Fisher-Yates, in place. */
  shuffle(order: Uint32Array): void {
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(this.next() * (i + 1));
      const keep = order[i];
      order[i] = order[j];
      order[j] = keep;
    }
  }
}
