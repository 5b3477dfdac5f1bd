import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EvaluationReport } from '../../models/evaluation/evaluation-report.ts';
import { seedsOf } from '../../services/commands/evaluate-simulate.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'weir-evaluate-'));

function weir(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

const SMALL = ['--kinds', 'partners', '--tenants', '1', '--days', '4', '--accounts', '20', '--events', '800', '--campaigns', '2'];

describe('weir evaluate --simulate', () => {
  const args = ['evaluate', '--simulate', ...SMALL, '--seeds', '300..301', '--intensities', '1,0.5', '--budgets', '1,5'];
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
    for (const { found, delay, events, intensity } of campaigns) {
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
])('evaluate %j is refused', (args, message) => {
  const { status, stderr } = weir('evaluate', ...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test('seeds are lists and spans', () => {
  expect(seedsOf('7')).toEqual([7]);
  expect(seedsOf('7,9, 11..13,12')).toEqual([7, 9, 11, 12, 13]);
});
