import { describe, expect, test } from 'vitest';
import { decodeForestFile, encodeForestFile, type ForestFacts } from '../../models/forest/forest-file.ts';
import { WeirError } from '../../services/core/errors.ts';
import { probabilitiesOf, randomForest, randomRows } from '../support/random-forest.ts';
import { seeded } from '../support/synthetic-windows.ts';

const model = {
  ...randomForest({ seed: 3, trees: 3, depth: 4, features: 4, classes: 2, missingLeft: 0.3 }),
  features: ['a', 'kind=x', 'kind=y', 'b'],
};
const facts: ForestFacts = {
  label: 'bad',
  group: 'person',
  columns: [{ name: 'a' }, { name: 'kind', values: ['x', 'y'] }, { name: 'b' }],
  options: { trees: 3, classWeights: { 'class 1': 2 }, featuresPerSplit: 'sqrt' },
  seed: 1,
  holdout: 0.25,
  learned: { sha256: '0'.repeat(64), rows: 100, byClass: [60, 15], missing: 7 },
  figures: { heldOut: { rocAuc: 0.9 } },
};
const bytes = encodeForestFile({ model, facts }, 'weir');

describe('a forest file', () => {
  test('keeps forest and facts; the same again is the same bytes', () => {
    const back = decodeForestFile(bytes);
    expect(back.facts).toEqual(facts);
    for (const row of randomRows(4, 200, 4, 0.2)) expect(probabilitiesOf(back.model, row)).toEqual(probabilitiesOf(model, row));
    expect(encodeForestFile({ model: back.model, facts }, 'weir')).toEqual(bytes);
  });

  test('as JSON of ml-random-forest keeps the facts too, and votes', () => {
    const back = decodeForestFile(encodeForestFile({ model, facts }, 'ml-random-forest'));
    expect(back.facts).toEqual(facts);
    expect(back.model).toMatchObject({ vote: 'majority', classes: model.classes, features: model.features });
  });

  test('a byte order mark and space before JSON do no harm', () => {
    const json = encodeForestFile({ model, facts }, 'ml-random-forest');
    expect(decodeForestFile(Uint8Array.from([0xef, 0xbb, 0xbf, 0x0a, ...json])).facts).toEqual(facts);
  });

  test('cut anywhere, it is refused with an error of ours', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeForestFile(bytes.slice(0, length))).toThrow(WeirError);
    }
  });

  test('damaged anywhere, it is refused or is a forest', () => {
    const next = seeded(9);
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      const damaged = bytes.slice();
      damaged[Math.floor(next() * bytes.length)] ^= 1 << Math.floor(next() * 8);
      try {
        const back = decodeForestFile(damaged);
        const sum = probabilitiesOf(back.model, [0.5, 0, 1, 0.5]).reduce((total, p) => total + p, 0);
        expect(sum).toBeCloseTo(1, 6);
      } catch (error) {
        expect(error).toBeInstanceOf(WeirError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(200);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /no model file/],
    ['a table', new TextEncoder().encode('a,b\n1,2\n'), /no model file: it begins neither/],
    ['a later format', bytes.with(7, 2), /has format 2; this program reads format 1/],
    [
      'facts of another forest',
      encodeForestFile({ model, facts: { ...facts, columns: [{ name: 'a' }] } }, 'weir'),
      /make feature 1 undefined, the forest has kind=x/,
    ],
    [
      'facts without a label',
      encodeForestFile({ model, facts: { ...facts, label: undefined as unknown as string } }, 'weir'),
      /facts beside the forest: label: /,
    ],
  ])('%s', (_, damaged, message) => {
    expect(() => decodeForestFile(damaged)).toThrow(message);
  });
});
