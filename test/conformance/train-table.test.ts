import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { RandomForestClassifier } from 'ml-random-forest';
import { describe, expect, test } from 'vitest';
import { decodeForestFile } from '../../models/forest/forest-file.ts';
import { readTable } from '../../services/commands/read-table.ts';
import { majorityOf } from '../support/random-forest.ts';
import { seeded } from '../support/synthetic-windows.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;

const folder = mkdtempSync(join(tmpdir(), 'weir-table-'));

function weir(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

function put(name: string, contents: string | Uint8Array): string {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
}

/** A table whose label depends on `rate` and `plan`, not on `noise`; people have ten rows each. */
function people(rows: number, seed: number): string[] {
  const next = seeded(seed);
  const lines = ['person,rate,plan,noise,bad'];
  for (let i = 0; i < rows; i++) {
    const rate = next();
    const plan = ['free', 'paid', 'trial'][Math.floor(next() * 3)];
    const bad = (rate > 0.6 && plan !== 'paid') !== next() < 0.03;
    lines.push([`p${Math.floor(i / 10)}`, next() < 0.05 ? '' : rate.toFixed(4), plan, next().toFixed(4), bad ? 'yes' : 'no'].join(','));
  }
  return lines;
}

const TABLE = put('people.csv', `${people(1500, 1).join('\n')}\n`);
const OTHERS = put('others.csv', `${people(800, 2).join('\n')}\n`);
const TRAIN = ['train', '--table', TABLE, '--label', 'bad', '--group', 'person', '--trees', '30'];

describe('weir train --table', () => {
  const trained = weir(...TRAIN, '--out', 'a.forest', '--json');
  const report = JSON.parse(trained.stdout);

  test('says what it learned, from which rows, and how good it is on the others', () => {
    expect([trained.status, trained.stderr]).toEqual([0, '']);
    expect(report.table).toMatchObject({ rows: 1500, features: 5, groups: 150 });
    expect(report.learned.rows + report.set_aside.rows).toBe(1500);
    expect(report.learned.groups + report.set_aside.groups).toBe(150);
    expect(report.set_aside.rows).toBe(370);
    expect(report.held_out.rocAuc).toBeGreaterThan(0.9);
    expect(report.out_of_bag.rocAuc).toBeGreaterThan(0.9);
    expect(report.importance.map(({ feature }: { feature: string }) => feature).sort()).toEqual([
      'noise',
      'plan=free',
      'plan=paid',
      'plan=trial',
      'rate',
    ]);
    expect(report.importance[0].feature).toBe('rate');
  });

  test('the same again gives the same bytes; another seed does not', () => {
    const bytes = readFileSync(join(folder, 'a.forest'));
    expect(weir(...TRAIN, '--out', 'b.forest', '--threads', '2').status).toBe(0);
    expect(readFileSync(join(folder, 'b.forest')).equals(bytes)).toBe(true);
    expect(weir(...TRAIN, '--out', 'b.forest', '--seed', '2').status).toBe(0);
    expect(readFileSync(join(folder, 'b.forest')).equals(bytes)).toBe(false);
  });

  test('the file holds what is needed to judge and to learn again', () => {
    const { facts, model } = decodeForestFile(readFileSync(join(folder, 'a.forest')));
    expect(facts).toMatchObject({
      label: 'bad',
      group: 'person',
      columns: [{ name: 'rate' }, { name: 'plan', values: ['free', 'paid', 'trial'] }, { name: 'noise' }],
      options: { trees: 30 },
      seed: 1,
      holdout: 0.25,
      learned: { rows: 1500, sha256: report.table.sha256 },
      figures: { heldOut: { rocAuc: report.held_out.rocAuc } },
    });
    expect(model.classes).toEqual(['no', 'yes']);
  });

  test('text for people: classes, figures, importance, the next command', () => {
    const { status, stdout } = weir(...TRAIN, '--out', 'a.forest');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^table +.*people\.csv: 1,500 rows, 5 features, 150 groups$/m);
    expect(stdout).toMatch(/^classes +no: [\d,]+, yes: \d+$/m);
    expect(stdout).toMatch(/^out of bag +1,130 /m);
    expect(stdout).toMatch(/^set aside +370 /m);
    expect(stdout).toMatch(/at 0\.1 % FPR not one false positive is allowed/);
    expect(stdout).toMatch(/^ {2}rate +0\.\d{4}$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/weir evaluate --table .*people\.csv --model a\.forest$/);
  });

  test('standard input and .gz are the same table', () => {
    put('people.csv.gz', gzipSync(readFileSync(TABLE)));
    expect(weir(...TRAIN, '--table', 'people.csv.gz', '--out', 'gz.forest').status).toBe(0);
    expect(readFileSync(join(folder, 'gz.forest')).equals(readFileSync(join(folder, 'a.forest')))).toBe(true);
  });
});

