import { describe, expect, it } from 'vitest';
import { openBackend } from '../../models/autoencoder/backend.ts';

const nodeIsThere = await openBackend('node').then(({ name }) => name === 'node');

describe('backends of the autoencoder', () => {
  it('takes wasm unless told otherwise, and says nothing of it', async () => {
    for (const backend of [await openBackend(), await openBackend('auto'), await openBackend('wasm')]) {
      expect(backend.name).toBe('wasm');
      expect(backend.warning).toBeUndefined();
    }
  });

  it.skipIf(nodeIsThere)('goes on with wasm, and says why, where tfjs-node does not load', async () => {
    const backend = await openBackend('node');
    expect(backend.name).toBe('wasm');
    expect(backend.warning).toMatch(/backend node cannot be used \(.*tfjs-node.*\): wasm is used instead/);
  });

  it('takes the fastest of what was measured', async () => {
    const measured = [
      { name: 'wasm' as const, rowsPerSecond: 10 },
      { name: 'cpu' as const, rowsPerSecond: 20 },
    ];
    expect((await openBackend('auto', measured)).name).toBe('cpu');
    expect((await openBackend('auto', [...measured, { name: 'wasm', rowsPerSecond: 30 }])).name).toBe('wasm');
    expect((await openBackend('wasm', measured)).name).toBe('wasm');
  });

  it('keeps backends apart that are open side by side', async () => {
    const wasm = await openBackend('wasm');
    const cpu = await openBackend('cpu');
    for (const backend of [wasm, cpu, wasm]) {
      backend.use();
      expect(backend.tf.getBackend()).toBe(backend.name);
      expect(backend.tf.tidy(() => Array.from(backend.tf.add([1, 2], 3).dataSync()))).toEqual([4, 5]);
    }
  });

  it('leaves uncaught errors to the process', async () => {
    const before = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    await openBackend('wasm');
    expect(process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection')).toBe(before);
  });
});
