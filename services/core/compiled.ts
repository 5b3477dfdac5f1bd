import { fileURLToPath } from 'node:url';

/**
 * Threads load compiled files only. `name` is relative to the asking module, `from` its import.meta.url; when that runs
 * from its TypeScript source (tests), the compiled file of the same place under dist/ is meant.
 */
export function compiled(name: string, from: string): URL {
  const url = new URL(name, from);
  if (!from.split('?')[0].endsWith('.ts')) return url;
  const root = new URL('../../', import.meta.url);
  const path = fileURLToPath(url).slice(fileURLToPath(root).length);
  return new URL(`dist/${path}`, root);
}
