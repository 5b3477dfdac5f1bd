import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gatewayLog } from '../support/gateway-log.ts';

const WEIR = fileURLToPath(new URL('../../dist/services/launcher.cjs', import.meta.url));
const TOKEN = 'a token for tests';
const HOUR = 3_600_000;

let folder: string;
let environment: NodeJS.ProcessEnv;
const running: Served[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-serve-'));
  environment = { ...process.env, WEIR_KEY: 'a master key for tests', GW_TOKEN: TOKEN.replaceAll(' ', '-'), NO_COLOR: '1' };
});
afterEach(async () => {
  for (const { child, over } of running.splice(0)) {
    child.kill('SIGKILL');
    await over;
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Served {
  child: ChildProcess;
  over: Promise<number | null>;
  said(): string;
  posts: string;
  telemetry: string;
}

const CONFIG = (more = ''): string => `tenants: { shop: {} }
sources:
  - { name: edge, tenant: shop, format: nginx-json, http: { token_env: GW_TOKEN } }
  - { name: disk, tenant: shop, files: [app.log] }
serve: { listen: "127.0.0.1:0", http: { listen: "127.0.0.1:0" } }
${more}`;

/** Waits for something to become true; what it is says the error. */
async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, patience = 40_000): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${patience} ms`);
    await wait(50);
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function serve(): Promise<Served> {
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [WEIR, 'serve', '--config', join(folder, 'weir.yaml'), '--listen', listen], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const over = new Promise<number | null>((resolve) => child.on('close', resolve));
  const served: Served = { child, over, said: () => said, posts: '', telemetry: `http://${listen}` };
  running.push(served);
  served.posts = await until('the endpoint', () => /taking posts on (http:\S+)\/v1/.exec(said)?.[1]);
  await until('readiness', async () => ((await fetch(`${served.telemetry}/readyz`)).status === 200 ? true : undefined));
  return served;
}

function line(at: number, account: string, request: string): string {
  return JSON.stringify({
    time_iso8601: new Date(at).toISOString().replace('Z', '+00:00'),
    remote_addr: '198.51.100.7',
    http_x_consumer_id: account,
    host: 'api.shop.example',
    request: `${request} HTTP/1.1`,
    status: 200,
    body_bytes_sent: 400,
    http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  });
}

async function post(served: Served, lines: string[]): Promise<void> {
  const response = await fetch(`${served.posts}/v1/sources/edge`, {
    method: 'POST',
    headers: { authorization: `Bearer ${environment.GW_TOKEN}`, 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  });
  expect(response.status).toBe(202);
}

async function metric(served: Served, series: string): Promise<number | undefined> {
  const text = await (await fetch(`${served.telemetry}/metrics`)).text();
  const found = text.split('\n').find((one) => one.startsWith(`${series} `));
  return found === undefined ? undefined : Number(found.slice(series.length + 1));
}

const read = (served: Served, source: string, count: number): Promise<true> =>
  until(`${count} events of ${source}`, async () =>
    (await metric(served, `weir_events_read_total{source="${source}",tenant="shop"}`)) === count ? true : undefined,
  );

function weir(...parameters: string[]): { code: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [WEIR, ...parameters], { env: environment, encoding: 'utf8' });
  return { code: status, out: stdout, error: stderr };
}

// each starts the program several times
describe('weir serve without Kafka', () => {
  it('follows files and takes posts; stopped or killed it goes on, and the ledger adds up', async () => {
    writeFileSync(join(folder, 'weir.yaml'), CONFIG());
    const log = join(folder, 'app.log');
    const begin = Date.now() - 3 * HOUR;
    const lines = (from: number, to: number): string[] =>
      Array.from({ length: to - from }, (_, i) =>
        line(begin + (from + i) * 2_000, `user-${(from + i) % 20}`, `GET /api/v1/items/${i % 9}`),
      );
    const first = await serve();
    expect(first.said()).toContain(`waiting for ${log}: it is not there`);
    await post(first, lines(0, 500));
    writeFileSync(log, `${lines(0, 700).join('\n')}\n`);
    await read(first, 'edge', 500);
    await read(first, 'disk', 700);
    first.child.kill('SIGTERM');
    expect(await first.over).toBe(143);

    appendFileSync(log, `${lines(700, 900).join('\n')}\n`);
    renameSync(log, `${log}.1`);
    writeFileSync(log, `${lines(900, 1_000).join('\n')}\n`);
    const second = await serve();
    await post(second, lines(500, 1_000));
    await read(second, 'edge', 500);
    await read(second, 'disk', 300);
    second.child.kill('SIGKILL');
    await second.over;

    const third = await serve();
    await post(third, lines(1_000, 1_100));
    await read(third, 'disk', 300);
    await read(third, 'edge', 600);
    third.child.kill('SIGTERM');
    expect(await third.over).toBe(143);
    const { code, out } = weir('reconcile', '--data', join(folder, 'weir-data'));
    expect([code, out]).toEqual([0, expect.stringMatching(/shop +disk +1,?000 .*\n.*shop +edge +1,?100 /)]);
    expect(readFileSync(`${log}.1`, 'utf8').split('\n')).toHaveLength(901);
  });

  it('an alert is in the store seconds after what raises it was posted', async () => {
    writeFileSync(join(folder, 'weir.yaml'), CONFIG());
    const served = await serve();
    const lines = gatewayLog(11, 12_000, 30);
    const attack = lines.findIndex((one) => one.includes('203.0.113.9'));
    await post(served, lines.slice(0, attack));
    await read(served, 'edge', attack);
    const before = await alerts();
    const posted = performance.now();
    await post(served, lines.slice(attack));
    await until('an alert in the store', async () => ((await alerts()) > before ? true : undefined));
    expect(performance.now() - posted).toBeLessThan(15_000);
    // it did not wait for a cut: regular ones are minutes apart, the first of a day of event time may have come
    expect(await metric(served, 'weir_snapshots_total{stage="all"}')).toBeLessThanOrEqual(1);
  });
});

/** Alerts in the store, asked of the process that is on. */
function alerts(): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [WEIR, 'sql', 'SELECT count() AS n FROM alerts', '--data', join(folder, 'weir-data')], {
      env: environment,
    });
    let out = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.on('close', () => resolve(Number(/\d+/.exec(out)?.[0] ?? 0)));
  });
}
