import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlertRecord } from '../../schemas/alert.ts';
import { numbers } from '../support/driver-runs.ts';
import { disordered, gatewayLog, withPhones } from '../support/gateway-log.ts';

const RUN = fileURLToPath(new URL('../support/detect-run.mjs', import.meta.url));
const WEIR = fileURLToPath(new URL('../../dist/services/launcher.cjs', import.meta.url));
const LINES = withPhones(gatewayLog(11, 12_000, 30));

let folder: string;
let environment: NodeJS.ProcessEnv;
let expected: Canonical;
let runs = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-detect-'));
  environment = { ...process.env, WEIR_KEY: 'a master key for tests', UV_THREADPOOL_SIZE: '8', NO_COLOR: '1' };
  expected = await canonicalOf({ files: [write('whole.log', LINES)] });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** First lines in which two canonical forms differ: a whole one is too long to print. */
function difference(found: Canonical, wanted: Canonical): string[] {
  return (['alerts', 'windows', 'inventory'] as const).flatMap((name) => {
    const a = found[name].split('\n');
    const b = wanted[name].split('\n');
    const lines = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).filter((i) => a[i] !== b[i]);
    return lines.slice(0, 3).map((i) => `${name} ${i + 1} of ${lines.length}: ${a[i]?.slice(0, 900)}, expected ${b[i]?.slice(0, 900)}`);
  });
}

interface Canonical {
  alerts: string;
  windows: string;
  inventory: string;
}

interface Run {
  files: string[];
  data?: string;
  alerts?: string;
  workers?: number;
  cutEvery?: number;
}

/** Starts a run; resolves when it is over, killed after so many marks of progress. */
function start(
  run: Run & { data: string; canonical?: string },
  killAfter = Number.POSITIVE_INFINITY,
): Promise<{ marks: number; ended: boolean; error: string }> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(process.execPath, [RUN, JSON.stringify(run)], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let marks = 0;
    let error = '';
    child.stdout?.on('data', (data: Buffer) => {
      marks += data.length;
      if (marks >= killAfter) child.kill('SIGKILL');
    });
    child.stderr?.on('data', (data: Buffer) => {
      error += data.toString();
    });
    child.on('close', (code) => resolve({ marks, ended: code === 0, error }));
  });
}

function read(canonical: string): Canonical {
  const file = (name: string): string => readFileSync(join(canonical, `${name}.ndjson`), 'utf8');
  return { alerts: file('alerts'), windows: file('windows'), inventory: file('inventory') };
}

/** The canonical form after a run into a data folder of its own. */
async function canonicalOf(run: Run): Promise<Canonical> {
  const data = join(folder, `data-${runs++}`);
  const canonical = `${data}-canonical`;
  const { ended, error } = await start({ ...run, data, canonical });
  expect({ ended, error }).toEqual({ ended: true, error: '' });
  return read(canonical);
}

function weir(...parameters: string[]): { code: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [WEIR, ...parameters], { env: environment, encoding: 'utf8' });
  return { code: status, out: stdout, error: stderr };
}