describe('weir evaluate --table', () => {
  test('on the table that it learned from it judges the rows set aside, and says so', () => {
    const { stdout, stderr } = weir(
      'evaluate',
      '--table',
      TABLE,
      '--model',
      'a.forest',
      '--no-learning-curve',
      '--permutations',
      '0',
      '--json',
    );
    const report = JSON.parse(stdout);
    const { facts } = decodeForestFile(readFileSync(join(folder, 'a.forest')));
    expect(stderr).toMatch(/learned from this table: it is judged on the rows that were set aside/);
    expect(report.judged).toEqual({ rows: 370, of: 'rows set aside at training' });
    expect(report.judgement.rocAuc).toBe((facts as { figures: { heldOut?: { rocAuc: number } } }).figures.heldOut?.rocAuc);
    const all = weir(
      'evaluate',
      '--table',
      TABLE,
      '--model',
      'a.forest',
      '--no-learning-curve',
      '--permutations',
      '0',
      '--all-rows',
      '--json',
    );
    expect(JSON.parse(all.stdout).judged.rows).toBe(1500);
    expect(all.stderr).toMatch(/flatter/);
  });

  test('on another table: ranking, calibration, confusion, importance, learning curve', () => {
    const { status, stdout, stderr } = weir('evaluate', '--table', OTHERS, '--model', 'a.forest', '--json');
    expect([status, stderr]).toEqual([0, '']);
    const { judgement, importance, learning_curve, permutation, judged } = JSON.parse(stdout);
    expect(judged).toEqual({ rows: 800, of: 'all rows' });
    expect(judgement.rocAuc).toBeGreaterThan(0.9);
    expect(judgement.calibration.bins.reduce((sum: number, bin: { rows: number }) => sum + bin.rows, 0)).toBe(800);
    expect(judgement.confusion.counts.flat().reduce((sum: number, n: number) => sum + n, 0)).toBe(800);
    expect(permutation).toEqual({ rows: 800, repeats: 5, measure: 'ROC AUC' });
    expect(importance[0].feature).toBe('rate');
    expect(importance.find((one: { feature: string }) => one.feature === 'noise').permuted).toBeLessThan(0.02);
    expect(learning_curve.judged + learning_curve.points.at(-1).rows).toBe(800);
    const rows = learning_curve.points.map((point: { rows: number }) => point.rows);
    expect(rows).toEqual([...rows].sort((a: number, b: number) => a - b));
    const text = weir('evaluate', '--table', OTHERS, '--model', 'a.forest').stdout;
    for (const title of ['By class', 'Calibration of class yes', 'Confusion', 'Importance', 'Learning curve'])
      expect(text).toContain(`\n${title}`);
  });

  test('columns are found by name, whatever their order; values never seen are said', () => {
    const lines = people(300, 3).map((line) => line.split(','));
    const mixed = lines.map(([person, rate, plan, noise, bad], i) => [bad, noise, i === 5 ? 'gold' : plan, 'x', person, rate].join(','));
    mixed[0] = 'bad,noise,plan,extra,person,rate';
    put('mixed.csv', mixed.join('\n'));
    const { status, stderr, stdout } = weir('evaluate', '--table', 'mixed.csv', '--model', 'a.forest', '--no-learning-curve', '--json');
    expect(status).toBe(0);
    expect(stderr).toMatch(/column "plan": 1 row with a value that the model has never seen/);
    expect(JSON.parse(stdout).judgement.rocAuc).toBeGreaterThan(0.85);
  });
});

