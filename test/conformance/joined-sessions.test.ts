import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../services/commands/config.ts';
import { type DetectOptions, type DetectResult, runDetect } from '../../services/commands/run-detect.ts';
import { disordered } from '../support/gateway-log.ts';
import { sessionLog } from '../support/session-log.ts';

const environment = { ...process.env, WEIR_KEY: 'a master key for tests' };
const LOG = sessionLog(11, 3000, 12);
/** What a source without sessions of the same tenant brings. */
const BESIDE = sessionLog(12, 800, 12).named;

const ALL = LOG.lines.length + BESIDE.length;
/** One source names sessions, another one of the same tenant does not. */
const beside = { logs: [BESIDE], session: false };
const WHOLE = [{ logs: [LOG.lines], session: true }, beside];

let folder: string;
let whole: Found;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-sessions-'));
  whole = await detect('whole', WHOLE, { workers: 1 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Source {
  /** each a file */
  logs: (readonly string[])[];
  session: boolean;
}

function configOf(name: string, sources: readonly Source[]) {
  const entries = sources.map(({ logs, session }, i) => {
    const files = logs.map((lines, part) => {
      const path = join(folder, `${name}-${i}-${part}.log`);
      writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
      return path;
    });
    return `  - { name: gateway-${i}, tenant: shop, format: nginx-json, files: [${files}]${session ? ', session: cookie_sid' : ''} }\n`;
  });
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, `sources:\n${entries.join('')}`);
  return loadConfig(path);
}

interface Found {
  result: DetectResult;
  alerts: string;
  windows: string;
}

async function detect(name: string, sources: readonly Source[], options: Partial<DetectOptions> = {}): Promise<Found> {
  const canonical = join(folder, `${name}-canonical`);
  const config = configOf(name, sources);
  const result = await runDetect({ files: [], config, canonical, environment, data: join(folder, `${name}-data`), ...options });
  const read = (file: string): string => (result.stopped ? '' : readFileSync(join(canonical, file), 'utf8'));
  return { result, alerts: read('alerts.ndjson'), windows: read('windows.ndjson') };
}

function fates({ ledger }: DetectResult): Record<string, number> {
  const sums: Record<string, number> = { read: 0, windowed: 0, session: 0, late: 0, dead: 0, held: 0, dropped: 0 };
  for (const { fate, reason, count } of ledger) {
    sums[fate] += count;
    if (reason === 'session') sums.session += count;
  }
  return sums;
}

function half(lines: readonly string[], of: number): string[] {
  return lines.filter((_, i) => i % 2 === of);
}

describe('a log that says who acts at a login only', () => {
  it('has the windows of one that says it of every request, however it is read', async () => {
    const named = await detect('named', [{ logs: [LOG.named], session: false }, beside]);
    expect(whole.windows).toBe(named.windows);
    expect(fates(whole.result)).toMatchObject({ read: ALL, windowed: ALL, held: 0, late: 0 });
    expect(fates(whole.result).session).toBeGreaterThan(LOG.lines.length / 4);
    expect(whole.alerts).toContain('"entity":{"kind":"account","id":"user-7"}');
    const halves = [0, 1].map((of) => disordered(half(LOG.lines, of), 5, 110_000));
    const split = await detect('split', [{ logs: halves, session: true }, beside]);
    expect(split.windows).toBe(whole.windows);
    expect(split.alerts).toBe(whole.alerts);
  });

  it('goes on where it was stopped, with what waits, also under a config that names no session any more', async () => {
    const stop = new AbortController();
    const first = await detect('stopped', WHOLE, { signal: stop.signal, onProgress: () => stop.abort() });
    expect(first.result.stopped).toBe(true);
    const { read, windowed, held, late } = fates(first.result);
    expect(held).toBeGreaterThan(0);
    expect(read).toBe(windowed + held);
    expect(late).toBe(0);
    cpSync(join(folder, 'stopped-data'), join(folder, 'changed-data'), { recursive: true });
    const all = { read: ALL, windowed: ALL, held: 0, late: 0 };
    const second = await detect('stopped', WHOLE);
    expect(fates(second.result)).toMatchObject(all);
    expect(second.windows).toBe(whole.windows);
    expect(second.alerts).toBe(whole.alerts);
    const changed = await detect('changed', [{ logs: [LOG.lines], session: false }, beside]);
    expect(fates(changed.result)).toMatchObject(all);
  });

  it('lets go what waits when a live tenant falls silent', async () => {
    const part = LOG.lines.slice(0, 600);
    const stop = new AbortController();
    let looks = 0;
    let clock = Date.parse(JSON.parse(part[599]).time_iso8601) + 1000;
    const onCaughtUp = (): void => {
      clock += 3_600_000;
      if (++looks === 3) stop.abort();
    };
    const follow = { pollEvery: 5, idleAfter: 30_000, now: () => clock, onCaughtUp };
    const { result } = await detect('silent', [{ logs: [part], session: true }], { follow, signal: stop.signal });
    expect(fates(result)).toMatchObject({ read: 600, windowed: 600, held: 0, late: 0 });
  });
});
