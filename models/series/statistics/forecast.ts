import type { Row, Statistic } from '../row.ts';

/** What the fit keeps of itself each row: it remembers about a thousand. */
const KEEP = 0.999;
/** Uncertainty of a coefficient before anything is known, and most of the mean uncertainty later, in spreads squared. */
const UNKNOWN = 100;
const MOST_UNKNOWN = 1e4;
/** An error teaches as one of so many spreads at most, and a value counts as one of so many: a spike is no habit. */
const MOST_ERROR = 4;
const MOST_VALUE = 10;

/**
 * The value against what some before it let expect: a linear forecast whose coefficients follow the series (recursive
 * least squares with forgetting). Sees a value that breaks the rhythm or the inertia of the series, whatever its size.
 * Blind to slow change, which it follows. Haykin, Adaptive Filter Theory, chapter on the RLS algorithm.
 */
export class Forecast implements Statistic {
  readonly name: string;
  readonly reach: number;
  private readonly lags: readonly number[];
  private readonly size: number;
  private readonly coefficients: Float64Array;
  private readonly covariance: Float64Array;
  private readonly inputs: Float64Array;
  private readonly gain: Float64Array;
  private seen = 0;
  private mean = 0;
  private scatter = 0;
  private spread = 0;
  private forecast = 0;
  private error = 0;
  private judged = false;

  /** @param lags values that it reads: 1 is the one before */
  constructor(lags: readonly number[]) {
    this.lags = lags;
    this.reach = Math.max(...lags);
    this.name = `forecast_${this.reach}`;
    this.size = lags.length + 1;
    this.coefficients = new Float64Array(this.size);
    this.covariance = new Float64Array(this.size * this.size);
    for (let i = 0; i < this.size; i++) this.covariance[i * this.size + i] = UNKNOWN;
    this.inputs = new Float64Array(this.size);
    this.gain = new Float64Array(this.size);
  }

  look({ value, past }: Row): number {
    this.spread = this.seen > 0 ? Math.sqrt(this.scatter / this.seen) : 0;
    this.judged = past.size >= this.reach && this.spread > 0;
    if (!this.judged) return Number.NaN;
    const { lags, inputs } = this;
    for (let i = 0; i < lags.length; i++) inputs[i] = bounded((past.at(lags[i]) - this.mean) / this.spread, MOST_VALUE);
    inputs[lags.length] = 1;
    let forecast = 0;
    for (let i = 0; i < this.size; i++) forecast += this.coefficients[i] * inputs[i];
    this.forecast = this.mean + forecast * this.spread;
    this.error = (value - this.forecast) / this.spread;
    return value - this.forecast;
  }

  valueAt(deviation: number): number {
    return this.judged ? this.forecast + deviation : Number.NaN;
  }

  learn({ value }: Row): void {
    if (this.judged) this.fit();
    this.seen++;
    const off = value - this.mean;
    this.mean += off / this.seen;
    this.scatter += off * (value - this.mean);
  }

  private fit(): void {
    const { size, covariance, inputs, gain } = this;
    let scale = KEEP;
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += covariance[i * size + j] * inputs[j];
      gain[i] = sum;
      scale += inputs[i] * sum;
    }
    const error = bounded(this.error, MOST_ERROR);
    let trace = 0;
    for (let i = 0; i < size; i++) {
      this.coefficients[i] += (gain[i] / scale) * error;
      for (let j = 0; j < size; j++) covariance[i * size + j] = (covariance[i * size + j] - (gain[i] * gain[j]) / scale) / KEEP;
      trace += covariance[i * size + i];
    }
    // where the values do not vary, forgetting would let the uncertainty grow without end
    if (trace > MOST_UNKNOWN * size) for (let i = 0; i < covariance.length; i++) covariance[i] *= (MOST_UNKNOWN * size) / trace;
  }
}

function bounded(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}