describe('the exchange form', () => {
  const args = ['--format', 'ml-random-forest', '--out', 'a.json'];

  test('is loaded by ml-random-forest, which predicts what the file means here', () => {
    const { status, stderr } = weir(...TRAIN, ...args);
    expect(status).toBe(0);
    expect(stderr).toMatch(/counts votes/);
    const json = JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8'));
    const { model } = decodeForestFile(readFileSync(join(folder, 'a.json')));
    const there = (RandomForestClassifier as unknown as { load(json: unknown): { predict(rows: number[][]): number[] } }).load(json);
    const next = seeded(4);
    const rows = Array.from({ length: 500 }, () => model.features.map(() => next()));
    expect(there.predict(rows)).toEqual(rows.map((row) => majorityOf(model, row)));
  });

  test('is judged with majority votes', () => {
    const { stdout } = weir('evaluate', '--table', OTHERS, '--model', 'a.json', '--json', '--permutations', '1', '--no-learning-curve');
    const report = JSON.parse(stdout);
    expect(report.model).toMatchObject({ vote: 'majority', seed: 1 });
    expect(report.judgement.rocAuc).toBeGreaterThan(0.88);
  });

  test('of the library itself has no names: columns are taken in order, the label is asked for', () => {
    const json = JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8'));
    json.weir = undefined;
    put('bare.json', JSON.stringify(json));
    put('numbers.csv', 'a,b,c,d,e,y\n0.1,1,0,0,0.3,0\n0.9,1,0,0,0.3,1\n');
    expect(weir('evaluate', '--table', 'numbers.csv', '--model', 'bare.json')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--label COLUMN is missing: bare\.json does not say/),
    });
    const { status, stderr } = weir('evaluate', '--table', 'numbers.csv', '--model', 'bare.json', '--label', 'y');
    expect(status).toBe(0);
    expect(stderr).toMatch(/names no columns/);
    expect(stderr).toMatch(/no learning curve: the model does not say/);
  });
});

