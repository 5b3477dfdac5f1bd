import { describe, expect, it } from 'vitest';
import { evidenceOfScore } from '../../models/learned/evidence-map.ts';
import { FEATURE_LISTS } from '../../models/learned/feature-lists.ts';
import { fitEvidence } from '../../models/learned/fit-evidence.ts';
import { Random } from '../../services/simulation/random.ts';
import type { TenantRows } from '../../services/training/collect-tenant.ts';
import { drawByWindows } from '../../services/training/fit-view.ts';
import { foldsOf } from '../../services/training/folds.ts';
import { rankFigures } from '../../services/training/row-figures.ts';
import { ATTACK, CLEAN, type RowMeta, RowStore, type ViewRows } from '../../services/training/row-store.ts';
import { learningWeights, viewTable } from '../../services/training/view-table.ts';

describe('rows that are kept', () => {
  const random = new Random(1);
  const metas: RowMeta[] = Array.from({ length: 3000 }, (_, i) => ({
    label: i % 50 === 0 ? ATTACK : CLEAN,
    evidence: i % 7,
    scenario: -1,
    campaign: -1,
    age: i,
    key: i % 40,
    hash: random.word() >>> 0,
  }));
  const strata = [
    { least: 3, most: 100 },
    { least: 0, most: 50 },
  ];
  const keep = (order: readonly RowMeta[]): ReturnType<RowStore['finish']> => {
    const store = new RowStore(1, strata);
    for (const meta of order) store.add(Float64Array.of(meta.age), meta);
    return store.finish();
  };
  const kept = keep(metas);

  it('are all attacks and so many clean ones of each stratum, which weigh for all', () => {
    const attacks = metas.filter(({ label }) => label === ATTACK).length;
    expect(kept.rows).toBe(attacks + 150);
    const strong = metas.filter(({ label, evidence }) => label === CLEAN && evidence >= 3).length;
    let mass = 0;
    for (let row = 0; row < kept.rows; row++) if (kept.label[row] === CLEAN && kept.evidence[row] >= 3) mass += kept.weight[row];
    expect(mass).toBeCloseTo(strong, 6);
    expect(kept.weight.reduce((sum, one) => sum + one, 0)).toBeCloseTo(metas.length, 6);
  });

  it('do not depend on the order in which windows come', () => {
    expect(keep([...metas].reverse())).toEqual(kept);
    expect(keep(new Random(2).shuffle([...metas]))).toEqual(kept);
  });
});

describe('evidence maps', () => {
  const random = new Random(5);
  const scores = Float64Array.from({ length: 20_000 }, () => random.next() ** 3);
  const weights = Float64Array.from(scores, () => 1 + random.int(4));
  const total = 400_000;
  const map = fitEvidence(scores, weights, total, 'probability');

  it('rise, and say the share of clean windows that score so high', () => {
    expect(map.score.length).toBeGreaterThan(8);
    expect(map.score.length).toBeLessThan(60);
    for (let i = 1; i < map.score.length; i++) {
      expect(map.score[i]).toBeGreaterThan(map.score[i - 1]);
      expect(map.decades[i]).toBeGreaterThanOrEqual(map.decades[i - 1]);
    }
    for (const at of [0.1, 0.3, 0.6, 0.9]) {
      let mass = 0;
      scores.forEach((score, i) => {
        if (score >= at) mass += weights[i];
      });
      expect(evidenceOfScore(map, at)).toBeCloseTo(-Math.log10(mass / total), 1);
    }
  });

  it('go on beyond the data, each scale in its own way, and end at twelve decades', () => {
    const narrow = Float64Array.from(scores, (score) => 0.8 * score);
    const odds = fitEvidence(narrow, weights, total, 'probability');
    expect(evidenceOfScore(odds, 0.95)).toBeGreaterThan(evidenceOfScore(odds, 0.8) + 0.1);
    expect(evidenceOfScore(odds, 1)).toBeGreaterThanOrEqual(evidenceOfScore(odds, 0.99));
    expect(odds.score[odds.score.length - 1]).toBeLessThan(1);
    const errors = fitEvidence(
      Float64Array.from(scores, (score) => 0.3 / (1.0001 - score)),
      weights,
      total,
      'positive',
    );
    expect(evidenceOfScore(errors, 1e12)).toBeLessThanOrEqual(12);
    expect(evidenceOfScore(errors, 1e5)).toBeGreaterThan(evidenceOfScore(errors, 100));
  });

  it('stay usable with next to nothing', () => {
    const none = fitEvidence(new Float64Array(0), new Float64Array(0), 0, 'positive');
    expect(none.score.length).toBe(2);
    expect(evidenceOfScore(none, 0.5)).toBe(0);
    const same = fitEvidence(Float64Array.of(0.2, 0.2, 0.2), Float64Array.of(1, 1, 1), 1000, 'probability');
    expect(same.score.length).toBe(2);
    expect(evidenceOfScore(same, 0.2)).toBeGreaterThan(2);
  });
});

