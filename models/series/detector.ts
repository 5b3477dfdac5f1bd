import { Channel } from './channel.ts';
import { SERIES_SETTINGS, type SeriesSettings } from './settings.ts';

/** How sensitive a detector is: false alarms to be expected, on the average of ordinary series. */
export interface SeriesBudget {
  /** per 1,000 rows */
  readonly perThousand: number;
}

/** One reason of a judgement. */
export interface SeriesReason {
  /** index of the value in its row */
  readonly value: number;
  readonly statistic: string;
  /** 1 more than usual, -1 less */
  readonly direction: 1 | -1;
  /** -ln of the chance by the past of the series, nats */
  readonly surprise: number;
  /** part of the score; the contributions of a judgement add up to its score */
  readonly contribution: number;
}

/** What is said of a row. */
export interface SeriesJudgement {
  /** 0..1, higher is more anomalous */
  readonly score: number;
  /** whether this row begins an alarm */
  readonly alert: boolean;
  /** the score of this row if it could begin an alarm, 0 while an earlier alarm of this strength keeps quiet */
  readonly alarmScore: number;
  /** strongest first; none while nothing is known */
  readonly reasons: readonly SeriesReason[];
  /** of each value: from, to; undefined while unknown, or where the row has no value */
  readonly expected: readonly (readonly [number, number] | undefined)[];
}

/** Surprise, nats, whose score is 0.5. */
const HALF = 10;
const DAY = 24 * 60 * 60 * 1000;
/** Surprise of the ends of the expected range: one row in a hundred lies beyond each. */
const RANGE = Math.log(100);

/**
 * Finds odd rows in a series of one or more numbers, row by row: what it says of a row depends on that row and those before
 * it alone, and its state does not grow. Every statistic of every value is a tail chance against its own past; of each panel
 * of statistics the strongest and half of the second count, and the panels' mean makes the score. An alarm is followed by quiet, for what goes on is not news.
 * Bad at: slow drifts, oddities within the first 50 rows, a pattern that is broken without a value or spread that is odd.
 */
export class SeriesDetector {
  private readonly settings: SeriesSettings;
  private readonly channels: readonly Channel[];
  private readonly threshold: number;
  private readonly names: readonly string[];
  /** indexes of statistics */
  private readonly panels: readonly (readonly number[])[];
  /** what each statistic of each value gave to the surprise of the row looked at */
  private readonly parts: Float64Array;
  private rows = 0;
  private begun = 0;
  private lastAlarm = Number.NEGATIVE_INFINITY;
  private lastStrength = 0;

  /** @param values numbers in a row */
  constructor(values: number, budget: SeriesBudget = DEFAULT_BUDGET, settings: SeriesSettings = SERIES_SETTINGS) {
    this.settings = settings;
    this.names = Object.keys(settings.statistics);
    this.panels = settings.panels.map((panel) =>
      panel.map((name) => {
        const at = this.names.indexOf(name);
        if (at < 0) throw new RangeError(`a panel names the statistic ${name}; there are ${this.names.join(', ')}`);
        return at;
      }),
    );
    this.parts = new Float64Array(values * this.names.length);
    this.channels = Array.from({ length: values }, () => new Channel(settings));
    this.threshold = surpriseOf(budget, settings);
  }

  /** Judges the next row and learns it. A value that is missing is NaN. */
  next(time: number, values: readonly number[]): SeriesJudgement {
    if (this.rows === 0) this.begun = time;
    for (const [c, channel] of this.channels.entries()) if (!Number.isNaN(values[c])) channel.look(time, values[c]);
    const strength = this.weigh(values) * (time - this.begun < DAY ? this.settings.firstDay : 1);
    const score = scoreOf(strength);
    const reasons = this.reasons(score);
    const expected = values.map((value, c) => (Number.isNaN(value) ? undefined : this.expected(c)));
    const open = this.open(strength);
    const alert = open && strength >= this.threshold;
    for (const [c, channel] of this.channels.entries()) if (!Number.isNaN(values[c])) channel.learn();
    if (alert) {
      this.lastAlarm = this.rows;
      this.lastStrength = strength;
    }
    this.rows++;
    return { score, alert, alarmScore: open ? score : 0, reasons, expected };
  }

  /** Surprise of the row looked at, nats: the mean of the panels; `parts` then holds what each statistic of each value gave to it. */
  private weigh(values: readonly number[]): number {
    const { parts, panels } = this;
    const length = this.names.length;
    parts.fill(0);
    let sum = 0;
    for (const panel of panels) {
      let first = 0;
      let second = 0;
      let firstAt = -1;
      let secondAt = -1;
      for (let c = 0; c < this.channels.length; c++) {
        if (Number.isNaN(values[c])) continue;
        for (const i of panel) {
          const surprise = this.channels[c].surprise(i);
          if (surprise > first) {
            second = first;
            secondAt = firstAt;
            first = surprise;
            firstAt = c * length + i;
          } else if (surprise > second) {
            second = surprise;
            secondAt = c * length + i;
          }
        }
      }
      if (firstAt >= 0) parts[firstAt] += first / panels.length;
      if (secondAt >= 0) parts[secondAt] += (this.settings.second * second) / panels.length;
      sum += (first + this.settings.second * second) / panels.length;
    }
    return sum;
  }

  /** Who made the score, the strongest first. */
  private reasons(score: number): SeriesReason[] {
    const length = this.names.length;
    let sum = 0;
    for (const part of this.parts) sum += part;
    const reasons: SeriesReason[] = [];
    for (let at = 0; at < this.parts.length; at++) {
      if (this.parts[at] === 0) continue;
      const value = Math.floor(at / length);
      reasons.push({ value, ...this.channels[value].finding(at % length), contribution: (score * this.parts[at]) / sum });
    }
    return reasons.sort((a, b) => b.contribution - a.contribution);
  }

  /** Whether a row of this strength may begin an alarm. */
  private open(strength: number): boolean {
    const { quietShare, quietLeast, quietMost, escalation } = this.settings;
    const quiet = Math.min(quietMost, Math.max(quietLeast, quietShare * this.rows));
    return this.rows - this.lastAlarm > quiet || strength >= this.lastStrength + escalation;
  }

  /** Range of a value by the first statistic that knows one. */
  private expected(channel: number): readonly [number, number] | undefined {
    for (let i = 0; i < this.names.length; i++) {
      const range = this.channels[channel].expected(i, RANGE);
      if (range !== undefined) return range;
    }
    return undefined;
  }
}

/** The default: two false alarms in about 3,000 rows, ten days of five-minute values. */
export const DEFAULT_BUDGET: SeriesBudget = { perThousand: 0.7 };

/** Surprise above which the budget is kept on ordinary series. */
export function surpriseOf({ perThousand }: SeriesBudget, { usualSurprise, usualRate, decay }: SeriesSettings): number {
  return usualSurprise + decay * Math.log(usualRate / (perThousand / 1000));
}

/** Score of a surprise: 0 for none, 0.5 at ten nats, towards 1. */
export function scoreOf(surprise: number): number {
  return surprise / (surprise + HALF);
}
