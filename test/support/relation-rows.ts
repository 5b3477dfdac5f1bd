import { Random } from '../../services/simulation/random.ts';

/** Rows of `features.length` numbers, row-major. */
export interface Rows {
  readonly features: readonly string[];
  readonly values: Float64Array;
  readonly count: number;
}

const LATENT = 3;
const NOISE = 0.1;

/**
 * Rows whose inputs hang together: each is a sum of two out of three hidden numbers, in units of its own, with a little
 * noise; every fifteenth is missing. `broken` rows have the same inputs one by one, but each with hidden numbers of its
 * own: nothing is odd about a value, only about their being together.
 */
export function relationRows(count: number, width: number, seed: number, broken = false): Rows {
  const random = new Random('relation-rows', seed, broken ? 1 : 0);
  const values = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    let hidden = draw(random);
    for (let j = 0; j < width; j++) {
      if (broken) hidden = draw(random);
      const value = hidden[j % LATENT] + (j % 2 === 0 ? 1 : -1) * hidden[(j + 1 + (j >> 2)) % LATENT] + NOISE * random.normal();
      values[i * width + j] = random.chance(1 / 15) ? Number.NaN : 10 * j + (1 + j) * value;
    }
  }
  return { features: Array.from({ length: width }, (_, j) => `input_${j}`), values, count };
}

function draw(random: Random): number[] {
  return Array.from({ length: LATENT }, () => random.normal());
}
