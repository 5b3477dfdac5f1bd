import { combine32, hashString, mix32 } from '../core/hash.ts';
import { Sfc32 } from '../core/sfc32.ts';

/** Two to the power of -32. */
const UNIT = 1 / 4294967296;

/** A number in [0, 1) that depends on the words alone: for facts that must not depend on the order of asking. */
export function fraction(a: number, b: number, c = 0): number {
  return combine32(combine32(a | 0, b | 0), c | 0) * UNIT;
}

/** A stream of random numbers. Every account, hour and campaign has its own, so that switching one thing on does not change the others. */
export class Random extends Sfc32 {
  private spare = Number.NaN;

  /** `words`: whatever identifies the stream; strings are hashed. */
  constructor(...words: (number | string)[]) {
    let h = 0x9e3779b9;
    for (const word of words) h = combine32(h, typeof word === 'string' ? hashString(word) : mix32(word ^ Math.floor(word / 4294967296)));
    super(h, mix32(h ^ 0x85ebca6b), mix32(h ^ 0xc2b2ae35), 12);
  }

  /** Uniform in [low, high). */
  range(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** Uniform integer in low..high, both included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    if (!Number.isNaN(this.spare)) {
      const value = this.spare;
      this.spare = Number.NaN;
      return value;
    }
    for (;;) {
      const u = this.next() * 2 - 1;
      const v = this.next() * 2 - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) {
        const scale = Math.sqrt((-2 * Math.log(s)) / s);
        this.spare = v * scale;
        return u * scale;
      }
    }
  }

  /** Log-normal with median `center` and `spread` in ln units. */
  lognormal(center: number, spread: number): number {
    return center * Math.exp(spread * this.normal());
  }

  /** Exponential with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** Poisson (Knuth below 30, normal approximation above). */
  poisson(mean: number): number {
    if (mean <= 0) return 0;
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let n = 0;
    let product = this.next();
    while (product > limit) {
      n++;
      product *= this.next();
    }
    return n;
  }

  /** Geometric count >= 1 with the given mean. */
  geometric(mean: number): number {
    if (mean <= 1) return 1;
    return 1 + Math.floor(Math.log(1 - this.next()) / Math.log(1 - 1 / mean));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)];
  }

  /** Index drawn with the given weights. */
  weighted(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    let at = this.next() * total;
    for (let i = 0; i < weights.length; i++) {
      at -= weights[i];
      if (at < 0) return i;
    }
    return weights.length - 1;
  }

  /** Rank in 0..n-1 of a heavy-tailed popularity: density falls as 1 / (rank + 1)^exponent (by inversion of the continuous law). */
  zipf(n: number, exponent: number): number {
    if (n <= 1) return 0;
    const u = this.next();
    const s = 1 - exponent;
    const x = Math.abs(s) < 1e-6 ? (n + 1) ** u : (u * ((n + 1) ** s - 1) + 1) ** (1 / s);
    return Math.min(n - 1, Math.floor(x) - 1);
  }

  /** `count` different elements (all of them when there are fewer), in random order. */
  sample<T>(list: readonly T[], count: number): T[] {
    const taken = Math.min(count, list.length);
    if (taken * 4 > list.length) return this.shuffle([...list]).slice(0, taken);
    const chosen = new Set<number>();
    while (chosen.size < taken) chosen.add(this.int(list.length));
    return [...chosen].map((i) => list[i]);
  }

  /** Shuffles in place and returns the list. */
  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const keep = list[i];
      list[i] = list[j];
      list[j] = keep;
    }
    return list;
  }
}
