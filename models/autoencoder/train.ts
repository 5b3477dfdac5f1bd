import type { Tensor, Tensor1D, Tensor3D, Variable } from '@tensorflow/tfjs-core';
import type { Backend, TensorFlow } from './backend.ts';
import type { AutoencoderData } from './data.ts';
import { forward, type Layer } from './net.ts';
import { TrainingRandom } from './random.ts';
import { learnStandardisation, standardise } from './standardise.ts';

export interface TrainingOptions {
  /** widths of the hidden layers; by default 3/4, 1/4, 3/4 of the inputs (24, 8, 24 of 32) */
  hidden?: readonly number[];
  /** passes over the rows, at most */
  epochs?: number;
  /** training stops after this many epochs in a row without a smaller error on the held-out rows */
  patience?: number;
  /** rows of a step */
  batch?: number;
  /** Adam's step size */
  learningRate?: number;
  /** share of the rows, 0..0.5, that only decides when to stop; drawn by the seed */
  heldOut?: number;
  /** called after each epoch; `error`: mean squared error of the held-out rows in standardised units */
  onEpoch?: (epoch: number, error: number) => void;
}

/** An epoch counts as better when it takes off at least this share of the error. */
const LEAST_GAIN = 1e-3;
/** Uses of the seed. */
const STREAM = { weights: 1, rows: 2 } as const;

/**
 * Trains an autoencoder on rows of clean windows: standardises them (learnStandardisation), then fits a net of dense
 * layers to give back its input, by Adam (Kingma, Ba 2014) on the mean squared error over the inputs that are there.
 * What is missing (NaN) goes in as 0 and is not asked back. The weights kept are those of the epoch with the smallest
 * error on held-out rows.
 *
 * Deterministic on one backend: the same rows, options and seed give the same bytes (initial weights and shuffles come
 * from the seed, and wasm and cpu compute on one thread). Other backends sum in another order and give other bytes.
 * Costs about 3 x epochs x rows x weights multiplications; rows are held once more as 4-byte numbers.
 *
 * `rows`: `count` rows of `features.length` numbers, row-major. Throws where there are fewer than 2 rows.
 */
export function trainAutoencoder(
  rows: Float64Array,
  count: number,
  features: readonly string[],
  options: TrainingOptions,
  seed: number,
  backend: Backend,
): AutoencoderData {
  const width = features.length;
  const { epochs = 60, patience = 5, batch = 256, learningRate = 0.003, heldOut = 0.1, onEpoch } = options;
  const hidden = options.hidden ?? defaultHidden(width);
  if (width === 0 || count < 2 || rows.length < count * width)
    throw new RangeError(
      `an autoencoder needs 2 rows or more of 1 number or more; got ${count} rows of ${width} in ${rows.length} numbers`,
    );
  const standardisation = learnStandardisation(rows, count, width);
  const inputs = new Float32Array(count * width);
  standardise(rows, 0, count, standardisation, inputs);

  const random = new TrainingRandom(seed, STREAM.rows);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  random.shuffle(order);
  const tests = Math.min(count - 1, Math.max(1, Math.round(count * heldOut)));
  const held = order.subarray(0, tests);
  const train = order.subarray(tests);

  backend.use();
  const net = new TrainingNet(backend.tf, [width, ...hidden, width], learningRate, Math.max(batch, 1024), seed);
  try {
    let best = net.numbers();
    let least = Number.POSITIVE_INFINITY;
    for (let epoch = 1, worse = 0; epoch <= epochs && worse < patience; epoch++) {
      random.shuffle(train);
      // steps of equal size: a short last one would weigh as much as a whole one
      const steps = Math.ceil(train.length / batch);
      for (let i = 0; i < steps; i++)
        net.step(inputs, train.subarray(Math.floor((i * train.length) / steps), Math.floor(((i + 1) * train.length) / steps)));
      const error = net.error(inputs, held);
      onEpoch?.(epoch, error);
      worse = error < least * (1 - LEAST_GAIN) ? 0 : worse + 1;
      if (error < least) {
        least = error;
        best = net.numbers();
      }
    }
    return { features: [...features], sizes: [width, ...hidden, width], ...best, ...standardisation };
  } finally {
    net.dispose();
  }
}

function defaultHidden(width: number): number[] {
  const outer = Math.max(1, Math.round(0.75 * width));
  return [outer, Math.max(1, Math.round(0.25 * width)), outer];
}

/** The net while it is trained: layers as variables, Adam, and batches gathered into buffers that are used again. */
class TrainingNet {
  private readonly tf: TensorFlow;
  private readonly sizes: readonly number[];
  private readonly layers: { weights: Variable; bias: Variable }[];
  private readonly adam: import('@tensorflow/tfjs-core').AdamOptimizer;
  private readonly batch: number;
  private readonly values: Float32Array;
  private readonly mask: Float32Array;

