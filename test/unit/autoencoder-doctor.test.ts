import { describe, expect, it } from 'vitest';
import { backendFields, diagnoseBackends } from '../../services/commands/backends.ts';

describe('what doctor says of the backends', () => {
  it('is which can be used, how fast each is, which one is, and why; and leaves no tensors behind', async () => {
    const said = await diagnoseBackends('auto');
    expect((await import('@tensorflow/tfjs-core')).memory().numTensors).toBe(0);
    expect(said).toMatchObject({ choice: 'auto', used: 'wasm' });
    expect(said.why).toContain('the default');
    for (const { problem, rows_per_second } of said.backends) {
      if (problem === undefined) expect(rows_per_second.batch).toBeGreaterThan(rows_per_second.single);
      else expect(rows_per_second).toEqual({ batch: 0, single: 0 });
    }
    expect(said.backends.filter(({ problem }) => problem === undefined).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['wasm', 'cpu']),
    );
    expect(backendFields(said).map(([name]) => name.trim())).toEqual(['autoencoder', 'wasm', 'node', 'cpu']);
  });

  it('names a faster one beside the one that the config asks for', async () => {
    const { used, why } = await diagnoseBackends('cpu');
    expect(used).toBe('cpu');
    expect(why).toMatch(/^as models.backend says; .*wasm.* would be faster$/);
  });
});
