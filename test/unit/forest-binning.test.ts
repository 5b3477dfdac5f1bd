import { describe, expect, it } from 'vitest';
import { binTable, MAX_BINS, MISSING, midway } from '../../models/forest/binning.ts';
import { TreeRandom } from '../../models/forest/random.ts';

function binned(values: readonly number[] | Float64Array, bins = MAX_BINS) {
  const column = Float64Array.from(values);
  const table = { features: ['x'], columns: [column], rows: column.length, classes: ['a', 'b'], labels: new Int32Array(column.length) };
  const { codes, bins: counts, lows, highs } = binTable(table, bins);
  const sizes = new Array<number>(counts[0]).fill(0);
  // what every use of bins relies on: they part the range, ascend, and hold exactly the values between their bounds
  for (let b = 0; b < counts[0]; b++) {
    if (!(lows[b] <= highs[b]) || (b > 0 && !(highs[b - 1] < lows[b])))
      throw new Error(`bin ${b} spans ${lows[b]} to ${highs[b]} after ${highs[b - 1]}`);
  }
  column.forEach((value, row) => {
    const code = codes[row];
    if (Number.isNaN(value) !== (code === MISSING)) throw new Error(`row ${row}: ${value} has code ${code}`);
    if (code === MISSING) return;
    if (!(lows[code] <= value && value <= highs[code])) throw new Error(`row ${row}: ${value} is not in bin ${code}`);
    sizes[code]++;
  });
  return sizes;
}

describe('bins', () => {
  it('keep every value apart when there are few', () => {
    expect(binned([3, 1, 1, -0, 0, Number.NaN, 7])).toEqual([2, 2, 1, 1]);
    expect(binned(Array.from({ length: 2550 }, (_, i) => (i * 7) % 255))).toEqual(new Array(255).fill(10));
    expect(binned([Number.NaN, Number.NaN])).toEqual([]);
    expect(binned([5, 5])).toEqual([2]);
  });

  it('hold about even numbers of many values, single ones at the ends', () => {
    const random = new TreeRandom(1, 1);
    const sizes = binned(Array.from({ length: 100_000 }, () => Math.exp(20 * random.next())));
    expect(sizes.length).toBeGreaterThan(250);
    expect(sizes.length).toBeLessThanOrEqual(255);
    expect([...sizes.slice(0, 3), ...sizes.slice(-3)]).toEqual([1, 1, 1, 1, 1, 1]);
    expect(Math.max(...sizes)).toBeLessThan(600);
  });

  it('keep a frequent value to itself', () => {
    const random = new TreeRandom(1, 1);
    const values = Array.from({ length: 20_000 }, () => (random.next() < 0.6 ? 0.5 : random.next()));
    const zeros = values.filter((value) => value === 0.5).length;
    expect(binned(values)).toContain(zeros);
  });

  it('of more rows than are sampled still hold all of them', () => {
    const random = new TreeRandom(1, 1);
    const sizes = binned(Float64Array.from({ length: 260_000 }, () => random.next() - 0.5));
    expect(sizes.reduce((a, b) => a + b)).toBe(260_000);
    expect(Math.max(...sizes)).toBeLessThan(1700);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  it('are as few as asked for', () => {
    expect(
      binned(
        Array.from({ length: 1000 }, (_, i) => i),
        2,
      ),
    ).toHaveLength(2);
    expect(binned([1, 2, 3, 3, 3, 3, 3, 3, 4], 3).length).toBeLessThanOrEqual(3);
  });

  it('are parted by a number from the lower up to, but not, the higher', () => {
    for (const [low, high] of [
      [1, 2],
      [1, 1 + Number.EPSILON],
      [-5e-324, 0],
      [0, 5e-324],
      [-Number.MAX_VALUE, Number.MAX_VALUE],
      [-1e-320, 1e-320],
    ]) {
      const middle = midway(low, high);
      expect(low <= middle && middle < high).toBe(true);
    }
    expect(midway(1, 2)).toBe(1.5);
  });
});