  constructor(tf: TensorFlow, sizes: readonly number[], learningRate: number, batch: number, seed: number) {
    this.tf = tf;
    this.sizes = sizes;
    this.batch = batch;
    this.values = new Float32Array(batch * sizes[0]);
    this.mask = new Float32Array(batch * sizes[0]);
    const random = new TrainingRandom(seed, STREAM.weights);
    this.layers = tf.tidy(() =>
      sizes.slice(1).map((out, i) => ({
        weights: tf.variable(tf.tensor3d(glorot(random, sizes[i], out), [1, sizes[i], out])),
        bias: tf.variable(tf.zeros([out])),
      })),
    );
    this.adam = tf.train.adam(learningRate);
  }

  /** One step of Adam on the rows of these indices. */
  step(inputs: Float32Array, indices: Uint32Array): void {
    const { tf } = this;
    tf.tidy(() => {
      const { x, mask, present } = this.gather(inputs, indices);
      if (present === 0) return;
      const gradients = gradientsOf(tf, this.asLayers(), x, mask, present);
      this.adam.applyGradients(
        this.layers.flatMap(({ weights, bias }, i) => [
          { name: weights.name, tensor: gradients[i].weights },
          { name: bias.name, tensor: gradients[i].bias },
        ]),
      );
    });
  }

  /** Mean squared error over what is there in the rows of these indices; 0 where nothing is. */
  error(inputs: Float32Array, indices: Uint32Array): number {
    const { tf } = this;
    let squares = 0;
    let total = 0;
    for (let from = 0; from < indices.length; from += this.batch) {
      tf.tidy(() => {
        const { x, mask, present } = this.gather(inputs, indices.subarray(from, from + this.batch));
        const said = forward(tf, this.asLayers(), x);
        squares += tf.sum(tf.mul(tf.square(tf.sub(said[said.length - 1], x)), mask)).dataSync()[0];
        total += present;
      });
    }
    return total === 0 ? 0 : squares / total;
  }

  /** A copy of weights and biases. */
  numbers(): Pick<AutoencoderData, 'weights' | 'biases'> {
    return {
      weights: this.layers.map(({ weights }) => Float32Array.from(weights.dataSync())),
      biases: this.layers.map(({ bias }) => Float32Array.from(bias.dataSync())),
    };
  }

  dispose(): void {
    this.adam.dispose();
    this.tf.dispose(this.layers.flatMap(({ weights, bias }) => [weights, bias]));
  }

  private asLayers(): readonly Layer[] {
    return this.layers as unknown as readonly Layer[];
  }

  private gather(inputs: Float32Array, indices: Uint32Array): { x: Tensor3D; mask: Tensor3D; present: number } {
    const width = this.sizes[0];
    const size = indices.length * width;
    let present = 0;
    let at = 0;
    for (const index of indices) {
      for (let j = index * width; j < (index + 1) * width; j++, at++) {
        const value = inputs[j];
        const there = !Number.isNaN(value);
        this.values[at] = there ? value : 0;
        this.mask[at] = there ? 1 : 0;
        if (there) present++;
      }
    }
    const shape: [number, number, number] = [1, indices.length, width];
    return {
      x: this.tf.tensor3d(this.values.subarray(0, size), shape),
      mask: this.tf.tensor3d(this.mask.subarray(0, size), shape),
      present,
    };
  }
}

/** Uniform in ±sqrt(6 / (in + out)) (Glorot, Bengio 2010). */
function glorot(random: TrainingRandom, inputs: number, outputs: number): Float32Array {
  const limit = Math.sqrt(6 / (inputs + outputs));
  return Float32Array.from({ length: inputs * outputs }, () => limit * (2 * random.next() - 1));
}

/**
 * Gradients of sum(mask x (output - x)²) / present by every layer's weights and biases: back-propagation written out for
 * dense layers with tanh. It is a few products, where the engine's tape would record and replay every operation; and
 * tfjs-core as Node loads it registers no gradients, the whole of @tensorflow/tfjs would have to come along.
 * To be called inside a tidy.
 */
export function gradientsOf(tf: TensorFlow, layers: readonly Layer[], x: Tensor3D, mask: Tensor3D, present: number): Layer[] {
  const said = forward(tf, layers, x);
  const gradients = new Array<Layer>(layers.length);
  let delta: Tensor = tf.mul(tf.mul(tf.sub(said[said.length - 1], x), mask), 2 / present);
  // transposed beforehand: the wasm backend multiplies a transposed operand with plain loops
  const transposed = (tensor: Tensor3D): Tensor3D => tf.transpose(tensor, [0, 2, 1]);
  for (let i = layers.length - 1; i >= 0; i--) {
    gradients[i] = { weights: tf.matMul(transposed(i > 0 ? said[i - 1] : x), delta) as Tensor3D, bias: tf.sum(delta, [0, 1]) as Tensor1D };
    if (i > 0) delta = tf.mul(tf.matMul(delta, transposed(layers[i].weights)), tf.sub(1, tf.square(said[i - 1])));
  }
  return gradients;
}
