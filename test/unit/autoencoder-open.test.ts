import { describe, expect, it } from 'vitest';
import { openBackend } from '../../models/autoencoder/backend.ts';

// alone in its file: the engine of this process has never been used
describe('opening backends for the first time', () => {
  it('gives each of several callers at once what it asked for, and leaves uncaught errors to the process', async () => {
    const before = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    const opened = await Promise.all((['wasm', 'cpu', 'wasm', 'auto'] as const).map((choice) => openBackend(choice)));
    expect(opened.map(({ name, warning }) => [name, warning])).toEqual([
      ['wasm', undefined],
      ['cpu', undefined],
      ['wasm', undefined],
      ['wasm', undefined],
    ]);
    for (const { name, tf, use } of opened) {
      use();
      expect(tf.getBackend()).toBe(name);
      expect(tf.tidy(() => Array.from(tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).dataSync()))).toEqual([3, 3, 3, 3]);
    }
    expect(process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection')).toBe(before);
  });
});
