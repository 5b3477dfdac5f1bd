import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Term } from '../../models/evidence.ts';
import { stepOf, surprise } from '../../models/evidence.ts';
import { compileForest } from '../../models/forest/compile.ts';
import { trainForest } from '../../models/forest/train.ts';
import { learnedCounterfactual } from '../../models/learned/counterfactual.ts';
import { evidenceOfScore } from '../../models/learned/evidence-map.ts';
import { type FeatureList, RowMaker } from '../../models/learned/feature-list.ts';
import { createForestJudge } from '../../models/learned/forest-judge.ts';

const LIST: FeatureList = {
  view: 'account',
  version: 1,
  features: [
    { name: 'objects', input: 'surprise' },
    { name: 'failures', input: 'surprise' },
    { name: 'kilobytes', input: 'surprise' },
    { name: 'share', input: 'value' },
  ],
};
const MAP = { score: [0, 0.2, 0.5, 0.9], decades: [0, 1, 3, 6] };
const rate = (feature: string, value: number): Term => ({
  feature,
  value,
  law: { kind: 'count', mean: 4, dispersion: 0.3 },
  baseline: { scope: 'own', size: 9 },
  group: feature,
  weight: 1,
});
const size = (value: number): Term => ({
  ...rate('kilobytes', value),
  law: { kind: 'measure', center: 50, spread: 1, direction: 1 },
});
const share = (value: number): Term => ({ ...rate('share', value), law: { kind: 'plain', low: 0.1, usual: 0.3, high: 0.7, step: 0.01 } });

/** A forest that holds attacks to be much of two things, or much of one and an unusual share: no sum of surprises. */
function judgeOfAttacks() {
  const rows = 2000;
  let state = 7;
  const draw = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const columns = LIST.features.map(() => new Float64Array(rows));
  const labels = new Int32Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let f = 0; f < 3; f++) columns[f][r] = draw() < 0.15 ? Number.NaN : draw() * 6;
    columns[3][r] = draw();
    const much = [0, 1, 2].filter((f) => columns[f][r] > 2.5).length;
    labels[r] = much >= 2 || (much === 1 && columns[3][r] > 0.8) ? 1 : 0;
  }
  const table = { features: LIST.features.map(({ name }) => name), columns, rows, classes: ['clean', 'attack'], labels };
  const { model } = trainForest(table, { trees: 25, maxDepth: 6 }, 3);
  return createForestJudge(model, compileForest(model), new RowMaker(LIST), MAP);
}

const judge = judgeOfAttacks();
const terms = fc
  .tuple(
    fc.integer({ min: 0, max: 60 }),
    fc.integer({ min: 0, max: 60 }),
    fc.double({ min: 1, max: 4000, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 1, max: 15 }),
  )
  .map(([objects, failures, kilobytes, part, present]) =>
    [rate('objects', objects), rate('failures', failures), size(kilobytes), share(part)].filter((_, i) => (present >> i) & 1),
  );

describe('a forest as judge', () => {
  it('explains its score: bias, contributions and what missing inputs make add up', () => {
    let missing = 0;
    fc.assert(
      fc.property(terms, (list) => {
        const { score, bias, contributions, rest, evidence } = judge.judge(list);
        expect(bias + contributions.reduce((sum, part) => sum + part, 0) + rest).toBeCloseTo(score, 10);
        expect(evidence).toBe(judge.evidence(list));
        if (rest !== 0) missing++;
      }),
      { numRuns: 300 },
    );
    expect(missing).toBeGreaterThan(50);
  });

  it('names a change that would not have alerted, and one step less does', () => {
    let several = 0;
    let unhelped = 0;
    fc.assert(
      fc.property(terms, fc.double({ min: 1.5, max: 5, noNaN: true }), (list, threshold) => {
        fc.pre(judge.evidence(list) >= threshold);
        const rows = learnedCounterfactual(list, threshold, judge);
        // what the window does not have cannot be changed
        if (rows.length === 0) return void unhelped++;
        const withRows = (changed: readonly (typeof rows)[number][]): Term[] =>
          list.map((term) => ({ ...term, value: changed.find((row) => row.feature === term.feature)?.to ?? term.value }));
        expect(judge.evidence(withRows(rows))).toBeLessThan(threshold);
        const last = rows[rows.length - 1];
        const back = last.to < last.from ? last.to + last.step : last.to - last.step;
        expect(judge.evidence(withRows([...rows.slice(0, -1), { ...last, to: back }]))).toBeGreaterThanOrEqual(threshold);
        expect(last.score).toBeCloseTo(judge.judge(withRows(rows)).score, 12);
        for (const row of rows) expect(row.step).toBe(stepOf(list.find(({ feature }) => feature === row.feature) as Term));
        if (rows.length > 1) several++;
      }),
      { numRuns: 300 },
    );
    expect(several).toBeGreaterThan(10);
    expect(unhelped).toBeLessThan(10);
  });

  it('sees what surprises alone do not: it is no sum of them', () => {
    const two = [rate('objects', 25), rate('failures', 25), size(50), share(0.3)];
    const one = [rate('objects', 60), rate('failures', 4), size(50), share(0.3)];
    expect(surprise(one[0].law, 60)).toBeGreaterThan(surprise(two[0].law, 25));
    expect(judge.evidence(two)).toBeGreaterThan(judge.evidence(one) + 1);
  });
});

describe('evidence of a score', () => {
  it('never falls, passes the points of its map, and goes on with the last slope', () => {
    for (const [i, score] of MAP.score.entries()) expect(evidenceOfScore(MAP, score)).toBeCloseTo(MAP.decades[i], 12);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true }), (a, b) => {
        expect(evidenceOfScore(MAP, Math.max(a, b))).toBeGreaterThanOrEqual(evidenceOfScore(MAP, Math.min(a, b)));
      }),
    );
    expect(evidenceOfScore(MAP, 1)).toBeCloseTo(6.75, 12);
  });
});
