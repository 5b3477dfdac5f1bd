import { describe, expect, it } from 'vitest';
import { amountOf, OCTAVE, octavesOf } from '../../services/core/octaves.ts';

describe('octaves', () => {
  it('are whole numbers that never fall, within a step and a tenth of an octave of the logarithm', () => {
    let before = 0;
    for (let x = 0; x < 3e12; x = Math.floor(x * 1.07) + 1) {
      const steps = octavesOf(x);
      expect(Number.isInteger(steps)).toBe(true);
      expect(steps).toBeGreaterThanOrEqual(before);
      const exact = OCTAVE * Math.log2(1 + x);
      expect(exact - steps).toBeGreaterThanOrEqual(-1e-9 - (x >= 2 ** 31 ? 0.5 : 0));
      expect(exact - steps).toBeLessThan(1 + 0.1 * OCTAVE);
      before = steps;
    }
  });

  it('take what is no amount for nothing, and give the amount back', () => {
    expect([-5, 0, 0.9, Number.NaN].map(octavesOf)).toEqual([0, 0, 0, 0]);
    for (const x of [1, 3, 7, 1023, 2 ** 20 - 1]) expect(amountOf(octavesOf(x))).toBe(x + 1);
  });
});
