import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../models/candidate.ts';
import type { View } from '../../models/windows.ts';
import { FiredFlags } from '../../services/scoring/fired.ts';
import { MONDAY, poisson, seeded, WindowFeed } from '../support/synthetic-windows.ts';

const HOUR = 3_600_000;

/** Nine days of a few keys, some hours with three looks before their close; one key does much at the end. */
function run(view: View, looks: boolean): { feed: WindowFeed; early: Candidate[] } {
  const feed = new WindowFeed(view);
  const random = seeded(7);
  const early: Candidate[] = [];
  for (let hour = 0; hour < 9 * 24; hour++) {
    const start = MONDAY + hour * HOUR;
    for (let key = 0; key < 6; key++) {
      const much = key === 0 && hour >= 8 * 24 + 10;
      if (!much && random() < 0.5) continue;
      const amount = 1 + poisson(random, much ? 300 : 6);
      const features = {
        requests: amount,
        ...(view === 'account' ? { objects: amount, new_objects: much ? amount : 1, interfaces: 2, devices: 1, active_minutes: 9 } : {}),
        ...(view === 'source' ? { error_paths: much ? amount : 0, missing: much ? amount : 0 } : {}),
        ...(view === 'target' ? { sends: much ? amount : 1, addresses: much ? amount : 1 } : {}),
      };
      const window = feed.window(`key-${key}`, start, features);
      if (looks) {
        for (const part of [0.2, 0.5, 0.9]) {
          const values = window.values.map((value) => Math.floor(value * part));
          feed.scoring.look({ ...window, end: start + part * HOUR, partial: true, values }, (candidate) => early.push(candidate));
        }
      }
      feed.scoring.closeHour(window, (candidate) => feed.candidates.push(candidate));
    }
    feed.end(start);
  }
  return { feed, early };
}

describe.each<View>(['account', 'source', 'target'])('looks at the %s view', (view) => {
  const without = run(view, false);
  const looked = run(view, true);

  it('teach nothing: what closed hours tell of the population and of themselves is the same', () => {
    const told = ({ feed }: typeof looked) =>
      feed.reports.map(({ start, population, pane, interfaces }) => ({ start, population, pane, interfaces }));
    expect(told(looked)).toEqual(told(without));
    expect(without.feed.reports.length).toBeGreaterThan(100);
  });

  it('say what the close of their hour says again, under the same start', () => {
    expect(looked.early.length).toBeGreaterThan(0);
    const first = looked.early[0];
    const closed = looked.feed.candidates.find(
      ({ detector, end }) => detector === first.detector && Math.ceil(first.end / HOUR) * HOUR === end,
    );
    expect(closed?.start).toBe(first.start);
  });

  it('count each key once a day in what thresholds rest on', () => {
    const sum = ({ feed }: typeof looked, name: string): number =>
      feed.reports.reduce((all, { histograms }) => all + (histograms[name] ?? []).reduce((a, b) => a + b, 0), 0);
    for (const { detector } of looked.early) expect(sum(looked, detector)).toBe(sum(without, detector));
  });
});

describe('a condition told of while its hour runs', () => {
  const take = (flags: FiredFlags, evidence: number, hour: number, early: boolean): number | undefined =>
    flags.take(1, 0, '1h', 5, evidence, hour * HOUR, hour * HOUR, (hour + (early ? 0.5 : 1)) * HOUR, early);

  it('is told again at its close, once, and then only when it grows', () => {
    const flags = new FiredFlags();
    expect(take(flags, 8, 3, true)).toBe(3 * HOUR);
    expect(take(flags, 8.1, 3, true)).toBeUndefined();
    expect(take(flags, 9, 3, true)).toBe(3 * HOUR);
    expect(take(flags, 7, 3, false)).toBe(3 * HOUR);
    expect(take(flags, 7, 4, true)).toBeUndefined();
    expect(take(flags, 9, 4, false)).toBeUndefined();
    expect(take(flags, 10, 5, false)).toBe(5 * HOUR);
  });

  it('that the close does not see ends as any other', () => {
    const flags = new FiredFlags();
    expect(take(flags, 8, 3, true)).toBe(3 * HOUR);
    expect(take(flags, 1, 3, false)).toBeUndefined();
    expect(take(flags, 6, 4, false)).toBe(4 * HOUR);
  });
});