describe('what is wrong is said by file, line, column and value', () => {
  test.each([
    [['train', '--table', TABLE], /--label COLUMN is missing/],
    [['train', '--table', TABLE, '--label', 'bd'], /no column "bd" \(the label\); did you mean "bad"\?/],
    [
      ['train', '--table', TABLE, '--label', 'bad'],
      /line 642: the text column "person" has more than 64 different values .*--ignore person/,
    ],
    [['train', '--table', TABLE, '--label', 'bad', '--group', 'bad'], /--label and --group both name bad/],
    [['train', '--table', TABLE, '--label', 'bad', '--ignore', 'persn'], /no column "persn"; did you mean "person"\?/],
    [['train', '--table', TABLE, '--label', 'bad', '--holdout', '1'], /--holdout 1: a share from 0 to 0\.9/],
    [['train', '--table', TABLE, '--label', 'bad', '--features-per-split', 'half'], /--features-per-split half/],
    [[...TRAIN, '--marks', 'marks.ndjson'], /--marks is for a bundle and does not go with --table/],
    [['train', '--trees', '30', '--out', 'bundle'], /--trees goes with --table FILE\.csv, which is missing/],
    [['train'], /--out FOLDER is missing/],
    [['train', '--out', 'people.csv'], /exists and holds no bundle/],
    [['train', '--out', 'bundle', '--log', 'a.log'], /go with --marks FILE, which is missing/],
    [[...TRAIN, '--out', TABLE], /people\.csv exists and is no model: it is not written over/],
    [[...TRAIN, '--out', folder], /is a folder; name a file in it/],
    [[...TRAIN, '--out', '-'], /a model goes into a file/],
    [[...TRAIN, '--class-weight', 'yes'], /--class-weight yes: balanced, or CLASS=FACTOR/],
    [[...TRAIN, '--class-weight', 'maybe=3'], /classWeights\.maybe .* no, yes/],
    [['evaluate', '--table', OTHERS], /--model FILE is missing/],
    [['evaluate', '--table', OTHERS, '--model', 'none.forest'], /there is no model file none\.forest/],
    [['evaluate', '--table', OTHERS, '--model', OTHERS], /others\.csv: this is no model file/],
    [['evaluate', '--table', OTHERS, '--model', 'a.forest', '--positive', 'ye'], /classes are no, yes; did you mean yes\?/],
    [
      ['evaluate', '--table', OTHERS, '--model', 'a.forest', '--label', 'plan'],
      /the column "plan" is a feature of the model and the label or group/,
    ],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = weir(...args);
    expect(stderr).toMatch(message);
    expect([status, stdout]).toEqual([2, '']);
  });

  const read = (contents: string | Uint8Array, more: Partial<Parameters<typeof readTable>[1]> = {}) =>
    readTable(put('try.csv', contents), { label: 'y', ...more });

  test.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /try\.csv is empty/],
    ['a header alone', 'a,y\n', /has a header but no rows/],
    ['bytes', Uint8Array.of(0x61, 0, 1, 2), /is no CSV file: byte 1 is 0/],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0), /is UTF-16 text/],
    ['Latin-1', Uint8Array.from('a,y\n1,\u00e9\n', (char) => char.charCodeAt(0)), /is not UTF-8 text/],
    ['a damaged .gz', gzipSync('a,y\n1,2\n').subarray(0, 20), /cut short/],
    ['bytes after a .gz', Buffer.concat([gzipSync('a,y\n1,2\n'), Buffer.from('more')]), /cannot be decompressed/],
    ['a name twice', 'a,a,y\n', /names the column "a" twice/],
    ['no header', '1,2,0\n3,4,1\n', /first line holds numbers, not names/],
    ['semicolons', 'a;b;y\n1;2;x\n', /separated by ;: --delimiter ';'/],
    ['a cell too few', 'a,b,y\n1,2,x\n1,2\n', /line 3 has 2 cells, the header 3/],
    ['an open quote', 'a,b,y\n1,"2,x\n', /line 2 opens a quote that is never closed/],
    ['a huge cell', `a,y\n${'9'.repeat(5_000_000)},x\n`, /line 2 holds a row of more than 4 MB/],
    ['text among numbers', 'a,b,y\n1,2,x\n1,foo,z\n', /line 3, column "b": "foo" is not a number .*--categorical b .*--ignore b/],
    ['infinity', 'a,y\n1,x\n-inf,z\n', /line 3, column "a": "-inf" is not finite/],
    ['a number too large', 'a,y\n1,x\n1e999,z\n', /line 3, column "a": "1e999" is not finite/],
    ['hexadecimals', 'a,y\n1,x\n0x10,z\n', /"0x10" is not a number/],
    ['no labels', 'a,y\n1,\n2,NA\n', /none of its 2 rows has a label/],
    [
      'a measure as label',
      `a,y\n${Array.from({ length: 150 }, (_, i) => `1,${i / 7}`).join('\n')}`,
      /more than 100 different values; a forest tells classes/,
    ],
    ['nothing but the label', 'y\nx\nz\n', /has no column beside y/],
    ['columns without values', 'a,y\nNA,x\n?,z\n', /none of its columns has values/],
  ])('%s', async (_, contents, message) => {
    await expect(read(contents)).rejects.toThrow(message);
    await expect(read(contents)).rejects.toMatchObject({ exitCode: 2 });
  });

  test('one class is nothing to learn; one group cannot be split', () => {
    const one = put('one.csv', 'a,g,y\n1,1,x\n2,1,x\n');
    expect(weir('train', '--table', one, '--label', 'y').stderr).toMatch(/every label in column "y" is "x"/);
    const group = put('group.csv', 'a,g,y\n1,1,x\n2,1,z\n');
    const { status, stderr } = weir('train', '--table', group, '--label', 'y', '--group', 'g');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/column "g" holds one group, .*--holdout 0/)]);
  });
});

