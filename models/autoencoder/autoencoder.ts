import type { Tensor } from '@tensorflow/tfjs-core';
import type { Scorer } from '../scorer.ts';
import type { Backend } from './backend.ts';
import type { AutoencoderData } from './data.ts';
import { forward, type Layer } from './net.ts';
import { standardise } from './standardise.ts';

/** Rows that go through the net at once; more are cut, which bounds the memory. */
const CHUNK = 1024;

/** An autoencoder as a scorer. It holds tensors: whoever made it disposes of it. */
export interface Autoencoder extends Scorer {
  readonly backend: Backend['name'];
  /** gives the tensors back; it cannot score afterwards */
  dispose(): void;
}

/**
 * Scores rows by how badly the net gives them back: with z the standardised inputs, r what the net says for them, and m
 * the number of inputs that are not missing, score = sum over these of (z - r)² / m; 0 where all are missing. Around 1 or
 * less for rows like those of the training; there is no upper bound. A contribution is the input's own (z - r)² / m
 * (0 for a missing one), bias is 0, and the score is these very numbers added up in their order.
 *
 * The net computes in 4-byte numbers on `backend`; errors are taken in 8-byte ones. A row's score does not depend on the
 * rows beside it. `score` and `explain` leave no tensors behind and use their buffers again, so they are not to be called
 * from two threads (nothing of TensorFlow.js is).
 *
 * Bad at: rows that are odd only in time or among others (it sees one row), values beyond 8 scales (clamped, all the same).
 */
export function createAutoencoder(
  data: AutoencoderData,
  backend: Backend,
  { name, version }: { name: string; version: string },
): Autoencoder {
  const { tf } = backend;
  const width = data.features.length;
  backend.use();
  const layers: Layer[] = data.weights.map((weights, i) => ({
    weights: tf.tensor3d(weights, [1, data.sizes[i], data.sizes[i + 1]]),
    bias: tf.tensor1d(data.biases[i]),
  }));
  const standardised = new Float32Array(CHUNK * width);
  const filled = new Float32Array(CHUNK * width);
  const one = new Float64Array(width);

  /** Standardises rows into `standardised` and returns what the net makes of them. */
  const reconstruct = (values: Float64Array, from: number, rows: number): Float32Array => {
    const size = rows * width;
    standardise(values, from, rows, data, standardised);
    for (let i = 0; i < size; i++) {
      const z = standardised[i];
      filled[i] = Number.isNaN(z) ? 0 : z;
    }
    let out: Float32Array | undefined;
    tf.tidy(() => {
      const said: Tensor[] = forward(tf, layers, tf.tensor3d(filled.subarray(0, size), [1, rows, width]));
      // not returned: tidy would walk every number of it in search of tensors
      out = said[said.length - 1].dataSync() as Float32Array;
    });
    return out as Float32Array;
  };

  /** Contributions of row `row` of the chunk into `contributions`; returns their sum. */
  const errorOf = (reconstruction: Float32Array, row: number, contributions: Float64Array): number => {
    const from = row * width;
    let present = 0;
    for (let j = 0; j < width; j++) {
      if (!Number.isNaN(standardised[from + j])) present++;
    }
    let sum = 0;
    for (let j = 0; j < width; j++) {
      const error = standardised[from + j] - reconstruction[from + j];
      const share = Number.isNaN(error) ? 0 : (error * error) / present;
      contributions[j] = share;
      sum += share;
    }
    return sum;
  };

  return {
    name,
    version,
    features: data.features,
    range: [0, Number.POSITIVE_INFINITY],
    backend: backend.name,
    score(values, rows, out) {
      if (values.length < rows * width || out.length < rows)
        throw new RangeError(`${rows} rows of ${width} inputs, but ${values.length} numbers and room for ${out.length} scores`);
      backend.use();
      for (let from = 0; from < rows; from += CHUNK) {
        const size = Math.min(CHUNK, rows - from);
        const reconstruction = reconstruct(values, from * width, size);
        for (let i = 0; i < size; i++) out[from + i] = errorOf(reconstruction, i, one);
      }
    },
    learn() {},
    explain(row) {
      if (row.length !== width) throw new RangeError(`a row has ${width} inputs, this one ${row.length}`);
      backend.use();
      const contributions = new Float64Array(width);
      errorOf(reconstruct(row, 0, 1), 0, contributions);
      return { bias: 0, contributions };
    },
    dispose() {
      for (const { weights, bias } of layers) tf.dispose([weights, bias]);
    },
  };
}
