import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBundle } from '../../models/registry/bundle-folder.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { parseMarks } from '../../schemas/marks.ts';
import { HOUR } from '../../services/core/watermark.ts';
import { BEGINNING } from '../../services/state/model-switches.ts';
import { holderOf } from '../../services/storage/data-folder.ts';
import { plainBundle, silentBundle } from '../support/bundles.ts';
import { gatewayLog, LOG_START } from '../support/gateway-log.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;
/** judges until somebody promotes another */
const SHIPPED = new BundleCatalogue(undefined).newestShipped as string;
/** hours; the attack is in hour 26 */
const LINES = gatewayLog(11, 6_000, 30);
const HALF = LINES.findIndex((line) => Date.parse(JSON.parse(line).time_iso8601) >= LOG_START + 12.5 * HOUR);

let folder: string;
let environment: NodeJS.ProcessEnv;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-models-'));
  environment = { ...process.env, WEIR_KEY: 'a master key for tests', NO_COLOR: '1' };
  for (const version of ['a', 'b']) writeBundle(join(folder, 'made', version), silentBundle(version, `# Model ${version}\n`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function weir(data: string, ...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const args = [LAUNCHER, ...words, '--data', join(folder, data)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: environment, cwd: folder });
  return { status, stdout, stderr };
}
const done = (data: string, ...words: string[]): string => {
  const { status, stdout, stderr } = weir(data, ...words);
  expect([words.join(' '), status, stderr]).toEqual([words.join(' '), 0, '']);
  return stdout;
};
const json = (data: string, ...words: string[]): Record<string, never> => JSON.parse(done(data, ...words, '--json'));
const log = (name: string, lines: readonly string[]): string => {
  writeFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(''));
  return join(folder, name);
};

describe('weir models', () => {
  it('without a data folder the shipped version judges; nothing is written', () => {
    expect(json('empty', 'models')).toMatchObject({
      models: [{ version: SHIPPED, shipped: true, fits: true }],
      in_force: [{ tenant: '*', champion: SHIPPED }],
    });
    expect(done('empty', 'models')).toMatch(/champion from the beginning/);
    expect(existsSync(join(folder, 'empty'))).toBe(false);
    writeFileSync(join(folder, 'file'), '');
    expect(weir('file', 'models')).toMatchObject({ status: 2, stderr: expect.stringMatching(/file is no folder/) });
  });

  it('takes a bundle in once, verified; refuses what is damaged, of another training or of other features', () => {
    expect(json('data', 'models', 'add', 'made/a')).toMatchObject({ version: 'a' });
    expect(json('data', 'models', 'add', 'made/a')).toMatchObject({ version: 'a' });
    writeBundle(join(folder, 'made', 'other-a'), { ...silentBundle('a'), files: {} });
    expect(weir('data', 'models', 'add', 'made/other-a')).toMatchObject({ status: 2, stderr: expect.stringMatching(/another card\.md/) });
    writeBundle(join(folder, 'made', 'old'), { ...plainBundle('old') });
    expect(weir('data', 'models', 'add', 'made/old')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/was trained on account features [0-9a-f]{64}/),
    });
    expect(weir('data', 'models', 'add', 'made/none')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/manifest\.json cannot be read/),
    });
    expect(weir('data', 'models', 'promote', 'zz')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`there is no model zz; known are: ${SHIPPED}, a`),
    });
  });

  it('switches from the beginning before the first run, and from the next free hour after it', () => {
    expect(json('data', 'models', 'promote', 'a')).toMatchObject({ number: 2, from: BEGINNING, champion: 'a' });
    done('data', 'detect', log('shop.log', LINES.slice(0, HALF)), '--quiet');
    done('data', 'models', 'add', 'made/b');
    expect(weir('data', 'models', 'promote', 'b', '--from', '2026-03-02T03:00Z')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--from 2026-03-02T03:00:00\.000Z: windows before 2026-03-02T13:00:00\.000Z have been judged/),
    });
    expect(json('data', 'models', 'challenge', 'b')).toMatchObject({
      number: 3,
      from: LOG_START + 13 * HOUR,
      champion: 'a',
      challenger: 'b',
    });
    expect(json('data', 'models', 'promote', 'b')).toMatchObject({ number: 4, champion: 'b', challenger: '' });
    expect(json('data', 'models', 'rollback')).toMatchObject({ number: 5, by: 'rollback', champion: 'a' });
    expect(json('data', 'models', 'challenge', 'b', '--tenant', 'default')).toMatchObject({
      number: 6,
      tenant: 'default',
      champion: 'a',
      challenger: 'b',
    });
    expect(json('data', 'models', 'challenge', '--stop', '--tenant', 'default')).toMatchObject({ number: 7, by: 'retire', challenger: '' });
    expect(weir('data', 'models', 'challenge', 'b', '--tenant', 'defualt')).toMatchObject({
      status: 0,
      stderr: 'weir: no logs of tenant defualt have been read here yet; tenants are default\n',
    });
    expect(json('data', 'models', 'promote', 'none', '--from', '2026-03-09T00:00Z')).toMatchObject({
      champion: '',
      from: LOG_START + 168 * HOUR,
    });
  });

  it('lists versions and what they do, and shows one with its card', () => {
    expect(json('data', 'models')).toMatchObject({
      models: [
        { version: SHIPPED, shipped: true, fits: true },
        { version: 'a', shipped: false, fits: true },
        { version: 'b', fits: true },
      ],
      in_force: [
        { tenant: '*', champion: '' },
        { tenant: 'default', champion: '' },
        { tenant: 'defualt', champion: '' },
      ],
    });
    expect(json('data', 'models', 'show', 'b')).toMatchObject({
      manifest: { version: 'b' },
      card: '# Model b\n',
      fit: [{ fits: true }, { fits: true }],
    });
    expect(done('data', 'models', 'show', 'b')).toMatch(/# Model b/);
    expect(json('data', 'models', 'compare')).toEqual({ comparisons: [], disagreements: [] });
  });
});

