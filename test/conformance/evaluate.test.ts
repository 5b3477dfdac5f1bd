import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMPARATORS } from '../../models/comparators/index.ts';
import type { EvaluationReport } from '../../models/evaluation/evaluation-report.ts';
import { barText, seedsOf } from '../../services/commands/evaluate-simulate.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'weir-evaluate-'));

function weir(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, XDG_CONFIG_HOME: folder },
  });
  return { status, stdout, stderr };
}

const SMALL = ['--kinds', 'partners', '--tenants', '1', '--days', '4', '--accounts', '20', '--events', '800', '--campaigns', '2'];

describe('weir evaluate --simulate', () => {
  const args = ['evaluate', '--simulate', ...SMALL, '--seeds', '300..301', '--intensities', '1,0.5', '--budgets', '1,5', '--comparators'];
  const run = weir(...args, '--threads', '2', '--json');
  const report = JSON.parse(run.stdout) as EvaluationReport;

  test('judges every tenant of every seed under every budget', () => {
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(report.run).toMatchObject({ budget: 1, tenants: 2, tenant_days: 8 });
    expect(report.budgets.map(({ budget, rate }) => [budget, rate.of])).toEqual([
      [1, 8],
      [5, 8],
    ]);
    expect(report.generous.budget).toBe(5);
    const { campaigns } = report.run;
    expect(campaigns).toHaveLength(4);
    expect(new Set(campaigns.map(({ tenant }) => tenant)).size).toBe(2);
    for (const { found, delay, events, intensity, share } of campaigns) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThan(1);
      expect([1, 0.5]).toContain(intensity);
      expect(found).toBe(delay !== undefined);
      expect(found).toBe(events !== undefined);
    }
    expect(campaigns.some(({ found }) => found)).toBe(true);
  });

  test('every figure is told of the same campaigns and incidents', () => {
    const { run } = report;
    const found = run.campaigns.filter(({ found }) => found).length;
    expect(run.all.recall).toMatchObject({ hits: found, of: 4 });
    expect(run.scenarios.reduce((sum, { recall }) => sum + recall.hits, 0)).toBe(found);
    expect(run.groups.reduce((sum, { recall }) => sum + recall.of, 0)).toBe(4);
    const { rate, by_day, by_kind, all } = run.false_incidents;
    expect(all).toHaveLength(rate.count);
    expect(by_day.reduce((sum, day) => sum + day.rate.count, 0)).toBe(rate.count);
    expect(by_kind.reduce((sum, kind) => sum + kind.rate.count, 0)).toBe(rate.count);
    const last = run.precision_recall.points.at(-1);
    if (last !== undefined) expect(last.recall).toBeCloseTo(run.all.recall.share, 12);
    expect(run.explanation_error).toBeLessThan(1e-6);
  });

  test('published rules stand in the same table, at their defaults and swept', () => {
    const { comparators } = report;
    expect(comparators).toHaveLength(1 + 2 * COMPARATORS.length);
    expect(comparators[0]).toMatchObject({ name: 'weir', recall: report.run.all.recall, false_incidents: report.run.false_incidents.rate });
    for (const { recall, false_incidents } of comparators) expect([recall.of, false_incidents.of]).toEqual([4, 8]);
    expect(comparators.filter(({ at }) => at === 'swept').every(({ thresholds }) => thresholds?.length === 2)).toBe(true);
  });

  test('says that seeds were tuned on', () => {
    expect(report.remarks).toEqual(['These figures flatter: seeds 300, 301 were used for tuning.']);
  });

  test('the number of threads does not show', () => {
    const alone = weir(...args, '--threads', '1', '--json');
    expect(JSON.parse(alone.stdout)).toEqual(report);
  });

  test('as text: goals, scenarios, hard negatives, every false incident that is nobody’s', () => {
    const { status, stdout } = weir('evaluate', '--simulate', ...SMALL, '--seeds', '300', '--clean');
    expect(status).toBe(0);
    for (const part of ['campaigns', 'none', 'Goals', 'Hard negatives', 'Volume', 'seed 300 was used for tuning'])
      expect(stdout).toContain(part);
  });
});

