import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { SeriesRecord } from '../../services/commands/detect-series.ts';
import { seriesTime } from '../../services/commands/series-time.ts';
import { seeded } from '../support/synthetic-windows.ts';

const LAUNCHER = new URL('../../dist/services/launcher.cjs', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'weir-series-'));

function weir(args: string[], input?: string | Uint8Array): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], {
    cwd: folder,
    input,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return { status, stdout, stderr };
}

function put(name: string, contents: string | Uint8Array): string {
  writeFileSync(join(folder, name), contents);
  return name;
}

const records = (text: string): SeriesRecord[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SeriesRecord);

const START = Date.UTC(2024, 0, 1);
const clock = (row: number): string => new Date(START + row * 300_000).toISOString().slice(0, 19).replace('T', ' ');

/** A day and night of noise, a spike in row 900. */
function lines(rows: number, timeOf = clock): string[] {
  const next = seeded(5);
  return Array.from({ length: rows }, (_, i) => `${timeOf(i)},${(i === 900 ? 500 : 50 + 10 * next()).toFixed(3)}`);
}

const SPIKE = put('spike.csv', `timestamp,value\n${lines(1200).join('\n')}\n`);

describe('weir detect --series', () => {
  const plain = weir(['detect', '--series', SPIKE, '--alerts', '-']);
  const rows = records(plain.stdout);

  test('a record for each row: score, verdict, expected range, reasons that add up', () => {
    expect(plain.status).toBe(0);
    expect(rows).toHaveLength(1200);
    expect(plain.stderr).toMatch(/^weir: 1,200 rows, \d+ alerts?\n$/);
    const spike = rows[900];
    expect(spike).toMatchObject({ timestamp: clock(900), value: 500, alert: true });
    expect(spike.score).toBe(Math.max(...rows.map(({ score }) => score)));
    const [low, high] = spike.expected as [number, number];
    expect(low).toBeGreaterThan(0);
    expect(high).toBeLessThan(100);
    expect(spike.reasons[0]).toMatchObject({ column: 'value', direction: 'high' });
    for (const { score, reasons } of rows) expect(reasons.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 9);
  });

  test('the same from a pipe, gzipped, without a header, with other separators and times', () => {
    const body = lines(1200);
    const same = (args: string[], input?: string | Uint8Array): void => {
      const { status, stdout } = weir(['detect', '--alerts', '-', '--quiet', '--series', ...args], input);
      expect(status).toBe(0);
      expect(records(stdout).map(({ score }) => score)).toEqual(rows.map(({ score }) => score));
    };
    same(['-'], readFileSync(join(folder, SPIKE)));
    same([put('spike.csv.gz', gzipSync(readFileSync(join(folder, SPIKE))))]);
    same(['-'], body.join('\r\n'));
    same(['-'], `\ufeff"time";"cpu"\n${body.map((line) => line.replace(',', ';')).join('\n')}\n`);
    same(['-'], lines(1200, (i) => String(START / 1000 + 300 * i)).join('\n'));
    same(['-'], lines(1200, (i) => String(START + 300_000 * i)).join('\n'));
    same(['-'], lines(1200, (i) => new Date(START + 300_000 * i).toISOString()).join('\n'));
  });

  test('no look-ahead: a series that ends earlier begins with the same output', () => {
    const { stdout } = weir(['detect', '--series', '-', '--alerts', '-', '--quiet'], `timestamp,value\n${lines(901).join('\n')}\n`);
    expect(plain.stdout.startsWith(stdout)).toBe(true);
  });

  test('several values, missing ones, repeated and backward times, gaps: judged and counted', () => {
    const next = seeded(6);
    const body = Array.from({ length: 400 }, (_, i) => {
      const row = i === 100 ? 99 : i === 200 ? 150 : i >= 300 ? i + 200 : i;
      return `${clock(row)},${i === 50 ? '' : next().toFixed(4)},${i === 60 ? 'NaN' : next().toFixed(4)}`;
    });
    const { status, stdout, stderr } = weir(['detect', '--series', '-', '--alerts', '-'], `t,requests,errors\n${body.join('\n')}\n`);
    expect(status).toBe(0);
    const found = records(stdout);
    expect(found).toHaveLength(400);
    expect(found[50]).toMatchObject({ value: [null, expect.any(Number)], notes: ['missing'] });
    expect(found[50].expected).toEqual([null, expect.any(Array)]);
    expect(found[100].notes).toEqual(['duplicate']);
    expect(found[200].notes).toEqual(['out_of_order']);
    expect(found[300].notes).toEqual(['gap']);
    expect(stderr).toMatch(
      /2 with a value missing, 1 with the time of the row before, 1 out of order \(judged as they come\), 1 after a gap/,
    );
    expect(new Set(found.flatMap(({ reasons }) => reasons.map(({ column }) => column)))).toEqual(new Set(['requests', 'errors']));
  });

  test('without --alerts a table; into a file; a larger budget alerts more', () => {
    const table = weir(['detect', '--series', SPIKE]);
    expect(table.stdout).toMatch(/^time +value +expected +score +why\n/);
    expect(table.stdout).toMatch(new RegExp(`^${clock(900)} +500 `, 'm'));
    expect(weir(['detect', '--series', '-'], 'timestamp,value\n2024-01-01,5\n').stdout).toBe('no alerts\n');
    expect(weir(['detect', '--series', SPIKE, '--alerts', 'out.ndjson', '--quiet'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(folder, 'out.ndjson'), 'utf8')).toBe(plain.stdout);
    const alerts = (budget: string): number =>
      records(weir(['detect', '--series', SPIKE, '--alerts', '-', '--budget', budget]).stdout).filter(({ alert }) => alert).length;
    expect(alerts('50')).toBeGreaterThan(alerts('0.1'));
    expect(alerts('0.1')).toBeGreaterThan(0);
  });

  test.each([
    ['timestamp,value\n2024-01-01 00:00:00,5\n2024-13-01 00:00:00,5\n', /line 3: "2024-13-01 00:00:00" is no timestamp/],
    ['timestamp,value\n2024-01-01 00:00:00,5\n2024-01-01 00:05:00,five\n', /line 3, column "value": "five" is no number up to 1e100/],
    ['timestamp,value\n2024-01-01 00:00:00,1e999\n', /line 2, column "value": "1e999" is no number up to 1e100/],
    ['timestamp,value\n2024-01-01 00:00:00,5,6\n', /line 2 has 3 cells, not 2/],
    ['5\n6\n', /line 1 is "5": a row is timestamp,value/],
    ['yesterday,5\n', /line 1: "yesterday" is no timestamp/],
    ['', /it is empty/],
    ['timestamp,value\n', /it has a header and no row/],
  ])('what cannot be read is named with its line and value: %j', (text, message) => {
    const { status, stderr } = weir(['detect', '--series', '-'], text);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test.each([
    [['--series', 'x.csv', 'y.log'], /y\.log cannot go with it/],
    [['--series', 'x.csv', '--tenant', 'shop'], /--tenant cannot go with it/],
    [['--budget', '1', 'y.log'], /--budget goes with --series/],
    [['--series', 'x.csv', '--budget', '0'], /a number above 0, up to 1000/],
    [['--series', 'none.csv'], /there is no file none\.csv/],
  ])('usage errors end with 2: %j', (args, message) => {
    const { status, stderr } = weir(['detect', ...args]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test.each([
    ['2014-04-01 00:05:00', Date.UTC(2014, 3, 1, 0, 5)],
    ['2014-04-01T00:05:00.250Z', Date.UTC(2014, 3, 1, 0, 5, 0, 250)],
    ['2014-04-01 00:05', Date.UTC(2014, 3, 1, 0, 5)],
    ['2014-04-01T02:05:00+0200', Date.UTC(2014, 3, 1, 0, 5)],
    ['2014-04-01', Date.UTC(2014, 3, 1)],
    ['1396310700', Date.UTC(2014, 3, 1, 0, 5)],
    ['1396310700.5', Date.UTC(2014, 3, 1, 0, 5, 0, 500)],
    ['1396310700000', Date.UTC(2014, 3, 1, 0, 5)],
    ['2014-02-30 00:00:00', Number.NaN],
    ['01/04/2014', Number.NaN],
    ['13963107000000000', Number.NaN],
  ])('the time %s', (text, time) => {
    expect(seriesTime(text)).toBe(time);
  });
});
