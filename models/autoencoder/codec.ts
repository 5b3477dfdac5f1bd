import { ByteReader, ByteWriter } from '../../services/core/codec.ts';
import { WeirError } from '../../services/core/errors.ts';
import type { AutoencoderData } from './data.ts';

const MAGIC = 'weir-autoencoder';
/** Raised with any change of the form; what an older program wrote has to be read for ever. */
const FORMAT = 1;
/** Beyond these a file is damaged, not large. */
const MOST_LAYERS = 64;
const MOST_WIDTH = 65_536;

/**
 * An autoencoder as bytes: magic, format, features by name, widths, centers and scales (8-byte), then weights and biases of
 * each layer (4-byte, little-endian). The same net gives the same bytes.
 */
export function encodeAutoencoder(data: AutoencoderData): Uint8Array {
  const problem = problemOf(data);
  if (problem !== undefined) throw new RangeError(`this is no autoencoder: ${problem}`);
  const writer = new ByteWriter(65_536);
  writer.string(MAGIC);
  writer.uint(FORMAT);
  writer.uint(data.features.length);
  for (const feature of data.features) writer.string(feature);
  writer.uint(data.sizes.length);
  for (const size of data.sizes) writer.uint(size);
  for (const value of data.center) writer.f64(value);
  for (const value of data.scale) writer.f64(value);
  data.weights.forEach((weights, i) => {
    writer.block(bytesOf(weights));
    writer.block(bytesOf(data.biases[i]));
  });
  return writer.finish();
}

/** Reads what `encodeAutoencoder` wrote and checks that it fits together. Throws `model_corrupt`. */
export function decodeAutoencoder(bytes: Uint8Array): AutoencoderData {
  try {
    const data = read(new ByteReader(bytes));
    const problem = problemOf(data);
    if (problem !== undefined) throw corrupt(problem);
    return data;
  } catch (cause) {
    if (cause instanceof WeirError && cause.code === 'snapshot_corrupt') throw corrupt(cause.message, cause);
    throw cause;
  }
}

function read(reader: ByteReader): AutoencoderData {
  const magic = reader.string();
  if (magic !== MAGIC) throw corrupt(`it begins with ${JSON.stringify(magic.slice(0, 20))}, not with ${MAGIC}`);
  const format = reader.uint();
  if (format !== FORMAT) throw corrupt(`it has format ${format}, this program reads format ${FORMAT}`);
  const features = times(upTo(MOST_WIDTH, 'features', reader.uint()), () => reader.string());
  const sizes = times(upTo(MOST_LAYERS, 'layers', reader.uint()), () => reader.uint());
  const center = Float64Array.from(times(features.length, () => reader.f64()));
  const scale = Float64Array.from(times(features.length, () => reader.f64()));
  const weights: Float32Array[] = [];
  const biases: Float32Array[] = [];
  for (let i = 1; i < sizes.length; i++) {
    weights.push(floatsOf(reader.block()));
    biases.push(floatsOf(reader.block()));
  }
  if (!reader.done) throw corrupt(`bytes follow after its end, at ${reader.position}`);
  return { features, sizes, weights, biases, center, scale };
}

/** What does not fit together, or undefined. */
function problemOf({ features, sizes, weights, biases, center, scale }: AutoencoderData): string | undefined {
  const width = features.length;
  if (width === 0) return 'it has no features';
  if (sizes.length < 2) return `it has ${sizes.length} widths, 2 or more are needed`;
  if (sizes.some((size) => !Number.isInteger(size) || size < 1 || size > MOST_WIDTH)) return `its widths are ${sizes.join(', ')}`;
  if (sizes[0] !== width || sizes[sizes.length - 1] !== width)
    return `its widths are ${sizes.join(', ')}; the first and the last have to be the number of features, ${width}`;
  if (center.length !== width || scale.length !== width) return `${center.length} centers and ${scale.length} scales for ${width} features`;
  if (!center.every(Number.isFinite)) return 'a center is not finite';
  if (!scale.every((value) => Number.isFinite(value) && value > 0)) return 'a scale is not a positive number';
  for (let i = 0; i + 1 < sizes.length; i++) {
    if (weights[i]?.length !== sizes[i] * sizes[i + 1] || biases[i]?.length !== sizes[i + 1])
      return `layer ${i} has ${weights[i]?.length} weights and ${biases[i]?.length} biases for ${sizes[i]} x ${sizes[i + 1]}`;
    if (!weights[i].every(Number.isFinite) || !biases[i].every(Number.isFinite)) return `layer ${i} holds a number that is not finite`;
  }
  return undefined;
}

function corrupt(what: string, cause?: unknown): WeirError {
  return new WeirError('model_corrupt', `this is no autoencoder that can be read: ${what}`, { cause });
}

function upTo(most: number, what: string, count: number): number {
  if (count > most) throw corrupt(`it claims ${count} ${what}, at most ${most} are possible`);
  return count;
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function bytesOf(floats: Float32Array): Uint8Array {
  const bytes = new Uint8Array(floats.length * 4);
  const view = new DataView(bytes.buffer);
  floats.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return bytes;
}

function floatsOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(i * 4, true));
}
