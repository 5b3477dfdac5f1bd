import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { TensorFlow } from './backend.ts';

/** One dense layer on the engine: weights 1 x in x out (the fused kernel wants three dimensions), biases of length out. */
export interface Layer {
  readonly weights: Tensor3D;
  readonly bias: import('@tensorflow/tfjs-core').Tensor1D;
}

/**
 * Runs rows (1 x rows x width) through the net: what each layer says, tanh for the hidden ones, the last one linear.
 * The fused kernel is called as such: the public op would reshape its operands on every call, which at one row costs
 * more than the sums. The caller's tidy disposes of the results.
 */
export function forward(tf: TensorFlow, layers: readonly Layer[], input: Tensor3D): Tensor3D[] {
  const engine = tf.engine();
  const said: Tensor3D[] = [];
  let x = input;
  layers.forEach(({ weights, bias }, i) => {
    const sum = engine.runKernel(
      '_FusedMatMul',
      { a: x, b: weights, bias },
      { transposeA: false, transposeB: false, activation: 'linear' },
    ) as Tensor3D;
    x = i + 1 < layers.length ? (engine.runKernel('Tanh', { x: sum }) as Tensor3D) : sum;
    said.push(x);
  });
  return said;
}