test.each([
  [[], 'say what to judge'],
  [['--simulate', '--kinds', 'ofice'], 'did you mean office?'],
  [['--simulate', '--seeds', '9..1'], '--seeds 9..1'],
  [['--simulate', '--budgets', '1,x'], '--budgets 1,x'],
  [['--simulate', '--scenarios', 'none'], 'there is no scenario "none"'],
  [['--simulate', '--model', 'a'], '--model goes with --table'],
  [['--table', 'a.csv', '--model', 'a', '--seeds', '3'], '--seeds goes with --simulate'],
  [['--simulate', '--table', 'a.csv'], 'ask for one'],
  [['--simulate', '--alerts', 'a.ndjson'], '--alerts goes with --labels'],
  [['--labels', 'none.json'], 'there is no label file none.json'],
  [['--labels', 'a.json', '--seeds', '1'], '--seeds goes with --simulate'],
])('evaluate %j is refused', (args, message) => {
  const { status, stderr } = weir('evaluate', ...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test('a page that cannot be written is refused before the work', () => {
  const { status, stderr } = weir('evaluate', '--simulate', '--html', 'none/page.html');
  expect(status).toBe(3);
  expect(stderr).toContain('--html none/page.html cannot be written');
});

test('the bar tells how far it is', () => {
  expect(barText(0, 24, 0)).toBe('[------------------------]  0 of 24 runs');
  expect(barText(6, 24, 60_000)).toBe('[######------------------]  6 of 24 runs, 3 min left');
  expect(barText(24, 24, 99_000)).toBe('[########################]  24 of 24 runs');
});

test('seeds are lists and spans', () => {
  expect(seedsOf('7')).toEqual([7]);
  expect(seedsOf('7,9, 11..13,12')).toEqual([7, 9, 11, 12, 13]);
});

describe('weir evaluate --labels', () => {
  weir(
    'simulate',
    '--out',
    'sim',
    '--tenant-kind',
    'partners',
    '--tenant',
    'shop',
    '--days',
    '4',
    '--accounts',
    '20',
    '--events-per-day',
    '900',
    '--seed',
    '5',
    '--scenario',
    'object_traversal',
    'probing',
    '--hard-negatives',
    'all',
    '--quiet',
  );
  const detected = weir('detect', '--config', 'sim/weir.yaml', '--alerts', 'alerts.ndjson', '--quiet');
  writeFileSync(join(folder, 'incidents.ndjson'), weir('incidents', '--data', 'sim/weir-data', '--json').stdout);
  const judged = (...args: string[]) =>
    JSON.parse(weir('evaluate', '--labels', 'sim/labels.json', '--json', ...args).stdout) as EvaluationReport;
  const ofStore = judged('--data', 'sim/weir-data');

  test('judges what is in the store', () => {
    expect(detected.status).toBe(0);
    const { run } = ofStore;
    expect(run).toMatchObject({ tenants: 1, tenant_days: 4 });
    expect(run.all.recall.of).toBe(2);
    expect(run.campaigns.find(({ scenario }) => scenario === '4 object_traversal')).toMatchObject({ found: true, tenant: 'shop' });
    expect(run.volume.alerts * 4).toBe(readFileSync(join(folder, 'alerts.ndjson'), 'utf8').trim().split('\n').length);
    expect(run.hard_negatives.map(({ name }) => name)).toContain('nightly_batch');
    expect(run.explanation_error).toBeLessThan(1e-6);
  });

  test('the same from files of alerts and incidents', () => {
    const ofFiles = judged('--alerts', 'alerts.ndjson', 'incidents.ndjson', '--data', 'sim/weir-data');
    expect(ofFiles.run).toEqual(ofStore.run);
    expect(ofFiles.remarks).toEqual(ofStore.remarks);
  });

  test('from alerts alone, and says what is lost', () => {
    const ofAlerts = judged('--alerts', 'alerts.ndjson');
    expect(ofAlerts.run.volume.alerts).toBe(ofStore.run.volume.alerts);
    expect(ofAlerts.run.all.recall.hits).toBeGreaterThan(0);
    expect(ofAlerts.remarks.join('\n')).toContain('put together again from the alerts');
  });

  test('writes a page that loads nothing', () => {
    const { status, stdout } = weir('evaluate', '--labels', 'sim/labels.json', '--data', 'sim/weir-data', '--html', 'page.html');
    expect(status).toBe(0);
    expect(stdout).toContain('By scenario');
    const page = readFileSync(join(folder, 'page.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|src=|href=|url\(|@import/);
    expect(page).toContain('object traversal');
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(4);
  });

  test('says when nobody knows how long the logs are', () => {
    const labels = JSON.parse(readFileSync(join(folder, 'sim/labels.json'), 'utf8'));
    delete labels.tenants;
    writeFileSync(join(folder, 'own.json'), JSON.stringify(labels));
    const run = (...args: string[]) =>
      JSON.parse(weir('evaluate', '--labels', 'own.json', '--alerts', 'incidents.ndjson', '--json', ...args).stdout) as EvaluationReport;
    expect(run().remarks.join('\n')).toContain('How long the log of shop is, nobody says');
    const told = run('--from', '2026-03-02', '--to', '2026-03-12');
    expect(told.run.tenant_days).toBe(10);
    expect(told.remarks.join('\n')).not.toContain('How long');
  });
});
