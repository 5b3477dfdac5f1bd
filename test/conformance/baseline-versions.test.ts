import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayLog, LOG_START } from '../support/gateway-log.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;
const DAY = 86_400_000;
/** three stretches of so many days; an account walks through the orders of others in the second */
const STRETCH = 3;
const LINES = gatewayLog(5, 3_000, 3 * STRETCH * 24, STRETCH * 24 + 30);

interface Version {
  version: number;
  reached: Record<string, string>;
  events: number;
  current: boolean;
  rolled_back_to: boolean;
}

let folder: string;
let environment: NodeJS.ProcessEnv;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-baselines-'));
  environment = { ...process.env, WEIR_KEY: 'a master key for tests', NO_COLOR: '1' };
  for (let part = 0; part < 3; part++) {
    const lines = LINES.filter((line) => Math.floor((Date.parse(JSON.parse(line).time_iso8601) - LOG_START) / (STRETCH * DAY)) === part);
    writeFileSync(join(folder, `${part}.log`), lines.map((line) => `${line}\n`).join(''));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function weir(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const args = [LAUNCHER, ...words, '--data', join(folder, 'data')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: environment, cwd: folder });
  return { status, stdout, stderr };
}
function done(...words: string[]): string {
  const { status, stdout, stderr } = weir(...words);
  expect([words.join(' '), status, status === 0 ? '' : stderr]).toEqual([words.join(' '), 0, '']);
  return stdout;
}
const versions = (): Version[] => JSON.parse(done('baselines', '--json')).versions;
const current = (): Version => versions().find((version) => version.current) as Version;
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('weir baselines', () => {
  it('knows none without logs, and names what is kept when asked for another', () => {
    expect(done('baselines')).toMatch(/nothing is kept/);
    expect(weir('baselines', 'rollback', '7')).toMatchObject({ status: 2, stderr: expect.stringMatching(/no version 7 .*none is kept/) });
    expect(weir('baselines', 'rollback', 'last')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/not the number of a version/),
    });
  });

  it('rolled back, the same events get the scores that they got, byte for byte, whatever was learned since', () => {
    done('detect', '0.log');
    const before = current();
    expect(Object.values(before.reached)[0]).toMatch(/^2026-03-04T23:/);
    done('detect', '1.log', '--alerts', 'first.ndjson', '--canonical', 'first');
    const [incident] = done('incidents', '--json').trim().split('\n');
    done('detect', '2.log', '--alerts', 'later.ndjson', '--canonical', 'later');
    const after = current();
    expect(after.events).toBeGreaterThan(before.events);
    done('incidents', 'mark', JSON.parse(incident).incident_id, '--as', 'attack');

    expect(JSON.parse(done('baselines', 'rollback', String(before.version), '--json'))).toMatchObject({
      version: before.version,
      reached: before.reached,
      marks: 1,
    });
    expect(versions().filter((version) => version.current || version.rolled_back_to)).toEqual([
      { ...before, current: true, rolled_back_to: true },
    ]);

    done('detect', '1.log', '--alerts', 'again.ndjson');
    expect(read('first.ndjson').split('\n').length).toBeGreaterThan(1);
    expect(read('again.ndjson')).toBe(read('first.ndjson'));
    done('detect', '2.log', '--alerts', 'later-again.ndjson', '--canonical', 'later-again');
    expect(read('later-again.ndjson')).toBe(read('later.ndjson'));
    for (const name of ['alerts', 'windows']) expect(read(`later-again/${name}.ndjson`)).toBe(read(`later/${name}.ndjson`));
    done('reconcile');

    // and it can be taken back: what was there before the rollback is still kept
    done('baselines', 'rollback', String(after.version));
    expect(current()).toMatchObject({ version: after.version, events: after.events });
  });
});
