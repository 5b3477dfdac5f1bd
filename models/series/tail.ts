/** Width of a bin of the histogram, in natural logarithms: values are kept to about 4 %. */
const STEP = 0.08;
/** Bins; the range is exp(BINS * STEP), 17 decades. */
const BINS = 512;
/** Weights are scaled down when the newest exceeds this. */
const MOST_WEIGHT = 1e12;
/** The tail is fitted anew after so many values. */
const REFIT = 8;

/** What is assumed of a tail. */
export interface TailOptions {
  /** share of the values that the tail is fitted to, 0..1 */
  readonly share: number;
  /** at least so many values */
  readonly least: number;
  /** shape of the generalised Pareto tail beyond them; larger is heavier */
  readonly shape: number;
  /** values after which a value weighs half */
  readonly halfLife: number;
}

/**
 * How rare a deviation is against all deviations before it: -ln of the chance of one at least as large. Within the data
 * that is the empirical share; beyond them a generalised Pareto tail continues it, ln(1 + shape * e) / shape for an excess
 * of e mean excesses, so that an unheard-of value is rarer than a record by a hair. Values are kept in a histogram of
 * constant relative width, so the state is bounded and no unit is assumed. Older values weigh less.
 */
export class Tail {
  private readonly options: TailOptions;
  private readonly bins = new Float64Array(BINS);
  /** bin index of the smallest value that can be told from 0 */
  private base = Number.NaN;
  private zeros = 0;
  private total = 0;
  private weight = 1;
  private readonly growth: number;
  private fresh = 0;
  /** fitted: where the tail begins, its scale, the share of the values beyond */
  private start = 0;
  private scale = 0;
  private beyond = 1;
  private top = -1;

  constructor(options: TailOptions) {
    this.options = options;
    this.growth = 2 ** (1 / options.halfLife);
  }

  /** Values learned, each by what it weighs today. */
  get size(): number {
    return this.total / this.weight;
  }

  /** -ln of the chance of a deviation at least as large; 0 for no deviation. Grows with `deviation`. */
  surprise(deviation: number): number {
    if (!(deviation > 0) || this.total === 0) return 0;
    if (this.fresh === 0) this.fit();
    let above = 0;
    const at = Math.max(0, this.binOf(deviation));
    for (let bin = this.top; bin >= at; bin--) above += this.bins[bin];
    // the whole bin counts: of values that come again and again all lie at one place of theirs
    const counted = -Math.log((above + this.weight) / (this.total + this.weight));
    if (!(this.scale > 0) || deviation <= this.start) return counted;
    const { shape } = this.options;
    const fitted = Math.log1p((shape * (deviation - this.start)) / this.scale) / shape - Math.log(this.beyond);
    return above > 0 ? Math.min(fitted, counted) : fitted;
  }

  /** Smallest deviation whose surprise is at least so many nats; NaN before the first one. */
  quantile(surprise: number): number {
    if (this.total === 0) return Number.NaN;
    if (this.fresh === 0) this.fit();
    const { shape } = this.options;
    const wanted = Math.exp(-surprise) * (this.total + this.weight) - this.weight;
    let above = 0;
    let bin = this.top;
    while (bin >= 0 && above + this.bins[bin] <= wanted) above += this.bins[bin--];
    const counted = bin >= 0 ? Math.exp((bin + 1 + this.base) * STEP) : 0;
    const over = surprise + Math.log(this.beyond);
    if (!(this.scale > 0) || over < 0) return counted;
    return Math.max(this.top < 0 || wanted < 0 ? 0 : counted, this.start + (this.scale * Math.expm1(over * shape)) / shape);
  }

  /** Learns a deviation, 0 or larger. */
  learn(deviation: number): void {
    this.weight *= this.growth;
    if (this.weight > MOST_WEIGHT) this.rescale();
    this.total += this.weight;
    const at = deviation > 0 ? this.binOf(deviation) : -1;
    if (at < 0) this.zeros += this.weight;
    else {
      this.bins[at] += this.weight;
      if (at > this.top) this.top = at;
    }
    this.fresh = (this.fresh + 1) % REFIT;
  }

  /** Bin of a deviation; the first one seen is put into the middle. */
  private binOf(deviation: number): number {
    const bin = Math.floor(Math.log(deviation) / STEP);
    if (Number.isNaN(this.base)) this.base = bin - (BINS >> 1);
    return Math.min(BINS - 1, bin - this.base);
  }

  private rescale(): void {
    for (let bin = 0; bin < BINS; bin++) this.bins[bin] /= this.weight;
    this.zeros /= this.weight;
    this.total /= this.weight;
    this.weight = 1;
  }

  /** Finds where the tail begins and its mean excess. */
  private fit(): void {
    const { share, least, shape } = this.options;
    const wanted = Math.max(least * this.weight, share * this.total);
    let above = 0;
    let bin = this.top;
    while (bin >= 0 && above < wanted) above += this.bins[bin--];
    // with too few deviations the tail is all of them, from 0 on
    this.start = above >= wanted ? Math.exp((bin + 1 + this.base) * STEP) : 0;
    let excess = 0;
    for (let over = bin + 1; over <= this.top; over++) excess += this.bins[over] * (Math.exp((over + 0.5 + this.base) * STEP) - this.start);
    this.scale = above > 0 ? (excess / (above + this.weight)) * (1 - Math.min(0.9, shape)) : 0;
    this.beyond = (above + this.weight) / (this.total + this.weight);
  }
}
