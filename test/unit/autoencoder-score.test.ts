import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Autoencoder, createAutoencoder } from '../../models/autoencoder/autoencoder.ts';
import { type Backend, openBackend } from '../../models/autoencoder/backend.ts';
import type { AutoencoderData } from '../../models/autoencoder/data.ts';
import { trainAutoencoder } from '../../models/autoencoder/train.ts';
import { relationRows } from '../support/relation-rows.ts';

const WIDTH = 12;
const rows = relationRows(3000, WIDTH, 1);
let backend: Backend;
let data: AutoencoderData;
let scorer: Autoencoder;

beforeAll(async () => {
  backend = await openBackend('wasm');
  data = trainAutoencoder(rows.values, rows.count, rows.features, { epochs: 5 }, 3, backend);
  scorer = createAutoencoder(data, backend, { name: 'test', version: '1' });
});
afterAll(() => scorer.dispose());

/** The formula in plain 8-byte arithmetic. */
function oracle({ sizes, weights, biases, center, scale }: AutoencoderData, row: Float64Array): number {
  const z = Array.from(row, (value, j) => Math.max(-8, Math.min(8, (value - center[j]) / scale[j])));
  let h = z.map((value) => (Number.isNaN(value) ? 0 : value));
  weights.forEach((layer, i) => {
    h = Array.from(biases[i], (bias, k) => {
      const sum = h.reduce((total, value, j) => total + value * layer[j * sizes[i + 1] + k], bias);
      return i + 1 < weights.length ? Math.tanh(sum) : sum;
    });
  });
  const errors = z.map((value, j) => (value - h[j]) ** 2).filter((error) => !Number.isNaN(error));
  return errors.length === 0 ? 0 : errors.reduce((a, b) => a + b) / errors.length;
}

describe('scoring with an autoencoder', () => {
  it('is the mean squared error of what is there, in standardised units', () => {
    const out = new Float64Array(200);
    const odd = relationRows(200, WIDTH, 9, true);
    scorer.score(odd.values, 200, out);
    for (let i = 0; i < 200; i++) {
      const expected = oracle(data, odd.values.subarray(i * WIDTH, (i + 1) * WIDTH));
      expect(Math.abs(out[i] - expected)).toBeLessThan(1e-5 * Math.max(1, expected));
    }
    expect(Math.max(...out)).toBeGreaterThan(0.5);
  });

  it('does not depend on where a batch is cut', () => {
    const together = new Float64Array(rows.count);
    scorer.score(rows.values, rows.count, together);
    for (const i of [0, 1, 1023, 1024, 1025, 2047, 2048, 2999]) {
      const alone = new Float64Array(1);
      scorer.score(rows.values.subarray(i * WIDTH, (i + 1) * WIDTH), 1, alone);
      expect(Math.abs(alone[0] - together[i])).toBeLessThan(1e-6);
    }
  });

  it('gives a row of nothing 0, and clamps what is far out', () => {
    const nothing = new Float64Array(WIDTH).fill(Number.NaN);
    const out = new Float64Array(1).fill(1);
    scorer.score(nothing, 1, out);
    expect(out[0]).toBe(0);
    expect(scorer.explain(nothing)).toEqual({ bias: 0, contributions: new Float64Array(WIDTH) });
    const far = (value: number): number => {
      const row = rows.values.slice(0, WIDTH);
      row[3] = value;
      scorer.score(row, 1, out);
      return out[0];
    };
    expect(far(1e9)).toBe(far(Number.POSITIVE_INFINITY));
    expect(Number.isFinite(far(-1e300))).toBe(true);
  });

  it('refuses fewer numbers than it is told of', () => {
    expect(() => scorer.score(new Float64Array(WIDTH), 2, new Float64Array(2))).toThrow(`2 rows of ${WIDTH} inputs, but ${WIDTH} numbers`);
    expect(() => scorer.explain(new Float64Array(WIDTH - 1))).toThrow(`this one ${WIDTH - 1}`);
  });

  it('puts the blame where the relation is broken', () => {
    const usual = relationRows(300, WIDTH, 12).values;
    let named = 0;
    for (let i = 0; i < 300; i++) {
      const row = usual.slice(i * WIDTH, (i + 1) * WIDTH);
      const j = i % WIDTH;
      row[j] = data.center[j] + (row[j] > data.center[j] ? -6 : 6) * data.scale[j];
      const { contributions } = scorer.explain(row);
      if (contributions.indexOf(Math.max(...contributions)) === j) named++;
    }
    expect(named / 300).toBeGreaterThan(0.9);
  });
});
