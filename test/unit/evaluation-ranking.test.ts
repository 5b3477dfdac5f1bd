import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brierScore, calibrationBins, calibrationError, logLoss } from '../../models/evaluation/calibration-curve.ts';
import { confusionOf, predictedClasses } from '../../models/evaluation/confusion.ts';
import { giniImportance, permutationImportance, unusedFeatures } from '../../models/evaluation/importance.ts';
import { judge, rankingMeasure } from '../../models/evaluation/judgement.ts';
import { learningCurve } from '../../models/evaluation/learning-curve.ts';
import { averagePrecision, hitsAtRate, rankingCurve, rocAuc } from '../../models/evaluation/ranking.ts';
import { growingParts, splitRows, takeRows } from '../../models/evaluation/split-rows.ts';
import { wilson } from '../../models/evaluation/wilson.ts';
import type { ForestModel } from '../../models/forest/model.ts';
import type { Table } from '../../models/forest/table.ts';
import { randomForest } from '../support/random-forest.ts';

/** The generator of ANSI C's example `rand`, so that the reference script could draw the same numbers. */
function draws(count: number, seed: number): number[] {
  const out: number[] = [];
  let x = BigInt(seed);
  for (let i = 0; i < count; i++) {
    x = (x * 1103515245n + 12345n) % 2147483648n;
    out.push(Number(x));
  }
  return out;
}

const N = 500;
const drawn = draws(2 * N, 42);
/** Two classes, scores on hundredths, so that many tie. */
const positive = Uint8Array.from(drawn.slice(0, N), (v) => ((v >> 16) % 10 < 2 ? 1 : 0));
const scores = Float64Array.from(drawn.slice(N), (v, i) => (((v >> 16) % 80) + (positive[i] === 1 && (v >> 20) % 3 > 0 ? 20 : 0)) / 100);
/** Three classes. */
const labels3 = Int32Array.from(drawn.slice(0, N), (v) => ((v >> 16) % 7) % 3);
const probabilities3 = Float64Array.from(
  drawn.slice(N).flatMap((v, i) => {
    const points = [14, 17, 19].map((shift, c) => 1 + ((v >> shift) % 50) + (labels3[i] === c ? 25 : 0));
    const sum = points[0] + points[1] + points[2];
    return points.map((p) => p / sum);
  }),
);

/** Figures that scikit-learn 1.x gave for these rows. */
describe('as scikit-learn computes it', () => {
  const curve = rankingCurve(scores, positive);

  test('ROC AUC and average precision of scores that tie', () => {
    expect([curve.positives, curve.negatives]).toEqual([83, 417]);
    expect(rocAuc(curve)).toBeCloseTo(0.60490884400913, 13);
    expect(averagePrecision(curve)).toBeCloseTo(0.32786988869309774, 13);
  });

  test('true positive rate at a false positive rate', () => {
    expect(hitsAtRate(curve, 0.001)).toMatchObject({ found: wilson(11, 83), threshold: 0.8, falseHits: 0, negatives: 417 });
    expect(hitsAtRate(curve, 0.01)).toMatchObject({ found: { share: 11 / 83 }, threshold: 0.8 });
    expect(hitsAtRate(curve, 0.1)).toMatchObject({ found: { share: 17 / 83 }, threshold: 0.73 });
  });

  test('calibration: bins, Brier score, log loss', () => {
    const bins = calibrationBins(scores, positive);
    const close = (values: number[], expected: number[]) => expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 12));
    close(
      bins.map((bin) => bin.observed.share),
      [
        0.05660377358490566, 0.0851063829787234, 0.2, 0.18032786885245902, 0.13333333333333333, 0.19444444444444445, 0.14285714285714285,
        0.16666666666666666, 1, 1,
      ],
    );
    close(
      bins.map((bin) => bin.expected),
      [
        0.054716981132075494, 0.1582978723404256, 0.25883333333333336, 0.35278688524590157, 0.45866666666666667, 0.5519444444444445,
        0.6572727272727273, 0.7568333333333332, 0.86, 0.976,
      ],
    );
    expect(brierScore(scores, positive)).toBeCloseTo(0.241073, 12);
    const both = Float64Array.from(Array.from(scores).flatMap((p) => [1 - p, p]));
    expect(logLoss(both, Int32Array.from(positive), 2)).toBeCloseTo(0.667559135592441, 12);
    const error = bins.reduce((sum, bin) => sum + (bin.rows * Math.abs(bin.expected - bin.observed.share)) / N, 0);
    expect(calibrationError(bins)).toBeCloseTo(error, 12);
  });

  test('three classes, one against the rest', () => {
    const { classes, ...whole } = judge(probabilities3, labels3, ['a', 'b', 'c']);
    expect(classes.map((one) => one.rows)).toEqual([219, 152, 129]);
    [0.9367555533889078, 0.9701489715668482, 0.9515138218516894].forEach((auc, c) => expect(classes[c].rocAuc).toBeCloseTo(auc, 12));
    expect(whole.rocAuc).toBeCloseTo(0.9528061156024817, 12);
    expect(rankingMeasure(probabilities3, labels3, 3)).toBe(whole.rocAuc);
    expect(whole.averagePrecision).toBeCloseTo(0.9140229714274124, 12);
    expect(whole.logLoss).toBeCloseTo(0.689164295580614, 12);
    expect(whole.confusion.accuracy.share).toBe(0.848);
    expect(whole.confusion.counts).toEqual([
      [182, 19, 18],
      [14, 133, 5],
      [9, 11, 109],
    ]);
    [0.8878048780487805, 0.8159509202453987, 0.8257575757575758].forEach((p, c) => expect(classes[c].precision).toBeCloseTo(p, 13));
    [0.8310502283105022, 0.875, 0.8449612403100775].forEach((r, c) => expect(classes[c].recall).toBeCloseTo(r, 13));
    expect(whole.calibration.of).toBeUndefined();
    expect(whole.calibration.bins.reduce((sum, bin) => sum + bin.observed.hits, 0)).toBe(424);
  });

  test('Gini importance of a forest that it grew', () => {
    expect(Array.from(giniImportance(grownByScikit()))).toEqual([
      expect.closeTo(0.7982042693919889, 9),
      expect.closeTo(0.13323734541775908, 9),
      expect.closeTo(0.06855838519025213, 9),
    ]);
  });
});

