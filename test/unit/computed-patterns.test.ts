import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
/** `const { [I.requests]: requests } = values`: a declaration that takes a value apart by a key that is computed. */
const COMPUTED = /\b(?:const|let|var)\s*\{[^{}=;]*\[[^\]]+\]\s*:[^{}=;]*\}\s*=/g;

test('the pattern looked for is found', () => {
  const { length } = [
    ...'const { [I.a]: a,\n [I.b]: b } = values; const { a, b: [first] } = c; const [x] = y; const { z } = w;'.matchAll(COMPUTED),
  ];
  expect(length).toBe(1);
});

test('no value is taken apart by computed keys: V8 compiles such code anew at every call', () => {
  const found: string[] = [];
  for (const room of ['services', 'models', 'schemas']) {
    for (const name of readdirSync(new URL(room, ROOT), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const path = fileURLToPath(new URL(`${room}/${name}`, ROOT));
      const text = readFileSync(path, 'utf8');
      for (const match of text.matchAll(COMPUTED)) found.push(`${room}/${name}:${text.slice(0, match.index).split('\n').length}`);
    }
  }
  expect(found).toEqual([]);
});
