import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShadowScore } from '../../services/core/stage.ts';
import { HOUR } from '../../services/core/watermark.ts';
import { type DataFolder, openDataFolder } from '../../services/storage/open-writer.ts';
import { AGREEMENT_AT, compareChampions, strongestDisagreements } from '../../services/storage/shadow-scores.ts';
import { numbers } from '../support/driver-runs.ts';
import { alertOf, idOf } from '../support/records.ts';

const START = Date.UTC(2026, 3, 1, 8);
const next = numbers(7);
const scores: ShadowScore[] = Array.from({ length: 300 }, (_, i) => {
  const truth = next() * 12;
  return {
    detector: i % 3 === 0 ? 'forest_interface' : 'forest_account',
    entity: { kind: i % 3 === 0 ? 'interface' : 'account', id: i === 17 ? 'u7' : `e${i}` },
    start: START + (i % 5) * HOUR,
    end: START + (i % 5) * HOUR + HOUR,
    champion: '1',
    challenger: '2',
    championEvidence: i % 10 === 0 ? 0 : truth,
    challengerEvidence: i === 17 ? truth + 40 : Math.max(0, truth + next() * 4 - 2),
  };
});

let folder: string;
let data: DataFolder;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-shadow-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Ranks from 1; equal values share the mean of theirs. */
function ranks(values: number[]): number[] {
  return values.map((value) => (values.filter((other) => other < value).length + values.filter((other) => other <= value).length + 1) / 2);
}

function spearman(x: number[], y: number[]): number {
  const [a, b] = [ranks(x), ranks(y)];
  const mean = (list: number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - ma) * (b[i] - mb)));
  return covariance / Math.sqrt(mean(a.map((value) => (value - ma) ** 2)) * mean(b.map((value) => (value - mb) ** 2)));
}

describe('shadow scores', () => {
  beforeAll(async () => {
    data = await openDataFolder(folder);
  });
  afterAll(() => data.close());

  it('are stored once each, however often a replay writes them', async () => {
    for (let time = 0; time < 3; time++) data.store.shadow('shop', scores);
    await data.store.flush();
    data.store.shadow('shop', scores.slice(0, 40));
    await data.store.flush();
    const [{ n, distinct }] = await data.store.rows<{ n: number; distinct: number }>(
      'SELECT count() AS n, uniqExact(tenant, detector, entity_kind, entity_id, start, champion, challenger) AS distinct FROM shadow_scores',
    );
    expect([n, distinct]).toEqual([300, 300]);
  });

  it('compare as plain code compares them', async () => {
    const found = await compareChampions(data.store, {});
    expect(found.map(({ champion, challenger, detector }) => [champion, challenger, detector])).toEqual([
      ['1', '2', 'forest_account'],
      ['1', '2', 'forest_interface'],
    ]);
    for (const row of found) {
      const own = scores.filter(({ detector }) => detector === row.detector);
      const both = own.filter(({ championEvidence, challengerEvidence }) => championEvidence > 0 && challengerEvidence > 0);
      expect(row).toMatchObject({ windows: own.length, both: both.length });
      expect(row.agreement.map(({ at }) => at)).toEqual([...AGREEMENT_AT]);
      for (const { at, ...counts } of row.agreement) {
        const count = (champion: boolean, challenger: boolean): number =>
          own.filter((one) => one.championEvidence >= at === champion && one.challengerEvidence >= at === challenger).length;
        expect(counts).toEqual({
          both: count(true, true),
          champion: count(true, false),
          challenger: count(false, true),
          neither: count(false, false),
        });
      }
      const correlation = spearman(
        both.map(({ championEvidence }) => championEvidence),
        both.map(({ challengerEvidence }) => challengerEvidence),
      );
      expect(row.rank_correlation).toBeCloseTo(correlation, 9);
    }
    expect(found.every(({ rank_correlation }) => (rank_correlation ?? 0) > 0.3)).toBe(true);
  });

  it('are filtered by tenant and by when their windows begin', async () => {
    const windows = async (filter: Parameters<typeof compareChampions>[1]): Promise<number> =>
      (await compareChampions(data.store, filter)).reduce((sum, row) => sum + row.windows, 0);
    expect(await windows({ tenant: 'other' })).toBe(0);
    expect(await windows({ tenant: 'shop', since: START + HOUR, until: START + 3 * HOUR })).toBe(120);
  });

  it('differ most where it is said, with the alerts and marks on that window', async () => {
    data.store.alerts([alertOf(1, { window: { start: '2026-04-01T09:00:00.000Z', end: '2026-04-01T11:00:00.000Z', size: '6h' } })]);
    data.store.alerts([alertOf(2, { window: { start: '2026-04-01T11:00:00.000Z', end: '2026-04-01T12:00:00.000Z', size: '1h' } })]);
    data.store.feedback([{ tenant: 'shop', incident_id: idOf(1001), mark: 'attack', until: null, author: '', note: '', version: 1 }]);
    await data.store.flush();
    const [first, ...rest] = await strongestDisagreements(data.store, {}, 5);
    expect(first).toMatchObject({
      tenant: 'shop',
      entity: { kind: 'account', id: 'u7' },
      start: '2026-04-01T10:00:00.000Z',
      alerts: [idOf(1)],
      marks: ['attack'],
    });
    expect(rest).toHaveLength(4);
    const difference = (one: { champion_evidence: number; challenger_evidence: number }): number =>
      Math.abs(one.champion_evidence - one.challenger_evidence);
    expect(rest.map(difference)).toEqual(rest.map(difference).sort((a, b) => b - a));
  });

  it('say nothing of correlation where there is none to speak of', async () => {
    const few = scores.slice(1, 3).map((score) => ({ ...score, detector: 'few' }));
    const alike = scores.slice(1, 9).map((score) => ({ ...score, detector: 'alike', championEvidence: 5 }));
    data.store.shadow('small', [...few, ...alike]);
    await data.store.flush();
    expect((await compareChampions(data.store, { tenant: 'small' })).map(({ rank_correlation }) => rank_correlation)).toEqual([null, null]);
  });
});

describe('a mark while no run is on', () => {
  it('leaves what the last run said of itself, and the last mark of an incident holds', async () => {
    const at = join(folder, 'marks');
    const run = await openDataFolder(at);
    await run.close(false);
    const runs = async (open: DataFolder): Promise<unknown[]> => open.store.rows('SELECT number, closed_at FROM runs');
    const row = { tenant: 'shop', incident_id: idOf(1), until: null, author: 'a', note: '' } as const;
    for (const [mark, version] of [
      ['benign', 1],
      ['attack', 2],
      ['benign', 1],
    ] as const) {
      const marking = await openDataFolder(at, { marksOnly: true });
      marking.store.feedback([{ ...row, mark, version }]);
      await marking.close();
    }
    const reading = await openDataFolder(at, { marksOnly: true });
    expect(await runs(reading)).toEqual([{ number: 1, closed_at: null }]);
    expect(await reading.store.rows('SELECT mark FROM feedback')).toEqual([{ mark: 'attack' }]);
    await reading.close();
  });
});