/** Scores on few values, so that they tie, and labels of both kinds or one. */
const judged = fc.array(fc.record({ score: fc.integer({ min: 0, max: 12 }), is: fc.boolean() }), { minLength: 1, maxLength: 60 });
const columns = (rows: readonly { score: number; is: boolean }[]) => ({
  scores: Float64Array.from(rows, (row) => row.score / 12),
  positive: Uint8Array.from(rows, (row) => (row.is ? 1 : 0)),
});

describe('as counted the slow way', () => {
  test('ROC AUC: every positive against every negative', () => {
    fc.assert(
      fc.property(judged, (rows) => {
        const [yes, no] = [rows.filter((row) => row.is), rows.filter((row) => !row.is)];
        let won = 0;
        for (const a of yes) for (const b of no) won += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
        const { scores, positive } = columns(rows);
        const area = rocAuc(rankingCurve(scores, positive));
        if (yes.length === 0 || no.length === 0) expect(area).toBeNaN();
        else expect(area).toBeCloseTo(won / (yes.length * no.length), 12);
      }),
    );
  });

  test('average precision and true positive rate: every threshold', () => {
    fc.assert(
      fc.property(judged, fc.double({ min: 0, max: 1, noNaN: true }), (rows, rate) => {
        const yes = rows.filter((row) => row.is).length;
        const no = rows.length - yes;
        const thresholds = [...new Set(rows.map((row) => row.score))].sort((a, b) => b - a);
        let precision = 0;
        let recallBefore = 0;
        let most = 0;
        for (const threshold of thresholds) {
          const called = rows.filter((row) => row.score >= threshold);
          const hits = called.filter((row) => row.is).length;
          precision += (hits / yes - recallBefore) * (hits / called.length);
          recallBefore = hits / yes;
          if (called.length - hits <= rate * no) most = Math.max(most, hits);
        }
        const { scores, positive } = columns(rows);
        const curve = rankingCurve(scores, positive);
        if (yes > 0) expect(averagePrecision(curve)).toBeCloseTo(precision, 12);
        const at = hitsAtRate(curve, rate);
        expect(at.found).toEqual(wilson(most, yes));
        expect(rows.filter((row) => row.is && row.score / 12 >= at.threshold).length).toBe(most);
        expect(rows.filter((row) => !row.is && row.score / 12 >= at.threshold).length).toBe(at.falseHits);
      }),
    );
  });

  test('every probability is in the bin whose edges hold it', () => {
    for (let i = 0; i <= 1000; i++) {
      const p = i / 1000;
      const [bin] = calibrationBins(Float64Array.of(p), Uint8Array.of(1)).filter((one) => one.rows === 1);
      expect(p === 0 ? bin.low === 0 : bin.low < p && p <= bin.high).toBe(true);
    }
  });
});