describe('weir incidents mark', () => {
  it('keeps what was said with what it is about, in the store too, and tells the next run', () => {
    done('marks', 'detect', log('attack.log', LINES), '--quiet');
    const [incident] = done('marks', 'incidents', '--json')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const id = incident.incident_id as string;
    expect(weir('marks', 'incidents', 'mark', id, '--as', 'benign', '--until', '2026-03-01')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--until 2026-03-01T00:00:00\.000Z: the incident itself goes on to 2026-03-/),
    });
    expect(weir('marks', 'incidents', 'mark', id, '--as', 'attack', '--until', '2027-01-01').status).toBe(2);
    expect(weir('marks', 'incidents', 'mark', 'ffffffff', '--as', 'attack').status).toBe(2);
    done('marks', 'incidents', 'mark', id.slice(0, 8), '--as', 'benign');
    done('marks', 'incidents', 'mark', id, '--as', 'expected', '--until', '2027-01-01', '--note', 'a drill');
    const [mark, ...others] = parseMarks(done('marks', 'incidents', 'marks', '--json'));
    expect(others).toEqual([]);
    expect(mark).toMatchObject({
      number: 2,
      incident_id: id,
      mark: 'expected',
      tenant: 'default',
      detectors: incident.detectors,
      from: incident.started_at,
      to: incident.ended_at,
      until: '2027-01-01T00:00:00.000Z',
      note: 'a drill',
    });
    expect(mark.entities).toContainEqual(incident.entity);
    const [row] = done('marks', 'sql', 'SELECT mark, note, until FROM feedback', '--json').split('\n').filter(Boolean);
    expect(JSON.parse(row)).toEqual({ mark: 'expected', note: 'a drill', until: '2027-01-01T00:00:00.000Z' });
    expect(weir('marks', 'reconcile').status).toBe(0);
  });
});

describe('while a run is on', () => {
  let run: ChildProcess;
  afterAll(() => run?.kill('SIGKILL'));
  /** Starts a run; resolves when it has the data folder: what is asked from then on goes to it. */
  const start = async (): Promise<void> => {
    run = spawn(process.execPath, [LAUNCHER, 'detect', join(folder, 'live.log'), '--follow', '--quiet', '--data', join(folder, 'live')], {
      env: environment,
    });
    while ((await holderOf(join(folder, 'live')))?.pid !== run.pid) {
      expect(run.exitCode).toBeNull();
      await nextTurn();
    }
  };

  it('takes switches and marks, written down before use: they outlive its death', async () => {
    log('live.log', LINES.slice(0, HALF));
    for (const version of ['a', 'b']) done('live', 'models', 'add', `made/${version}`);
    done('live', 'models', 'promote', 'a');
    await start();
    done('live', 'models', 'promote', 'b', '--json');
    const [shipped, first, second] = json('live', 'models').switches as unknown as { champion: string; from: number }[];
    expect([shipped.champion, first.champion, second.champion]).toEqual([SHIPPED, 'a', 'b']);
    const ended = once(run, 'exit');
    run.kill('SIGKILL');
    await ended;
    appendFileSync(
      join(folder, 'live.log'),
      LINES.slice(HALF)
        .map((line) => `${line}\n`)
        .join(''),
    );
    done('live', 'detect', join(folder, 'live.log'), '--quiet');
    expect(json('live', 'models')).toMatchObject({
      in_force: [{ champion: 'b' }],
      switches: [{ champion: SHIPPED }, { champion: 'a' }, { number: 3, champion: 'b' }],
    });
    expect(weir('live', 'reconcile').status).toBe(0);
    const [incident] = done('live', 'incidents', '--json')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    await start();
    done('live', 'incidents', 'mark', incident.incident_id, '--as', 'expected');
    expect(readFileSync(join(folder, 'live', 'snapshots', 'main', 'journal.ndjson'), 'utf8')).toContain(incident.incident_id);
    expect(run.exitCode).toBeNull();
    expect(parseMarks(done('live', 'incidents', 'marks', '--json'))).toMatchObject([{ number: 1, mark: 'expected' }]);
    expect(done('live', 'sql', 'SELECT count() FROM feedback')).toBe('1\n');
    const stopped = once(run, 'exit');
    run.kill('SIGTERM');
    expect((await stopped)[0]).toBe(143);
  });
});
