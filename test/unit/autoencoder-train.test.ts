import { beforeAll, describe, expect, it } from 'vitest';
import { createAutoencoder } from '../../models/autoencoder/autoencoder.ts';
import { type Backend, openBackend } from '../../models/autoencoder/backend.ts';
import { encodeAutoencoder } from '../../models/autoencoder/codec.ts';
import { gradientsOf, trainAutoencoder } from '../../models/autoencoder/train.ts';
import { Random } from '../../services/simulation/random.ts';
import { relationRows } from '../support/relation-rows.ts';

const WIDTH = 12;
const QUICK = { epochs: 4, batch: 64 };

let wasm: Backend;
beforeAll(async () => {
  wasm = await openBackend('wasm');
});

describe('training an autoencoder', () => {
  it.each(['wasm', 'cpu'] as const)('propagates back what differences of the error say, on %s', async (name) => {
    const backend = await openBackend(name);
    backend.use();
    const { tf } = backend;
    const random = new Random('gradients', 1);
    const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
    const sizes = [5, 4, 3, 5];
    const rows = 7;
    const inputs = numbers(rows * 5);
    const there = Float32Array.from({ length: rows * 5 }, () => (random.chance(0.7) ? 1 : 0));
    const present = there.reduce((a, b) => a + b);
    const net = sizes
      .slice(1)
      .map((out, i) => ({ weights: Float64Array.from(numbers(sizes[i] * out)), bias: Float64Array.from(numbers(out)) }));

    /** The mean squared error in plain 8-byte arithmetic. */
    const errorOf = (): number => {
      let squares = 0;
      for (let r = 0; r < rows; r++) {
        let h = Array.from(inputs.subarray(r * 5, r * 5 + 5));
        net.forEach(({ weights, bias }, i) => {
          h = Array.from(bias, (b, k) => {
            const sum = h.reduce((total, value, j) => total + value * weights[j * sizes[i + 1] + k], b);
            return i + 1 < net.length ? Math.tanh(sum) : sum;
          });
        });
        h.forEach((value, j) => (squares += there[r * 5 + j] * (value - inputs[r * 5 + j]) ** 2));
      }
      return squares / present;
    };
    const slope = (numbers: Float64Array, at: number): number => {
      const here = numbers[at];
      numbers[at] = here + 1e-5;
      const above = errorOf();
      numbers[at] = here - 1e-5;
      const below = errorOf();
      numbers[at] = here;
      return (above - below) / 2e-5;
    };

    tf.tidy(() => {
      const layers = net.map(({ weights, bias }, i) => ({
        weights: tf.tensor3d(Float32Array.from(weights), [1, sizes[i], sizes[i + 1]]),
        bias: tf.tensor1d(Float32Array.from(bias)),
      }));
      const x = tf.tensor3d(inputs, [1, rows, 5]);
      const mask = tf.tensor3d(there, [1, rows, 5]);
      gradientsOf(tf, layers, x, mask, present).forEach((gradient, i) => {
        for (const part of ['weights', 'bias'] as const) {
          const said = gradient[part].dataSync();
          const slopes = Array.from(said, (_, k) => slope(net[i][part], k));
          expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(0.01);
          slopes.forEach((expected, k) => {
            expect(said[k]).toBeCloseTo(expected, 4);
          });
        }
      });
    });
  });

  it('finds rows whose values are usual one by one but not together', () => {
    const { features, values, count } = relationRows(3000, 24, 1);
    const scorer = createAutoencoder(trainAutoencoder(values, count, features, { epochs: 30 }, 7, wasm), wasm, {
      name: 'test',
      version: '1',
    });
    const usual = new Float64Array(1000);
    const broken = new Float64Array(1000);
    scorer.score(relationRows(1000, 24, 2).values, 1000, usual);
    scorer.score(relationRows(1000, 24, 2, true).values, 1000, broken);
    scorer.dispose();
    let above = 0;
    for (const b of broken) for (const u of usual) above += b > u ? 1 : b === u ? 0.5 : 0;
    expect(above / 1e6).toBeGreaterThan(0.99);
    expect(usual.reduce((a, b) => a + b) / 1000).toBeLessThan(0.1);
  });

  it('gives the same bytes for the same seed, others for another', () => {
    const { features, values, count } = relationRows(800, WIDTH, 3);
    const bytes = (seed: number): Uint8Array => encodeAutoencoder(trainAutoencoder(values, count, features, QUICK, seed, wasm));
    const first = bytes(11);
    expect(bytes(11)).toEqual(first);
    expect(bytes(12)).not.toEqual(first);
  });

  it('keeps the weights of the epoch with the smallest error, and stops when it grows', () => {
    const { features, values, count } = relationRows(300, WIDTH, 4);
    const errors: number[] = [];
    const options = { batch: 64, learningRate: 0.01, patience: 3, epochs: 500, onEpoch: (_: number, error: number) => errors.push(error) };
    const stopped = trainAutoencoder(values, count, features, options, 5, wasm);
    expect(errors.length).toBeLessThan(500);
    const best = errors.indexOf(Math.min(...errors)) + 1;
    const short = trainAutoencoder(values, count, features, { ...options, epochs: best, onEpoch: undefined }, 5, wasm);
    expect(encodeAutoencoder(short)).toEqual(encodeAutoencoder(stopped));
  });

  it('standardises by median and quartiles, and survives constant and missing columns', () => {
    const count = 101;
    const values = new Float64Array(count * 3);
    for (let i = 0; i < count; i++) values.set([i, 5, Number.NaN], i * 3);
    const { center, scale } = trainAutoencoder(values, count, ['rising', 'constant', 'missing'], QUICK, 1, wasm);
    expect([...center]).toEqual([50, 5, 0]);
    expect(scale[0]).toBeCloseTo(0.7413 * 50, 10);
    expect([...scale.subarray(1)]).toEqual([1, 1]);
  });

  it('gives a rare value a scale from its deviation, not from quartiles of nothing', () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) => (i % 100 === 0 ? 1 : 0));
    const { center, scale } = trainAutoencoder(values, 1000, ['rare'], QUICK, 1, wasm);
    expect(center[0]).toBe(0);
    expect(scale[0]).toBeCloseTo(0.25 * Math.sqrt(0.01 * 0.99), 10);
  });

  it('leaves no tensors behind and its rows as they were', () => {
    const { features, values, count } = relationRows(200, WIDTH, 5);
    const before = wasm.tf.memory().numTensors;
    const copy = values.slice();
    trainAutoencoder(values, count, features, QUICK, 1, wasm);
    expect(wasm.tf.memory().numTensors).toBe(before);
    expect(values).toEqual(copy);
  });

  it('refuses what it cannot learn from', () => {
    expect(() => trainAutoencoder(new Float64Array(3), 1, ['a', 'b', 'c'], {}, 1, wasm)).toThrow(/1 rows of 3/);
    expect(() => trainAutoencoder(new Float64Array(3), 2, ['a', 'b', 'c'], {}, 1, wasm)).toThrow(/in 3 numbers/);
  });
});
