import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AlertRecord } from '../../schemas/alert.ts';
import type { InterfaceRecord } from '../../schemas/interface.ts';
import { loadConfig } from '../../services/commands/config.ts';
import { registerInterfaces } from '../../services/commands/interfaces.ts';
import { registerReconcile } from '../../services/commands/reconcile.ts';
import { type DetectOptions, runDetect } from '../../services/commands/run-detect.ts';
import { numbers } from '../support/driver-runs.ts';
import { disordered } from '../support/gateway-log.ts';

/** A log whose paths hold names, from its lines to alerts, to the inventory and to the proof that nothing was lost. */

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 2);
const HOURS = 66;
const TEMPLATE = 'GET api.shop.example/api/v1/clients/{name}/records';
const environment = { ...process.env, WEIR_KEY: 'a master key for tests' };

function nameOf(n: number): string {
  const syllables = ['ba', 'de', 'lo', 'mi', 'ru', 'sa', 'ti', 'vo', 'ka', 'ne'];
  return `${syllables[n % 10]}${syllables[Math.floor(n / 10) % 10]}${syllables[Math.floor(n / 100) % 10]}${'rnl'[n % 3]}`;
}

/** Advisers with twelve clients each; one of them reads those of all others in the night of the third day. */
function namedLog(): string[] {
  const next = numbers(17);
  const entries: { at: number; text: string }[] = [];
  const add = (at: number, who: number, path: string): void => {
    const record = {
      time_iso8601: new Date(at).toISOString().replace('Z', '+00:00'),
      remote_addr: `198.51.100.${who + 1}`,
      http_x_consumer_id: `adviser-${who}`,
      host: 'api.shop.example',
      request: `GET ${path} HTTP/1.1`,
      status: next() < 0.98 ? 200 : 500,
      body_bytes_sent: 2000,
      request_time: '0.042',
      http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
    };
    entries.push({ at, text: JSON.stringify(record) });
  };
  for (let i = 0; i < HOURS * 150; i++) {
    const at = START + Math.floor(((i + next()) / 150) * HOUR);
    const who = Math.floor(next() * 25);
    const name = nameOf(who * 12 + Math.floor(next() ** 2 * 12));
    const kind = next();
    add(at, who, kind < 0.4 ? `/api/v1/clients/${name}` : kind < 0.7 ? `/api/v1/clients/${name}/records` : '/api/v1/clients');
  }
  for (let i = 0; i < 300; i++) add(START + 60 * HOUR + i * 9000, 4, `/api/v1/clients/${nameOf(i)}/records`);
  return entries.sort((a, b) => a.at - b.at).map(({ text }) => text);
}

const LOG = namedLog();
let folder: string;
let whole: Found;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-names-'));
  whole = await detect('whole', [LOG], { workers: 1 });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Found {
  alerts: string;
  windows: string;
}

async function detect(name: string, logs: (readonly string[])[], options: Partial<DetectOptions> = {}): Promise<Found> {
  const files = logs.map((lines, part) => {
    const path = join(folder, `${name}-${part}.log`);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
    return path;
  });
  const path = join(folder, `${name}.yaml`);
  writeFileSync(
    path,
    `tenants: { shop: { sensitive: [ "GET */clients/{name}/records" ] } }
sources:
  - { name: gateway, tenant: shop, format: nginx-json, files: [${files}], identity: [ http_x_consumer_id ] }
`,
  );
  const canonical = join(folder, `${name}-canonical`);
  const data = join(folder, `${name}-data`);
  const { stopped } = await runDetect({ files: [], config: loadConfig(path), canonical, environment, data, ...options });
  const read = (file: string): string => (stopped ? '' : readFileSync(join(canonical, file), 'utf8'));
  return { alerts: read('alerts.ndjson'), windows: read('windows.ndjson') };
}

