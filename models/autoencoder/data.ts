/** A trained autoencoder as plain numbers: dense layers with tanh between them, the last one linear. */
export interface AutoencoderData {
  readonly features: readonly string[];
  /** width of the input, of every hidden layer, and of the output (= input) */
  readonly sizes: readonly number[];
  /** per layer: weights (sizes[i] x sizes[i+1], row-major) and biases */
  readonly weights: readonly Float32Array[];
  readonly biases: readonly Float32Array[];
  /** an input is standardised as (x - center) / scale, clamped to -8..8; a missing one is 0 */
  readonly center: Float64Array;
  readonly scale: Float64Array;
}
