import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AlertRecord } from '../../schemas/alert.ts';
import { type ChildProgram, startProgram } from '../support/child-program.ts';
import { numbers } from '../support/driver-runs.ts';

const SERVE = fileURLToPath(new URL('../support/serve-lists.mjs', import.meta.url));
const START = Date.UTC(2026, 2, 2);
const MINUTE = 60_000;
const PATIENCE = 60_000;

let folder: string;
let program: ChildProgram | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-lists-'));
});
afterEach(async () => {
  await program?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Hours of a shop's traffic; in the first of them a stranger asks for what is not there. */
function hours(from: number, to: number, stranger: string): string {
  const next = numbers(from);
  const lines: [number, string][] = [];
  const say = (at: number, account: string, address: string, path: string, status: number): void => {
    lines.push([
      at,
      JSON.stringify({
        time_iso8601: new Date(START + at).toISOString().replace('Z', '+00:00'),
        remote_addr: address,
        http_x_consumer_id: account,
        host: 'api.shop.example',
        request: `GET ${path} HTTP/1.1`,
        status,
        body_bytes_sent: 700,
        request_time: '0.042',
        http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
      }),
    ]);
  };
  for (let minute = from * 60; minute < to * 60; minute += 2) {
    const account = Math.floor(next() * 30);
    say(minute * MINUTE, `user-${account}`, `198.51.${account}.7`, `/api/v1/orders/${account * 40 + Math.floor(next() * 20)}`, 200);
  }
  for (let i = 0; i < 80; i++) say(from * 60 * MINUTE + i * 40_000, '-', stranger, `/old/${from}/page-${i * 7}.php`, 404);
  return lines
    .sort(([a], [b]) => a - b)
    .map(([, text]) => `${text}\n`)
    .join('');
}

test('a list that changes while weir serve runs holds for what is read after it, without a restart', async () => {
  const [log, list, config] = ['app.log', 'threats.txt', 'weir.yaml'].map((name) => join(folder, name));
  writeFileSync(
    config,
    'tenants: { shop: { lists: [{ name: exchange, kind: threat, file: threats.txt }] } }\nsources: [{ name: gateway, tenant: shop, format: nginx-json, files: [app.log] }]\n',
  );
  writeFileSync(list, '# nothing yet\n');
  writeFileSync(log, hours(0, 5, '203.0.113.1'));
  const out = join(folder, 'out.txt');
  writeFileSync(out, '');
  program = startProgram(process.execPath, [SERVE, JSON.stringify({ config, data: join(folder, 'data') })], out, {
    ...process.env,
    WEIR_KEY: 'a master key for tests',
  });
  const alertOf = (printed: string, address: string): AlertRecord | undefined =>
    printed
      .split('\n')
      .filter((line) => line.startsWith('{"alert"'))
      .map((line) => (JSON.parse(line) as { alert: AlertRecord }).alert)
      .find(({ entity, detector }) => entity.id === address && detector === 'probing');
  await program.until((printed) => alertOf(printed, '203.0.113.1') !== undefined, PATIENCE);
  // both strangers: what was read before the change stays as it was judged
  writeFileSync(list, '203.0.113.1\n203.0.113.2\n');
  await program.until((printed) => printed.includes('read again, and in force: list exchange'), PATIENCE);
  appendFileSync(log, hours(6, 11, '203.0.113.2'));
  await program.until((printed) => alertOf(printed, '203.0.113.2') !== undefined, PATIENCE);
  // a file that is no list is said, and changes nothing
  writeFileSync(list, '<html>\n');
  await program.until((printed) => printed.includes('held before stays in force'), PATIENCE);
  appendFileSync(log, hours(12, 17, '203.0.113.2'));
  await program.stop();
  const printed = program.printed();
  const before = alertOf(printed, '203.0.113.1');
  const after = alertOf(printed, '203.0.113.2');
  const named = (alert: AlertRecord | undefined): boolean | undefined => alert?.reasons.some(({ feature }) => feature === 'threat_list');
  expect([named(before), named(after)]).toEqual([false, true]);
  expect(after?.config_version).not.toBe(before?.config_version);
});
