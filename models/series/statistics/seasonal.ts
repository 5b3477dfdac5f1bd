import type { Row, Statistic } from '../row.ts';

/** Visits of a slot that its mean and spread remember. */
const REMEMBERED = 8;
/** Visits that the spread of the whole series counts for in a slot's own: a slot seen twice knows no spread. */
const STRENGTH = 4;
/** A deviation teaches the spread as one of so many spreads at most. */
const CUT = 3;
/** What the spread of the whole series keeps of itself each row. */
const KEEP = 0.9995;
/** The spread of a slot is at least this share of the spread of all values: what repeats exactly is not judged by its rounding. */
const LEAST = 0.01;
/** A deviation counts as one of so many spreads at most. */
const MOST = 20;

/**
 * The value against those of the same time of day (or of week), in spreads of that time, shrunk towards the spread of the
 * whole series while the time has been seen little. Blind to what the season hides within its spread, and before the
 * second period.
 */
export class Seasonal implements Statistic {
  readonly name: string;
  readonly reach = 0;
  private readonly period: number;
  private readonly means: Float64Array;
  private readonly variances: Float64Array;
  private readonly visits: Float64Array;
  private squares = 0;
  private weight = 0;
  private seen = 0;
  private mean = 0;
  private scatter = 0;
  private slot = 0;
  private spread = 0;
  private deviation = Number.NaN;
  /** the last deviations, of which the mean is taken: a ring */
  private readonly last: Float64Array;
  private held = 0;

  /**
   * @param name of the season
   * @param period ms
   * @param slots parts of the period
   * @param span rows, this one included, whose deviations are averaged: a stretch that is a little too high all along is odd
   */
  constructor(name: string, period: number, slots: number, span = 1) {
    this.name = span === 1 ? name : `${name}_${span}`;
    this.last = new Float64Array(span - 1);
    this.period = period;
    this.means = new Float64Array(slots);
    this.variances = new Float64Array(slots);
    this.visits = new Float64Array(slots);
  }

  look({ time, value }: Row): number {
    const slots = this.means.length;
    this.slot = Math.min(slots - 1, Math.floor((mod(time, this.period) / this.period) * slots));
    const { slot } = this;
    const visits = this.visits[slot];
    const whole = this.weight > 0 ? this.squares / this.weight : 0;
    const variance = (this.variances[slot] + STRENGTH * whole) / (visits + STRENGTH);
    this.spread = Math.sqrt(variance + (LEAST ** 2 * this.scatter) / Math.max(1, this.seen));
    this.deviation = Number.NaN;
    if (visits === 0 || this.weight === 0 || this.spread === 0) return Number.NaN;
    this.deviation = Math.max(-MOST, Math.min(MOST, (value - this.means[slot]) / this.spread));
    if (this.last.length === 0) return this.deviation;
    if (this.held < this.last.length) return Number.NaN;
    let sum = this.deviation;
    for (const one of this.last) sum += one;
    return sum / (this.last.length + 1);
  }

  valueAt(deviation: number): number {
    return this.last.length === 0 ? this.means[this.slot] + deviation * this.spread : Number.NaN;
  }

  learn({ value }: Row): void {
    const { slot } = this;
    const visits = this.visits[slot];
    if (this.last.length > 0 && !Number.isNaN(this.deviation)) this.last[this.held++ % this.last.length] = this.deviation;
    const off = value - this.mean;
    this.seen++;
    this.mean += off / this.seen;
    this.scatter += off * (value - this.mean);
    if (visits === 0) this.means[slot] = value;
    else {
      const residual = value - this.means[slot];
      const most = visits > 2 ? CUT * this.spread : Number.POSITIVE_INFINITY;
      const square = Math.min(Math.abs(residual), most) ** 2;
      const known = Math.min(visits, REMEMBERED);
      this.variances[slot] = (this.variances[slot] + square) * (known / (known + 1));
      this.squares = this.squares * KEEP + square;
      this.weight = this.weight * KEEP + 1;
      this.means[slot] += residual / (known + 1);
    }
    this.visits[slot] = Math.min(visits, REMEMBERED) + 1;
  }
}

function mod(a: number, b: number): number {
  return ((a % b) + b) % b;
}
