import type { Statistic } from './row.ts';
import { Forecast } from './statistics/forecast.ts';
import { Level } from './statistics/level.ts';
import { Rarity } from './statistics/rarity.ts';
import { Seasonal } from './statistics/seasonal.ts';
import { Shift } from './statistics/shift.ts';
import { Volatility } from './statistics/volatility.ts';
import type { TailOptions } from './tail.ts';

const DAY = 24 * 60 * 60 * 1000;

/** A statistic and the directions in which it may be odd. */
export interface StatisticSetting {
  readonly make: () => Statistic;
  readonly directions: readonly (1 | -1)[];
}

/** Everything that was chosen for plain series: one set, for every series. */
export interface SeriesSettings {
  /** by their names */
  readonly statistics: Readonly<Record<string, StatisticSetting>>;
  /**
   * Names of statistics that judge together: the strongest of a panel and a part of the second. The judgement is the mean
   * of the panels, which differ in their spans, seasons and forecasts: what one of them alone finds odd counts less.
   */
  readonly panels: readonly (readonly string[])[];
  readonly tail: TailOptions;
  /** what the second strongest statistic of a panel adds, of its surprise */
  readonly second: number;
  /** rows that only teach */
  readonly warmUp: number;
  /** share of the surprise that counts within the first day of a series, when nobody knows what its nights and days are like */
  readonly firstDay: number;
  /** after an alarm as much of the series so far stays quiet */
  readonly quietShare: number;
  /** but at least, and at most, so many rows */
  readonly quietLeast: number;
  readonly quietMost: number;
  /** nats by which a row in the quiet period must exceed the alarm to be one of its own */
  readonly escalation: number;
  /** surprise in nats at which an ordinary series gives `usualRate` alarms a row; `decay` nats more divide them by e */
  readonly usualSurprise: number;
  readonly usualRate: number;
  readonly decay: number;
}

const both = [1, -1] as const;

/** The settings in use. */
export const SERIES_SETTINGS: SeriesSettings = {
  statistics: {
    forecast_3: { make: () => new Forecast([1, 2, 3]), directions: both },
    forecast_24: { make: () => new Forecast([1, 2, 3, 6, 12, 24]), directions: both },
    jump_96: { make: () => new Shift(1, 96), directions: both },
    level_48: { make: () => new Level(48), directions: both },
    level_96: { make: () => new Level(96), directions: both },
    shift_6: { make: () => new Shift(6, 96), directions: both },
    shift_12: { make: () => new Shift(12, 192), directions: both },
    volatility_96: { make: () => new Volatility(96), directions: both },
    volatility_192: { make: () => new Volatility(192), directions: both },
    time_of_day_24: { make: () => new Seasonal('time_of_day', DAY, 96, 24), directions: both },
    time_of_week_24: { make: () => new Seasonal('time_of_week', 7 * DAY, 168, 24), directions: both },
    time_of_week_48: { make: () => new Seasonal('time_of_week', 7 * DAY, 168, 48), directions: both },
    rare_value: { make: () => new Rarity(), directions: [1] },
  },
  panels: [
    ['forecast_3', 'level_48', 'shift_6', 'volatility_96', 'time_of_week_24', 'rare_value'],
    ['forecast_3', 'level_48', 'shift_6', 'volatility_96', 'time_of_day_24', 'rare_value'],
    ['jump_96', 'level_48', 'shift_6', 'volatility_96', 'time_of_week_24', 'rare_value'],
    ['forecast_24', 'level_96', 'shift_12', 'volatility_192', 'time_of_week_48', 'rare_value'],
  ],
  tail: { share: 0.03, least: 20, shape: 0.2, halfLife: 20_000 },
  second: 0.5,
  warmUp: 50,
  firstDay: 0.7,
  quietShare: 0.03,
  quietLeast: 20,
  quietMost: 720,
  escalation: 5,
  usualSurprise: 10,
  usualRate: 0.000_75,
  decay: 1.75,
};