describe('what is not wrong', () => {
  const read = (contents: string, more: Partial<Parameters<typeof readTable>[1]> = {}) =>
    readTable(put('ok.csv', contents), { label: 'y', ...more });

  test('byte order mark, CRLF, quotes, spaces, missing values, rows without label or group', async () => {
    const contents = '\ufeffa, "b b",y,g\r\n1, 2 ,x,u\r\n"3","NA",z,u\r\n?,4,x,v\r\n5,nan,,v\r\n6,-1e-3,z,\r\n\r\n';
    const { table, missing, remarks } = await read(contents, { group: 'g' });
    expect(table.features).toEqual(['a', 'b b']);
    expect(table.columns.map((column) => [...column])).toEqual([
      [1, 3, Number.NaN],
      [2, Number.NaN, 4],
    ]);
    expect([table.classes, [...table.labels], [...(table.groups ?? [])]]).toEqual([
      ['x', 'z'],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(missing).toBe(2);
    expect(remarks).toEqual(['1 row without a label left out', '1 row without a group left out']);
  });

  test('numbers sort as numbers, 1 and 1.0 are one class', async () => {
    const { table } = await read('a,y\n1,10\n2,9\n3,9.0\n4,-1\n');
    expect(table.classes).toEqual(['-1', '9', '10']);
    expect([...table.labels]).toEqual([2, 1, 1, 0]);
  });

  test('text becomes a feature for each value; numbers that are names too, when asked', async () => {
    const { table, columns } = await read('kind,code,y\nb,10,x\na,9,z\n,10,x\n', { categorical: ['code'] });
    expect(table.features).toEqual(['kind=a', 'kind=b', 'code=9', 'code=10']);
    expect(table.columns.map((column) => [...column])).toEqual([
      [0, 1, Number.NaN],
      [1, 0, Number.NaN],
      [0, 1, 0],
      [1, 0, 1],
    ]);
    expect(columns).toEqual([
      { name: 'kind', values: ['a', 'b'] },
      { name: 'code', values: ['9', '10'] },
    ]);
  });

  test('a column without a name, one without values, and the label again', async () => {
    const { table, remarks } = await read(',a,empty,y\n0,1,,x\n1,2,,z\n');
    expect(table.features).toEqual(['a']);
    expect(remarks).toEqual([expect.stringMatching(/without a name \(a row number\?\)/), expect.stringMatching(/"empty" has no values/)]);
    put('leak.csv', `copy,a,y\n${Array.from({ length: 40 }, (_, i) => `${i % 2},${i % 7},${i % 2 ? 'x' : 'z'}`).join('\n')}`);
    expect(weir('train', '--table', 'leak.csv', '--label', 'y').stderr).toMatch(/column "copy" says the same as the label "y"/);
  });

  test('rows go in as a stream: cells cut anywhere, many rows', async () => {
    const rows = 40_000;
    const contents = `a,b,y\n${Array.from({ length: rows }, (_, i) => `${i},"${i}.5",${i % 3}`).join('\n')}`;
    const { table } = await read(contents);
    expect(table.rows).toBe(rows);
    expect(table.columns[1][rows - 1]).toBe(rows - 0.5);
    expect(table.columns[0].every((value, i) => value === i)).toBe(true);
  });
});
