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
  /** strongest first; at most two, none while nothing is known */
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
 * it alone, and its state does not grow. Every statistic of every value is a tail chance against its own past; the
 * strongest, and half of the second, make the score. An alarm is followed by quiet, for what goes on is not news.
 * Bad at: slow drifts, oddities within the first 20 rows, a pattern that is broken without a value or spread that is odd.
 */
export class SeriesDetector {
  private readonly settings: SeriesSettings;
  private readonly channels: readonly Channel[];
  private readonly threshold: number;
  private rows = 0;
  private begun = 0;
  private lastAlarm = Number.NEGATIVE_INFINITY;
  private lastStrength = 0;

  /** @param values numbers in a row */
  constructor(values: number, budget: SeriesBudget = DEFAULT_BUDGET, settings: SeriesSettings = SERIES_SETTINGS) {
    this.settings = settings;
    this.channels = Array.from({ length: values }, () => new Channel(settings));
    this.threshold = surpriseOf(budget, settings);
  }

  /** Judges the next row and learns it. A value that is missing is NaN. */
  next(time: number, values: readonly number[]): SeriesJudgement {
    let first = 0;
    let second = 0;
    let firstAt = -1;
    let secondAt = -1;
    const { length } = this.settings.statistics;
    for (const [c, channel] of this.channels.entries()) {
      if (Number.isNaN(values[c])) continue;
      channel.look(time, values[c]);
      for (let i = 0; i < length; i++) {
        const surprise = channel.surprise(i);
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
    if (this.rows === 0) this.begun = time;
    const known = time - this.begun < DAY ? this.settings.firstDay : 1;
    const strength = known * (first + this.settings.second * second);
    const score = scoreOf(strength);
    const reasons: SeriesReason[] = [];
    for (const [at, part] of [
      [firstAt, known * first],
      [secondAt, known * this.settings.second * second],
    ]) {
      if (at < 0) continue;
      const value = Math.floor(at / length);
      const finding = this.channels[value].finding(at % length);
      reasons.push({ value, ...finding, contribution: (score * part) / strength });
    }
    const expected = values.map((value, c) => (Number.isNaN(value) ? undefined : this.expected(c, firstAt)));
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

  /** Whether a row of this strength may begin an alarm. */
  private open(strength: number): boolean {
    const { quietShare, quietLeast, quietMost, escalation } = this.settings;
    const quiet = Math.min(quietMost, Math.max(quietLeast, quietShare * this.rows));
    return this.rows - this.lastAlarm > quiet || strength >= this.lastStrength + escalation;
  }

  /** Range of a value by the statistic that leads, else by the first that knows one. */
  private expected(channel: number, lead: number): readonly [number, number] | undefined {
    const { length } = this.settings.statistics;
    const order = Math.floor(lead / length) === channel ? [lead % length] : [];
    for (let i = 0; i < length; i++) order.push(i);
    for (const i of order) {
      const range = this.channels[channel].expected(i, RANGE);
      if (range !== undefined) return range;
    }
    return undefined;
  }
}

/** The default: about one false alarm in 1,000 rows, three days and a half of five-minute values. */
export const DEFAULT_BUDGET: SeriesBudget = { perThousand: 0.9 };

/** Surprise above which the budget is kept on ordinary series. */
export function surpriseOf({ perThousand }: SeriesBudget, { usualSurprise, usualRate, decay }: SeriesSettings): number {
  return usualSurprise + decay * Math.log(usualRate / (perThousand / 1000));
}

/** Score of a surprise: 0 for none, 0.5 at ten nats, towards 1. */
export function scoreOf(surprise: number): number {
  return surprise / (surprise + HALF);
}