describe('ends and edges', () => {
  test('perfect, reversed and constant scores', () => {
    const is = Uint8Array.of(1, 1, 0, 0);
    expect(rocAuc(rankingCurve(Float64Array.of(4, 3, 2, 1), is))).toBe(1);
    expect(rocAuc(rankingCurve(Float64Array.of(1, 2, 3, 4), is))).toBe(0);
    const flat = rankingCurve(Float64Array.of(5, 5, 5, 5), is);
    expect([rocAuc(flat), averagePrecision(flat)]).toEqual([0.5, 0.5]);
    expect(hitsAtRate(flat, 0.01)).toMatchObject({ found: { hits: 0, of: 2 }, threshold: Number.POSITIVE_INFINITY, falseHits: 0 });
    expect(averagePrecision(rankingCurve(Float64Array.of(1), Uint8Array.of(0)))).toBeNaN();
  });

  test('a score that is no number is refused', () => {
    expect(() => rankingCurve(Float64Array.of(1, Number.NaN), Uint8Array.of(1, 0))).toThrow('the score of row 1 is NaN');
  });

  test('one sure mistake does not make the log loss infinite', () => {
    expect(logLoss(Float64Array.of(1, 0), Int32Array.of(1), 2)).toBeCloseTo(52 * Math.LN2, 10);
    expect(logLoss(Float64Array.of(1, 0), Int32Array.of(0), 2)).toBeLessThan(1e-15);
  });

  test('a class that has no rows here is left out of the mean', () => {
    const { rocAuc: auc, classes } = judge(Float64Array.of(0.7, 0.2, 0.1, 0.3, 0.6, 0.1), Int32Array.of(0, 1), ['a', 'b', 'none']);
    expect(classes[2]).toMatchObject({ rows: 0, rocAuc: Number.NaN });
    expect(auc).toBe(1);
    expect(rankingMeasure(Float64Array.of(0.7, 0.2, 0.1), Int32Array.of(0), 3)).toBe(1);
  });

  test('the predicted class is the first of equals', () => {
    expect(predictedClasses(Float64Array.of(0.5, 0.5, 0.2, 0.8), 2)).toEqual(Int32Array.of(0, 1));
    expect(confusionOf(Int32Array.of(0, 1, 1), Int32Array.of(0, 0, 1), 2)).toMatchObject({ commonest: 2 / 3, recall: [0.5, 1] });
  });
});

describe('setting rows aside', () => {
  const table = (rows: number, groups: number, classes = 3): Table => {
    const v = draws(rows, 7);
    return {
      features: ['x'],
      columns: [Float64Array.from(v)],
      rows,
      classes: Array.from({ length: classes }, (_, c) => String(c)),
      labels: Int32Array.from(v, (n) => (n >> 16) % classes),
      groups: groups > 0 ? Int32Array.from(v, (n) => (n >> 12) % groups) : undefined,
    };
  };

  test('groups are on one side only, whatever the seed, and the share is near what was asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.double({ min: 0.05, max: 0.6, noNaN: true }),
        fc.integer({ min: 0, max: 1e6 }),
        (n, share, seed) => {
          const all = table(400, n);
          const { learn, judge: judged } = splitRows(all, share, seed);
          expect([...learn, ...judged].sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i));
          const sides = [learn, judged].map((rows) => new Set(takeRows(all, rows).groups));
          expect([...sides[0]].some((group) => sides[1].has(group))).toBe(false);
          expect(learn.length).toBeGreaterThan(0);
          expect(judged.length).toBeGreaterThan(0);
          if (n >= 20) expect(Math.abs(judged.length / 400 - share)).toBeLessThan(0.05);
          expect(splitRows(all, share, seed)).toEqual({ learn, judge: judged });
        },
      ),
      { numRuns: 50 },
    );
  });

  test('without groups both sides have the same mix of classes', () => {
    const all = table(400, 0);
    const { learn, judge: judged } = splitRows(all, 0.25, 1);
    expect(Math.abs(judged.length - 100)).toBeLessThan(3);
    for (let c = 0; c < 3; c++) {
      const share = (rows: Int32Array) => rows.filter((row) => all.labels[row] === c).length / rows.length;
      expect(Math.abs(share(learn) - share(judged))).toBeLessThan(0.01);
    }
    expect(splitRows(all, 0.25, 2)).not.toEqual({ learn, judge: judged });
    expect(splitRows(all, 0, 1).learn.length).toBe(400);
  });

  test('growing parts hold one another, end with everything and never split a group', () => {
    for (const groups of [0, 12]) {
      const all = table(300, groups);
      const rows = Int32Array.from({ length: 200 }, (_, i) => i);
      const parts = growingParts(all, rows, [0.1, 0.5, 1], 3);
      expect(parts[2]).toEqual(rows);
      for (const [i, part] of parts.entries()) {
        expect(part.length).toBeGreaterThan(0);
        if (i > 0) expect(parts[i - 1].every((row) => part.includes(row))).toBe(true);
        const of = takeRows(all, part).groups;
        const rest = takeRows(
          all,
          rows.filter((row) => !part.includes(row)),
        ).groups;
        if (of !== undefined) expect(rest?.some((group) => of.includes(group))).toBe(false);
      }
    }
  });

  test('the learning curve judges every share on the same rows, and says what it left out', async () => {
    const all = table(320, 0, 2);
    const tables: Table[] = [];
    const curve = await learningCurve(all, {
      seed: 4,
      shares: [0.004, 0.25, 1],
      train: async (part) => {
        tables.push(part);
        return (columns, rows) => {
          expect([columns.length, rows]).toEqual([1, 80]);
          return new Float64Array(rows * 2).fill(0.5);
        };
      },
    });
    expect(curve.judged).toBe(80);
    expect(curve.points.map((point) => point.rows)).toEqual(tables.map((part) => part.rows));
    expect(curve.points.at(-1)).toMatchObject({
      share: 1,
      rows: 240,
      groups: undefined,
      rocAuc: 0.5,
      logLoss: expect.closeTo(Math.LN2, 12),
    });
    for (const { share, why } of curve.skipped) expect([share, why]).toEqual([0.004, expect.stringMatching(/of one class/)]);
  });
});

