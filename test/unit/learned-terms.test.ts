import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { AccountBaselines } from '../../models/baselines/account.ts';
import { InterfaceBaselines } from '../../models/baselines/interface.ts';
import { learnedAccount } from '../../models/detectors/learned-account.ts';
import { expectedRange, type Term } from '../../models/evidence.ts';
import { ACCOUNT_LIST, accountTerms } from '../../models/learned/account-terms.ts';
import { type FeatureList, featureListHash, type LearnedView, RowMaker } from '../../models/learned/feature-list.ts';
import { goldenRows } from '../../models/learned/golden-script.ts';
import { GoldenEntity, type GoldenValues } from '../../models/learned/golden-windows.ts';
import { INTERFACE_LIST, interfaceTerms } from '../../models/learned/interface-terms.ts';
import { accountScreen, interfaceScreen } from '../../models/learned/screens.ts';
import { A, LEVEL } from '../../models/levels.ts';
import { shippedPrior } from '../../models/prior.ts';
import { ACCOUNT_FEATURES, type ClosedWindow } from '../../models/windows.ts';
import { reasonText } from '../../services/alerting/reason-texts.ts';
import { FLAG } from '../../services/core/batch.ts';

const LISTS: Record<LearnedView, FeatureList> = { account: ACCOUNT_LIST, interface: INTERFACE_LIST };
const VIEWS = ['account', 'interface'] as const;

/** Feeds hours of one account, nine to five on working days, and hands out its baselines turned to the last. */
function account(days: number, usual: (hour: number) => GoldenValues, last: GoldenValues, flags = 0, lastHour = 11) {
  const baselines = new AccountBaselines();
  const prior = shippedPrior();
  const entity = new GoldenEntity('account', 0, flags);
  for (let day = 0; day < days; day++) {
    for (let hour = 9; hour < 17; hour++) {
      const window = entity.window(day * 24 + hour, usual(day * 24 + hour));
      baselines.look(window, prior, undefined);
      baselines.learn(false);
    }
  }
  const window = entity.window(days * 24 + lastHour, last);
  baselines.look(window, prior, undefined);
  return { window, baselines };
}

function interfaceOf(days: number, usual: (hour: number) => GoldenValues, last: GoldenValues, flags = 0) {
  const baselines = new InterfaceBaselines();
  const prior = shippedPrior();
  const entity = new GoldenEntity('interface', 0, flags);
  for (let hour = 0; hour < days * 24; hour++) {
    const window = entity.window(hour, usual(hour));
    baselines.look(window, prior);
    baselines.learn(1, false);
  }
  const window = entity.window(days * 24, last);
  baselines.look(window, prior);
  return { window, baselines };
}

function rowOf(list: FeatureList, terms: readonly Term[]): Record<string, number> {
  const row = new RowMaker(list).fill(terms, new Float64Array(list.features.length));
  return Object.fromEntries(list.features.map(({ name }, i) => [name, row[i]]));
}

test.each(VIEWS)('the %s list names every feature once, and the golden script reaches each of them', (view) => {
  const { features } = LISTS[view];
  expect(new Set(features.map(({ name }) => name)).size).toBe(features.length);
  const rows = goldenRows(view);
  expect(rows.length).toBeGreaterThan(20);
  features.forEach(({ name, input }, i) => {
    const said = rows.map((row) => row[i]).filter((value) => !Number.isNaN(value));
    expect(said.length, `${name} is never there`).toBeGreaterThan(0);
    expect(said.every(Number.isFinite), name).toBe(true);
    if (input === 'surprise') expect(Math.max(...said), `${name} is never odd`).toBeGreaterThan(0.3);
  });
});

/**
 * The golden rows are part of what a bundle promises: a change here means that every trained bundle is refused, so the
 * list's version must rise and the bundle must be trained again. `UPDATE_GOLDEN=1` writes them anew.
 */
test.each(VIEWS)('golden rows of %s are what they were', (view) => {
  const file = fileURLToPath(new URL(`../golden/learned-rows-${view}.json`, import.meta.url));
  const now = {
    version: LISTS[view].version,
    hash: featureListHash(LISTS[view]),
    rows: goldenRows(view).map((row) => Array.from(row, (value) => (Number.isNaN(value) ? null : value))),
  };
  if (process.env.UPDATE_GOLDEN === '1' || !existsSync(file)) {
    const rows = now.rows.map((row) => JSON.stringify(row)).join(',\n');
    writeFileSync(file, `{"version":${now.version},"hash":"${now.hash}","rows":[\n${rows}\n]}\n`);
  }
  const then = JSON.parse(readFileSync(file, 'utf8')) as typeof now;
  expect(now.version).toBe(then.version);
  expect(now.hash).toBe(then.hash);
  expect(now.rows.length).toBe(then.rows.length);
  now.rows.forEach((row, i) => {
    row.forEach((value, j) => {
      const place = `row ${i}, ${LISTS[view].features[j].name}`;
      if (value === null || then.rows[i][j] === null) expect(value, place).toBe(then.rows[i][j]);
      else expect(Math.abs(value - then.rows[i][j]!), place).toBeLessThan(1e-9);
    });
  });
});

