import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeAutoencoder, encodeAutoencoder } from '../../models/autoencoder/codec.ts';
import type { AutoencoderData } from '../../models/autoencoder/data.ts';
import { WeirError } from '../../services/core/errors.ts';

const NET: AutoencoderData = {
  features: ['requests', 'share of failures', 'größe'],
  sizes: [3, 2, 3],
  weights: [Float32Array.of(0.5, -1.25, 2, 0.1, -0.75, 3), Float32Array.of(1, -1, 0.3, 0.25, 1e-8, -2)],
  biases: [Float32Array.of(0.125, -7), Float32Array.of(0, 1 / 3, -5e10)],
  center: Float64Array.of(0.1, -3, 1e6),
  scale: Float64Array.of(1 / 3, 1, 2.5e-6),
};
/** NET as the first release wrote it; it has to be read for ever. */
const FIRST = new URL('../fixtures/autoencoder-1.bin', import.meta.url);

function refusal(bytes: Uint8Array): string {
  try {
    decodeAutoencoder(bytes);
  } catch (error) {
    if (error instanceof WeirError && error.code === 'model_corrupt') return error.message;
    throw error;
  }
  throw new Error('it was read');
}

describe('an autoencoder as bytes', () => {
  it('comes back as it was', () => {
    expect(decodeAutoencoder(encodeAutoencoder(NET))).toEqual(NET);
  });

  it('reads what was written in format 1, and still writes the same', () => {
    const bytes = new Uint8Array(readFileSync(FIRST));
    expect(decodeAutoencoder(bytes)).toEqual(NET);
    expect(encodeAutoencoder(NET)).toEqual(bytes);
  });

  it('refuses every shorter piece, and anything after its end', () => {
    const bytes = encodeAutoencoder(NET);
    for (let length = 0; length < bytes.length; length++) expect(refusal(bytes.slice(0, length))).toContain('no autoencoder');
    expect(refusal(Uint8Array.of(...bytes, 0))).toContain('after its end');
  });

  it('says what does not fit', () => {
    const bytes = encodeAutoencoder(NET);
    expect(refusal(new TextEncoder().encode('\x0fnot of our kind'))).toContain('not of our kind');
    const newer = bytes.slice();
    newer[17] = 2;
    expect(refusal(newer)).toContain('format 2, this program reads format 1');
    expect(() => encodeAutoencoder({ ...NET, sizes: [3, 2, 4] })).toThrow('3, 2, 4');
    expect(() => encodeAutoencoder({ ...NET, scale: Float64Array.of(1, 0, 1) })).toThrow('a scale');
    expect(() => encodeAutoencoder({ ...NET, biases: [NET.biases[0], Float32Array.of(0, Number.NaN, 0)] })).toThrow('layer 1');
    expect(() => encodeAutoencoder({ ...NET, weights: [NET.weights[0].slice(1), NET.weights[1]] })).toThrow('layer 0 has 5 weights');
  });

  it('never reads damage as something else than a net or a refusal', () => {
    const bytes = encodeAutoencoder(NET);
    let refused = 0;
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i] ^= 0x80;
      try {
        decodeAutoencoder(damaged);
      } catch (error) {
        expect((error as WeirError).code).toBe('model_corrupt');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });
});
