import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;

function weir(args: string[], cwd: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, WEIR_KEY: 'a key that is only for tests' };
  return spawnSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8', cwd, env });
}

test('the demo shows explained incidents of two tenants, and leaves a store that adds up', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'weir-demo-'));
  const { status, stdout, stderr } = weir(['demo'], cwd);
  expect([status, stderr]).toEqual([0, '']);
  for (const tenant of ['shop', 'office']) {
    expect(stdout).toMatch(new RegExp(`^${tenant}: \\d+ incidents?`, 'm'));
    expect(stdout).toMatch(new RegExp(`^ +found +${tenant}: `, 'm'));
  }
  expect(stdout).toContain('contributions add up to the score');
  expect(stdout).toContain('It would not have alerted with');

  const truth = JSON.parse(readFileSync(join(cwd, 'weir-demo/shop/labels.json'), 'utf8'));
  expect(truth.campaigns.length).toBeGreaterThan(2);
  expect(weir(['reconcile', '--data', 'weir-demo/weir-data'], cwd).status).toBe(0);
  const incidents = weir(['incidents', '--data', 'weir-demo/weir-data', '--json'], cwd).stdout.trim().split('\n');
  expect(new Set(incidents.map((line) => JSON.parse(line).tenant))).toEqual(new Set(['shop', 'office']));
});

test('the demo writes over its own folder only', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'weir-demo-'));
  writeFileSync(join(cwd, 'mine.txt'), 'precious');
  const { status, stderr } = weir(['demo', '--data', '.'], cwd);
  expect([status, stderr]).toEqual([2, expect.stringContaining('was not made by weir demo')]);
  expect(readFileSync(join(cwd, 'mine.txt'), 'utf8')).toBe('precious');
});