test('every term is in the list, a group of its own, and its reason reads as a sentence', () => {
  const steady: GoldenValues = { requests: 20, objects: 8, interfaces: 4, addresses: 1, devices: 1, active_minutes: 10, assets: 40 };
  const odd = { ...steady, requests: 400, objects: 380, new_objects: 370, new_devices: 1, new_networks: 1, records: 9000, bytes_out: 1e9 };
  const { window, baselines } = account(16, () => steady, { ...odd, assets: 0, gap_regularity: 900, foreign: 1e6 }, FLAG.flow);
  const side = interfaceOf(
    3,
    () => ({
      requests: 40,
      callers: 20,
      objects: 9,
      targets: 5,
      duration_ms: 900,
      bytes_out: 40_000,
      prefixes: 18,
      devices: 12,
      target_runs: 4,
    }),
    {
      requests: 400,
      callers: 300,
      objects: 90,
      targets: 20,
      duration_ms: 90_000,
      bytes_out: 400_000,
    },
  );
  const views = [
    { list: ACCOUNT_LIST, terms: accountTerms(window, baselines), kind: 'account' },
    { list: INTERFACE_LIST, terms: interfaceTerms(side.window, side.baselines), kind: 'interface' },
  ] as const;
  for (const { list, terms, kind } of views) {
    expect(terms.length).toBe(list.features.length);
    expect(new Set(terms.map(({ feature }) => feature)).size).toBe(terms.length);
    for (const term of terms) {
      expect([term.group, term.weight]).toEqual([term.feature, 1]);
      const text = reasonText(term, expectedRange(term.law), { kind, id: 'x' }, '1h');
      expect(text).not.toMatch(/_|NaN|undefined|Infinity/);
    }
  }
});

test('what is the same relative to its own past is the same to the model, whatever the size', () => {
  const wave = (scale: number) => (hour: number) => ({
    requests: scale * (20 + (hour % 7)),
    objects: scale * (6 + (hour % 3)),
    new_objects: scale * (1 + (hour % 2)),
    bytes_out: scale * 40_000 * (1 + (hour % 3)),
    active_minutes: 20,
    interfaces: 5,
  });
  const burst = (scale: number): GoldenValues => ({
    ...wave(scale)(3),
    requests: scale * 120,
    objects: scale * 60,
    new_objects: scale * 50,
  });
  const [small, large] = [1, 12].map((scale) => {
    const { window, baselines } = account(14, wave(scale), burst(scale), FLAG.service);
    return rowOf(ACCOUNT_LIST, accountTerms(window, baselines));
  });
  for (const name of ['requests', 'objects', 'new_objects', 'kilobytes', 'new_objects_of_objects', 'mean_size', 'requests_at_this_hour']) {
    expect(Math.abs(small[name] - large[name]), `${name}: ${small[name]} and ${large[name]}`).toBeLessThan(1.2);
  }
});

test('slow growth within permission shows over days, not in the hour', () => {
  const usual = (growth: number) => (hour: number) => {
    const times = (hour < 14 * 24 ? 1 : growth) * (1 + (hour % 3) / 8);
    return {
      requests: Math.round(30 * times),
      objects: Math.round(10 * times),
      new_objects: Math.round(4 * times),
      records: Math.round(100 * times),
    };
  };
  const [same, more] = [1, 1.6].map((growth) => {
    const { window, baselines } = account(20, usual(growth), usual(growth)(20 * 24 + 16), 0, 16);
    return rowOf(ACCOUNT_LIST, accountTerms(window, baselines));
  });
  for (const name of ['records', 'new_objects', 'requests']) {
    expect(more[name], name).toBeLessThan(1);
    expect(more[`${name}_7d`] - same[`${name}_7d`], name).toBeGreaterThan(0.2);
  }
  expect(more.records_7d).toBeGreaterThan(0.5);
  expect(more.new_objects_7d_peers).toBeGreaterThan(same.new_objects_7d_peers);
});

test('a first day says nothing of what is new, and zeros against a law are information', () => {
  const { window, baselines } = account(0, () => ({}), { requests: 5, new_addresses: 1, new_devices: 1 });
  const row = rowOf(ACCOUNT_LIST, accountTerms(window, baselines));
  expect(row.new_devices).toBeNaN();
  expect(row.block_share).toBeNaN();
  expect(row.new_objects_of_objects).toBeNaN();
  expect(row.errors).toBe(0);
  expect(row.days).toBe(0);
});

