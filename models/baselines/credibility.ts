import type { BaselineScope } from '../../schemas/alert.ts';

/** What is expected of a count: parameters of a negative binomial law, and what stands behind them. */
export interface Expectation {
  mean: number;
  dispersion: number;
  scope: BaselineScope;
  /** evidence behind the mean, in windows of its own kind */
  size: number;
}

/** The least dispersion that is believed: nobody's days are Poisson. */
export const LEAST_DISPERSION = 0.03;
/** Own windows in which the population's scale fades by half. */
const YOUTH = 3;
/** Own windows that weigh as much as the population's idea of the dispersion. */
const DISPERSION_STRENGTH = 8;

/** Weight of the mean of `n` own windows beside a prior mean > 0, 0..1. */
export function credibleWeight(own: number, n: number, prior: number, within: number, between: number): number {
  // the variance within is taken at the level that the two means suggest, else a heavy user would look all too certain
  const level = Math.sqrt(prior * Math.max(own, prior));
  const k = (1 / level + within) / between;
  return n / (n + k);
}

/**
 * Credibility (Bühlmann 1967): the mean of `n` own windows is believed with weight Z = n / (n + K), where K is the
 * variance within an account over the variance between accounts; the rest of the weight is the prior's mean. What is
 * not yet known about the mean widens the predictive law: a key without a past is judged as any member of its group, and
 * a past of zeros proves little.
 */
export function credible(
  sum: number,
  squares: number,
  n: number,
  priorMean: number,
  within: number,
  between: number,
  priorSize: number,
  out: Expectation,
): Expectation {
  const prior = Math.max(priorMean, 1e-6);
  const own = n > 0 ? sum / n : 0;
  const z = credibleWeight(own, n, prior, within, between);
  const mean = z * own + (1 - z) * prior;
  let dispersion = within;
  if (n > 1 && own > 0) {
    const variance = Math.max(0, squares / n - own * own) * (n / (n - 1));
    const seen = Math.max(0, (variance - own) / (own * own));
    dispersion = ((n - 1) * seen + DISPERSION_STRENGTH * within) / (n - 1 + DISPERSION_STRENGTH);
  }
  // what is known of the mean's logarithm: the prior's, and what n windows of this mean tell (a Gamma's relative variance)
  const unknown = 1 / (1 / between + (n * mean) / (1 + within * mean));
  out.mean = mean;
  // one quiet day does not show what a day can be: the population's scale (mean x dispersion) fades over some windows
  const scale = prior * between * 0.5 ** (n / YOUTH);
  out.dispersion = Math.max(Math.max(LEAST_DISPERSION, dispersion) + unknown, scale / mean);
  out.scope = z >= 0.5 ? 'own' : priorSize > 0 ? 'peers' : 'prior';
  out.size = z >= 0.5 ? n : priorSize;
  return out;
}
