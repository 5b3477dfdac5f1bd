import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** The rules of the house that no type checker sees. */
const ROOT = new URL('../..', import.meta.url).pathname;

/** Rooms whose code runs inside stages. */
const STAGE_ROOMS = ['services/core', 'services/ingest', 'services/features', 'services/scoring', 'services/alerting', 'models', 'schemas'];

/** What would make a replay differ from the first run. */
const CLOCKS_AND_DICE = [
  /\bDate\.now\s*\(/,
  /\bnew Date\(\s*\)/,
  /\bperformance\.now\b/,
  /\bhrtime\b/,
  /\bMath\.random\b/,
  /\brandomBytes\b/,
  /\brandomUUID\b/,
];

function sourcesOf(room: string): string[] {
  return readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

test.each(STAGE_ROOMS)('nothing in %s reads a clock or throws dice', (room) => {
  const found = sourcesOf(room).flatMap((file) => {
    const text = withoutComments(readFileSync(join(ROOT, file), 'utf8'));
    return CLOCKS_AND_DICE.filter((pattern) => pattern.test(text)).map((pattern) => `${file}: ${pattern.source}`);
  });
  expect(found).toEqual([]);
});

test('links between documents lead to files that are there', () => {
  const documents = ['README.md', 'CHANGELOG.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
    name.endsWith('.md'),
  );
  const broken = documents.flatMap((document) => {
    const links = [...readFileSync(join(ROOT, document), 'utf8').matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((match) => match[1]);
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    return local.filter((link) => !existsSync(join(ROOT, dirname(document), link))).map((link) => `${document}: ${link}`);
  });
  expect(broken).toEqual([]);
});

/** Files that a file needs at run time: imports and re-exports that are not for types alone. */
function neededBy(file: string): string[] {
  const text = withoutComments(readFileSync(join(ROOT, file), 'utf8'));
  const imports = text.matchAll(/^(?:import|export)\s+(?!type\b)[^;'"]*?['"](\.[^'"]+)['"]/gm);
  return [...imports].map((match) => join(dirname(file), match[1]));
}

test('no cycle of imports exists at run time', () => {
  const files = ['services', 'models', 'schemas'].flatMap(sourcesOf);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, above: string[]): void => {
    if (above.includes(file)) cycles.push([...above.slice(above.indexOf(file)), file].join(' → '));
    if (above.includes(file) || done.has(file)) return;
    for (const next of neededBy(file)) if (files.includes(next)) visit(next, [...above, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(files.length).toBeGreaterThan(50);
  expect(cycles).toEqual([]);
});

describe('imports', () => {
  /** Runs the checker over a small tree of files, given as path -> text. */
  function check(files: Record<string, string>): { status: number | null; output: string } {
    const folder = mkdtempSync(join(tmpdir(), 'weir-imports-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const run = spawnSync(
      process.execPath,
      [
        join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
        '--config',
        join(ROOT, '.dependency-cruiser.cjs'),
        'services',
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    return { status: run.status, output: run.stdout + run.stderr };
  }

  test('down the levels are allowed', () => {
    const { status, output } = check({
      'services/core/a.ts': 'export const a = 1;\n',
      'services/ingest/b.ts': "export { a } from '../core/a.ts';\n",
      'services/scoring/c.ts': "export { a } from '../ingest/b.ts';\n",
    });
    expect(output).toContain('no dependency violations');
    expect(status).toBe(0);
  });

  test.each([
    ['between rooms of one level', "import { a } from '../features/a.ts';\nexport const b = a;\n", 'room-ingest'],
    ['up the levels', "import { a } from '../drivers/a.ts';\nexport const b = a;\n", 'room-ingest'],
    ['up the levels, for a type only', "import type { A } from '../drivers/a.ts';\nexport type B = A;\n", 'room-ingest'],
    ['of what is not there', "import { a } from './none.ts';\nexport const b = a;\n", 'resolvable'],
  ])('%s fail the check', (_, text, rule) => {
    const { status, output } = check({
      'services/features/a.ts': 'export const a = 1;\n',
      'services/drivers/a.ts': 'export const a = 1;\nexport type A = number;\n',
      'services/ingest/b.ts': text,
    });
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });

  test('files in the stage rooms do no I/O', () => {
    const { status, output } = check({
      'services/core/a.ts': "import { readFileSync } from 'node:fs';\nexport const a = readFileSync('x');\n",
    });
    expect(output).toContain('pure-rooms');
    expect(status).not.toBe(0);
  });

  test('an unknown room fails the check', () => {
    const { output } = check({ 'services/misc/a.ts': "export { b } from './b.ts';\n", 'services/misc/b.ts': 'export const b = 1;\n' });
    expect(output).toContain('known-room');
  });
});