test('low and slow tries at a login show in days of failures from new places', () => {
  const usual = (hour: number): GoldenValues => ({
    requests: 40 + (hour % 5),
    failures: 5 + (hour % 3),
    callers: 30,
    failing_callers: 3,
    new_source_failures: 1,
    new_source_requests: 6,
    few_callers: 20,
    single_callers: 6,
  });
  const last = { ...usual(0), failures: 9, new_source_failures: 5, failing_callers: 7, requests: 46, callers: 35 };
  const { window, baselines } = interfaceOf(9, (hour) => (hour < 8 * 24 ? usual(hour) : last), last, FLAG.login);
  const row = rowOf(INTERFACE_LIST, interfaceTerms(window, baselines));
  expect(row.new_source_failures_1d).toBeGreaterThan(2);
  expect(row.requests).toBeLessThan(1);
  expect(row.login).toBe(1);
});

test('fewer requests than the season are the only thing that is low', () => {
  const usual: GoldenValues = { requests: 200, callers: 50 };
  const { window, baselines } = interfaceOf(8, () => usual, { requests: 2, callers: 1 });
  const row = rowOf(INTERFACE_LIST, interfaceTerms(window, baselines));
  expect(row.requests_low).toBeGreaterThan(3);
  expect(row.requests).toBeLessThan(0.1);
  const cut: ClosedWindow = { ...window, partial: true };
  expect(rowOf(INTERFACE_LIST, interfaceTerms(cut, baselines)).requests_low).toBeNaN();
});

test('screens let odd windows through and usual ones not', () => {
  const usual = (hour: number): GoldenValues => ({
    requests: 20 + (hour % 4),
    objects: 8,
    new_objects: 2,
    bytes_out: 60_000,
    interfaces: 4,
    active_minutes: 12,
    addresses: 1,
    devices: 1,
  });
  const screened = (last: GoldenValues, hour = 11) => {
    const { window, baselines } = account(10, usual, { ...usual(3), ...last }, 0, hour);
    return accountScreen(window, baselines);
  };
  expect(screened({})).toBe(false);
  expect(screened({ requests: 150 })).toBe(true);
  expect(screened({ new_objects: 60, objects: 70 })).toBe(true);
  expect(screened({ new_devices: 1, new_networks: 1 })).toBe(true);
  expect(screened({ sensitive: 40 })).toBe(true);
  expect(screened({ refused: 15 })).toBe(true);
  expect(screened({}, 3)).toBe(true);
  const calls = (hour: number): GoldenValues => ({
    requests: 60 + (hour % 9),
    callers: 30,
    failures: 1,
    few_callers: 15,
    single_callers: 4,
  });
  const looked = (last: GoldenValues) => {
    const { window, baselines } = interfaceOf(6, calls, { ...calls(2), ...last }, FLAG.login);
    return interfaceScreen(window, baselines);
  };
  expect(looked({})).toBe(false);
  expect(looked({ failures: 20 })).toBe(true);
  expect(looked({ requests: 600 })).toBe(true);
  expect(looked({ requests: 2 })).toBe(true);
  expect(looked({ single_callers: 25 })).toBe(true);
});

test('the documentation names every feature', () => {
  const text = readFileSync(fileURLToPath(new URL('../../docs/models-features.md', import.meta.url)), 'utf8');
  for (const list of Object.values(LISTS)) {
    for (const { name } of list.features) {
      const base = name.replace(/_(1d|3d|6h|7d)(_peers)?$/, '');
      expect(text.includes(`\`${name}\``) || text.includes(`\`${base}\``), name).toBe(true);
    }
  }
});

test('the means that screens use are those of the laws', () => {
  const usual = (hour: number): GoldenValues => ({ requests: 9 + (hour % 40), objects: 300, records: hour % 900, bytes_out: 5e6 });
  for (const days of [0, 1, 2, 9]) {
    const { baselines } = account(days, usual, usual(7), FLAG.service);
    for (const name of ['requests', 'kilobytes', 'objects', 'records', 'targets'] as const) {
      const hour = baselines.hour(LEVEL[name]).mean;
      const day = baselines.day(LEVEL[name]).mean;
      expect(baselines.hourMean(LEVEL[name]) / hour, name).toBeCloseTo(1, 6);
      expect(baselines.dayMean(LEVEL[name]) / day, name).toBeCloseTo(1, 6);
    }
  }
});

test('a handful of requests of somebody unknown is not judged', () => {
  const values = new Float64Array(ACCOUNT_FEATURES.length);
  const window = { flags: FLAG.anonymous, values } as unknown as ClosedWindow;
  const untouched = new Proxy({}, { get: () => expect.unreachable('the baselines are not asked') }) as AccountBaselines;
  values[A.requests] = 7;
  expect(learnedAccount.terms(window, untouched)).toBeUndefined();
  values[A.requests] = 8;
  expect(() => learnedAccount.terms(window, untouched)).toThrow();
});