describe('permutation importance', () => {
  test('a column that decides everything loses everything, the others nothing; same seed, same figures', () => {
    const v = draws(600, 9);
    const columns = [0, 8, 16].map((shift) => Float64Array.from(v, (n) => ((n >> shift) & 255) / 256));
    const labels = Int32Array.from(columns[1], (x) => (x > 0.5 ? 1 : 0));
    const measure = (given: readonly Float64Array[]) =>
      rankingMeasure(Float64Array.from(Array.from(given[1]).flatMap((x) => [1 - x, x])), labels, 2);
    const options = { columns, rows: 600, measure, repeats: 4, seed: 5 };
    const importance = permutationImportance(options);
    expect(importance[0]).toEqual({ mean: 0, deviation: 0 });
    expect(importance[1].mean).toBeCloseTo(0.5, 1);
    expect(importance[1].deviation).toBeGreaterThan(0);
    expect(permutationImportance(options)).toEqual(importance);
    expect(permutationImportance({ ...options, seed: 6 })).not.toEqual(importance);
    const passes: number[] = [];
    permutationImportance({ ...options, measure: () => passes.push(1), unused: Uint8Array.of(1, 0, 1) });
    expect(passes.length).toBe(1 + 4);
  });

  test('features that no split tests are known', () => {
    const model = randomForest({ seed: 3, trees: 1, depth: 1, features: 4, classes: 2, stop: 0 });
    expect(Array.from(unusedFeatures(model)).filter((one) => one === 0).length).toBe(1);
    expect(giniImportance({ ...model, feature: model.feature.map(() => -1) })).toEqual(new Float64Array(4));
  });
});

/** Three trees of scikit-learn's RandomForestClassifier; rows by class at each node. */
function grownByScikit(): ForestModel {
  const counts = [
    [36, 31, 3],
    [36, 27, 0],
    [36, 0, 0],
    [0, 27, 0],
    [0, 4, 3],
    [0, 4, 2],
    [0, 1, 0],
    [0, 3, 2],
    [0, 0, 1],
    [35, 29, 6],
    [35, 9, 0],
    [11, 0, 0],
    [24, 9, 0],
    [15, 8, 0],
    [9, 1, 0],
    [0, 20, 6],
    [0, 17, 2],
    [0, 17, 0],
    [0, 0, 2],
    [0, 3, 4],
    [0, 2, 2],
    [0, 1, 2],
    [33, 34, 3],
    [33, 23, 0],
    [33, 0, 0],
    [0, 23, 0],
    [0, 11, 3],
    [0, 11, 0],
    [0, 0, 3],
  ];
  const cover = Float64Array.from(counts, (of) => of[0] + of[1] + of[2]);
  return {
    classes: ['0', '1', '2'],
    features: ['0', '1', '2'],
    roots: Int32Array.of(0, 9, 22, 29),
    feature: Int32Array.from([1, 0, -1, -1, 2, 2, -1, -1, -1, 0, 2, -1, 2, -1, -1, 2, 1, -1, -1, 0, -1, -1, 1, 0, -1, -1, 0, -1, -1]),
    threshold: new Float64Array(29),
    left: Int32Array.from([1, 2, -1, -1, 5, 6, -1, -1, -1, 10, 11, -1, 13, -1, -1, 16, 17, -1, -1, 20, -1, -1, 23, 24, -1, -1, 27, -1, -1]),
    right: Int32Array.from([
      4, 3, -1, -1, 8, 7, -1, -1, -1, 15, 12, -1, 14, -1, -1, 19, 18, -1, -1, 21, -1, -1, 26, 25, -1, -1, 28, -1, -1,
    ]),
    missingLeft: new Uint8Array(29),
    share: Float64Array.from(counts.flatMap((of, node) => of.map((rows) => rows / cover[node]))),
    cover,
    vote: 'mean',
  };
}