describe('ranking figures', () => {
  it('equal a count over all pairs of windows', () => {
    const random = new Random(9);
    const n = 300;
    const score = Float64Array.from({ length: n }, () => random.int(20));
    const attack = Uint8Array.from({ length: n }, () => (random.chance(0.2) ? 1 : 0));
    const weight = Float64Array.from(attack, (one) => (one === 1 ? 1 : 1 + random.int(5)));
    const behind = 100;
    let area = 0;
    let attacks = 0;
    let clean = behind;
    for (let a = 0; a < n; a++) {
      if (attack[a] === 0) {
        clean += weight[a];
        continue;
      }
      attacks++;
      area += behind;
      for (let b = 0; b < n; b++) {
        if (attack[b] === 0) area += weight[b] * (score[a] > score[b] ? 1 : score[a] === score[b] ? 0.5 : 0);
      }
    }
    const figures = rankFigures(score, attack, weight, behind);
    expect(figures.auc).toBeCloseTo(area / (attacks * clean), 10);
    expect(figures.attacks).toBe(attacks);
    expect(figures.clean).toBe(clean);
    const sure = rankFigures(
      Float64Array.from(attack, (one) => one),
      attack,
      weight,
      behind,
    );
    expect(sure).toMatchObject({ auc: 1, averagePrecision: 1, found: [1, 1, 1] });
  });
});

describe('weights to learn with', () => {
  const { width } = { width: FEATURE_LISTS.account.features.length };
  const part = (label: number[], scenario: number[], campaign: number[], weight: number[]): ViewRows => ({
    view: 'account',
    width,
    rows: label.length,
    values: new Float64Array(label.length * width),
    label: Uint8Array.from(label),
    weight: Float64Array.from(weight),
    evidence: new Float64Array(label.length),
    scenario: Int16Array.from(scenario),
    campaign: Int16Array.from(campaign),
    age: new Float64Array(label.length),
    key: new Uint32Array(label.length),
    cleanWindows: 1000,
    unsure: 0,
    attackHours: {},
  });
  const tenant = (name: string, rows: ViewRows): TenantRows => ({
    tenant: name,
    kind: 'consumer',
    days: 3,
    events: 1,
    scenarios: ['a', 'b'],
    campaigns: [`${name}-1`, `${name}-2`],
    views: { account: rows, interface: rows },
  });
  const table = viewTable('account', FEATURE_LISTS.account, [
    tenant('t1', part([0, 0, 1, 1, 1, 1], [-1, -1, 0, 0, 0, 1], [-1, -1, 0, 0, 0, 1], [1, 9, 1, 1, 1, 1])),
    tenant('t2', part([0, 1], [-1, 0], [-1, 0], [500, 1])),
  ]);
  const weights = learningWeights(table);
  const sum = (keep: (row: number) => boolean): number => weights.reduce((all, weight, row) => all + (keep(row) ? weight : 0), 0);

  it('are alike for tenants, scenarios, and for clean and attack windows', () => {
    expect(sum((row) => table.label[row] === CLEAN)).toBeCloseTo(table.rows / 2, 9);
    expect(sum((row) => table.label[row] === CLEAN && table.tenant[row] === 0)).toBeCloseTo(table.rows / 4, 9);
    expect(sum((row) => table.scenario[row] === 'a')).toBeCloseTo(table.rows / 4, 9);
    expect(sum((row) => table.scenario[row] === 'b')).toBeCloseTo(table.rows / 4, 9);
    expect(weights[1]).toBeCloseTo(9 * weights[0], 9);
  });
});

describe('folds and draws', () => {
  it('give every fold its part of every kind', () => {
    const tenants = Array.from({ length: 60 }, (_, i) => ({ tenant: `t${i}`, kind: i % 3 === 0 ? 'office' : 'consumer' }));
    const folds = foldsOf(tenants, 4);
    for (let fold = 0; fold < 4; fold++) {
      expect(tenants.filter((one, i) => folds[i] === fold && one.kind === 'office').length).toBe(5);
      expect(folds.filter((one) => one === fold).length).toBe(15);
    }
  });

  it('draw rows as often as their windows would come', () => {
    const drawn = drawByWindows(Float64Array.of(1, 8, 1, 10), 10);
    expect(drawn.filter((row) => row === 1).length).toBe(4);
    expect(drawn.filter((row) => row === 3).length).toBe(5);
    expect(drawn.length).toBe(10);
  });
});