describe('weir detect', () => {
  it('finds something, so that the comparisons below say something', () => {
    expect(expected.alerts.split('\n').length).toBeGreaterThan(2);
    expect(expected.windows.split('\n').length).toBeGreaterThan(1000);
    expect(expected.inventory.split('\n').length).toBeGreaterThan(80);
    expect(expected.inventory).toContain('"mobile"');
  });

  it('gives the same windows and alerts, byte for byte, for any split, order within the lateness and number of workers', async () => {
    const quarters = [0, 1, 2, 3].map((i) => write(`quarter-${i}.log`, LINES.slice((i * LINES.length) / 4, ((i + 1) * LINES.length) / 4)));
    const turns = [0, 1, 2, 3].map((i) =>
      write(
        `turn-${i}.log`,
        LINES.filter((_, row) => row % 4 === i),
      ),
    );
    const shuffled = write('shuffled.log', disordered(LINES, 3, 115_000));
    expect(difference(await canonicalOf({ files: quarters }), expected)).toEqual([]);
    expect(difference(await canonicalOf({ files: turns, workers: 2 }), expected)).toEqual([]);
    expect(difference(await canonicalOf({ files: [shuffled], workers: 1 }), expected)).toEqual([]);
  });

  it('killed at random moments and started again it ends as an undisturbed run does, with a ledger that adds up', async () => {
    const data = join(folder, 'killed');
    const run = {
      files: [join(folder, 'whole.log')],
      data,
      cutEvery: 30,
      alerts: join(folder, 'alerts.ndjson'),
      canonical: `${data}-canonical`,
    };
    const next = numbers(77);
    let ended = false;
    for (let attempt = 0; attempt < 8 && !ended; attempt++) {
      const result = await start(run, attempt < 4 ? 1 + Math.floor(next() * 12) : Number.POSITIVE_INFINITY);
      expect(result.error).toBe('');
      ended = result.ended;
    }
    expect(ended).toBe(true);
    expect(difference(read(`${data}-canonical`), expected)).toEqual([]);
    expect(weir('reconcile', '--data', data)).toMatchObject({ code: 0 });
    const alerts = readFileSync(run.alerts, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => AlertRecord.parse(JSON.parse(line)));
    const ids = alerts.map((alert) => alert.alert_id).sort();
    expect(ids).toEqual(
      expected.alerts
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).alert_id)
        .sort(),
    );
  });

  it('a file that grew is read on, and the same file adds nothing', async () => {
    const data = join(folder, 'grown');
    const path = write('grown.log', LINES.slice(0, 7_001));
    writeFileSync(path, LINES[7_001].slice(0, 50), { flag: 'a' });
    expect(await start({ files: [path], data })).toMatchObject({ ended: true, error: '' });
    expect(weir('reconcile', '--data', data)).toMatchObject({ code: 0 });
    write('grown.log', LINES);
    expect(await start({ files: [path], data, workers: 1, canonical: `${data}-canonical` })).toMatchObject({ ended: true, error: '' });
    expect(difference(read(`${data}-canonical`), expected)).toEqual([]);
    expect(weir('reconcile', '--data', data)).toMatchObject({ code: 0 });
    const again = weir('detect', path, '--data', data);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nothing new') });
  });

  it('names bad input and ends with the right code', () => {
    const data = join(folder, 'bad');
    const bad = (...parameters: string[]): { code: number | null; out: string; error: string } =>
      weir('detect', '--data', data, ...parameters);
    expect(bad(join(folder, 'none.log'))).toMatchObject({ code: 2, error: expect.stringContaining('none.log') });
    expect(bad(folder)).toMatchObject({ code: 2, error: expect.stringContaining('folder') });
    expect(bad(write('empty.log', []))).toMatchObject({ code: 1, error: expect.stringContaining('empty') });
    const binary = join(folder, 'binary');
    writeFileSync(
      binary,
      Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256),
    );
    expect(bad(binary)).toMatchObject({ code: 2, error: expect.stringContaining('binary') });
    expect(bad(write('some.log', LINES.slice(0, 40)), '--format', 'combined')).toMatchObject({
      code: 1,
      error: expect.stringContaining('--format'),
    });
    expect(bad(join(folder, 'whole.log'), '--workers', '0')).toMatchObject({ code: 2 });
  });

  it('reads standard input, compressed or not, and leaves it alone when it reads files', () => {
    const whole = readFileSync(join(folder, 'whole.log'));
    const piped = (input: Uint8Array, ...parameters: string[]): string =>
      spawnSync(process.execPath, [WEIR, 'detect', '--data', join(folder, `piped-${runs++}`), ...parameters], {
        env: environment,
        encoding: 'utf8',
        input,
      }).stdout;
    expect(piped(gzipSync(whole), '-')).toContain('12,900 read, 12,900 in windows');
    expect(piped(whole, join(folder, 'quarter-0.log'))).toContain('3,225 read, 3,225 in windows');
  });

  it('stopped with windows open it misses nothing: what they hold is counted, and stored by the run that goes on', async () => {
    const data = join(folder, 'interrupted');
    const log = join(folder, 'whole.log');
    const script = `import { runDetect } from ${JSON.stringify(new URL('../../dist/services/commands/run-detect.js', import.meta.url).href)};
      const stop = new AbortController();
      const follow = { pollEvery: 50, onCaughtUp: () => stop.abort() };
      const result = await runDetect({ files: [${JSON.stringify(log)}], data: ${JSON.stringify(data)}, follow, signal: stop.signal });
      process.exit(result.stopped ? 0 : 1);`;
    writeFileSync(join(folder, 'interrupted.mjs'), script);
    const run = spawnSync(process.execPath, [join(folder, 'interrupted.mjs')], { env: environment, encoding: 'utf8' });
    expect([run.stderr, run.status]).toEqual(['', 0]);
    const stopped = weir('reconcile', '--data', data);
    expect(stopped.code).toBe(0);
    expect(stopped.out).toMatch(/requests in account panes .* −\d+ \(not settled\)/);
    expect(weir('detect', log, '--data', data)).toMatchObject({ code: 0 });
    const ended = weir('reconcile', '--data', data);
    expect(ended.code).toBe(0);
    expect(ended.out).not.toMatch(/not settled/);
  });

  it('keeps a second writer out, while the first goes on', async () => {
    const data = join(folder, 'taken');
    const child = spawn(process.execPath, [WEIR, 'detect', join(folder, 'whole.log'), '--follow', '--data', data], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const over = new Promise<number | null>((resolve) => child.on('close', resolve));
    await new Promise((resolve) => child.stderr.once('data', resolve)); // the format is said once the folder is taken
    expect(weir('detect', join(folder, 'whole.log'), '--data', data)).toMatchObject({
      code: 2,
      error: expect.stringContaining(String(child.pid)),
    });
    child.kill('SIGTERM');
    expect(await over).toBe(143);
    expect(weir('detect', join(folder, 'whole.log'), '--data', data)).toMatchObject({ code: 0 });
    expect(weir('reconcile', '--data', data)).toMatchObject({ code: 0 });
  });
});