/** Runs a command in this process, as main.ts does. */
async function weir(...words: string[]): Promise<string> {
  let written = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation(((chunk: string | Uint8Array, done?: () => void) => {
    written += Buffer.from(chunk as Uint8Array).toString('utf8');
    done?.();
    return true;
  }) as typeof process.stdout.write);
  const program = new Command('weir').exitOverride().option('-q, --quiet');
  registerInterfaces(program);
  registerReconcile(program);
  try {
    await program.parseAsync(['node', 'weir', ...words, '--data', join(folder, 'whole-data')]);
  } finally {
    spy.mockRestore();
  }
  return written;
}

const linesOf = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

describe('a log whose paths hold names', () => {
  test('has windows of templates from the first day on, and none of names', () => {
    const windows = linesOf<{ view: string; key: string; start: string }>(whole.windows).filter(({ view }) => view === 'interface');
    const second = windows.filter(({ start }) => Date.parse(start) >= START + 24 * HOUR);
    expect([...new Set(second.map(({ key }) => key))].sort()).toEqual([
      'GET api.shop.example/api/v1/clients',
      'GET api.shop.example/api/v1/clients/{name}',
      TEMPLATE,
    ]);
    expect(new Set(windows.map(({ key }) => key)).size).toBeGreaterThan(300);
  });

  test('tells who reads through the names, and names the template', () => {
    const alerts = linesOf<AlertRecord>(whole.alerts);
    const found = alerts.filter(({ entity }) => entity.id === 'adviser-4');
    expect(found.map(({ detector }) => detector)).toContain('object_traversal');
    for (const { related } of found) expect(related[0]).toEqual({ kind: 'interface', id: TEMPLATE });
    // a pattern with {name} holds for names before and after they are folded
    expect(found.flatMap(({ reasons }) => reasons.map(({ feature }) => feature)).join()).toContain('sensitive');
    expect(alerts.filter(({ entity }) => entity.id !== 'adviser-4' && entity.id !== TEMPLATE)).toEqual([]);
  });

  test('has an inventory of templates, with all that was seen of the names, and a balanced ledger', async () => {
    const records = linesOf<InterfaceRecord>(await weir('interfaces', '--json'));
    expect(records.map((record) => record.interface).sort()).toEqual([
      'GET api.shop.example/api/v1/clients',
      'GET api.shop.example/api/v1/clients/{name}',
      TEMPLATE,
    ]);
    for (const record of records) {
      expect(record.requests).toBe(LOG.filter((line) => interfaceOf(line) === record.interface).length);
      expect(record.callers.about).toBe(25);
      expect(record.authentication.origins).toEqual(['consumer']);
      // but for a name or two that were never answered
      if (record.interface === TEMPLATE) expect(record.folded_count).toBeGreaterThan(290);
    }
    const { balanced } = JSON.parse(await weir('reconcile', '--json')) as { balanced: boolean };
    expect(balanced).toBe(true);
  });

  test.each<[string, (lines: string[]) => string[][], number]>([
    ['on two threads', (lines) => [lines], 2],
    [
      'in halves, out of order',
      (lines) =>
        [0, 1].map((of) =>
          disordered(
            lines.filter((_, i) => i % 2 === of),
            5,
            110_000,
          ),
        ),
      2,
    ],
  ])(
    'says the same %s',
    async (name, parts, workers) => {
      expect(await detect(name.replace(/\W/g, '-'), parts(LOG), { workers })).toEqual(whole);
    },
    120_000,
  );

  test('says the same where it was stopped and started again', async () => {
    const stop = new AbortController();
    let looks = 0;
    await detect('stopped', [LOG], { signal: stop.signal, onProgress: () => ++looks === 2 && stop.abort() });
    expect(await detect('stopped', [LOG])).toEqual(whole);
  }, 120_000);
});

function interfaceOf(line: string): string {
  const path = (JSON.parse(line) as { request: string }).request.split(' ')[1];
  return `GET api.shop.example${path.replace(/clients\/\w+/, 'clients/{name}')}`;
}
