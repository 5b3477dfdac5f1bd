/** The intensity at which half of the campaigns are found. */
export interface Halfway {
  /** undefined: not within the intensities that were tried */
  at: number | undefined;
  /** two-sided 95 % interval; undefined: open to this side */
  low: number | undefined;
  high: number | undefined;
  /** recall at every intensity that was tried is above or below one half; undefined where it passes through */
  stays: 'above' | 'below' | undefined;
  /** of the law that was fitted: recall = 1 / (1 + (middle / intensity)^slope) */
  middle: number;
  slope: number;
}

/** Half the 95th percentile of chi-square with one degree of freedom. */
const DROP = 1.920729;
/** How far beyond the tried intensities the middle is looked for, a factor. */
const BEYOND = 32;
const MIDDLES = 401;
const SLOPES = Array.from({ length: 61 }, (_, i) => 0.1 * 200 ** (i / 60));

/**
 * Where recall falls to 50 % as campaigns grow weaker: a logistic law in the logarithm of the intensity, that does not fall
 * with it, by maximum likelihood; the interval by profile likelihood, which stays honest where all or none were found and
 * the usual one has no end. undefined with fewer than two intensities.
 */
export function halfway(campaigns: readonly { intensity: number; found: boolean }[]): Halfway | undefined {
  const levels = [...new Set(campaigns.map(({ intensity }) => intensity))]
    .filter((intensity) => intensity > 0)
    .sort((a, b) => a - b)
    .map((intensity) => {
      const of = campaigns.filter((campaign) => campaign.intensity === intensity);
      return { x: Math.log(intensity), hits: of.filter(({ found }) => found).length, of: of.length };
    });
  if (levels.length < 2) return undefined;
  const first = levels[0].x;
  const last = levels[levels.length - 1].x;
  const from = first - Math.log(BEYOND);
  const step = (last - first + 2 * Math.log(BEYOND)) / (MIDDLES - 1);
  const profile = Array.from({ length: MIDDLES }, (_, i) => {
    const middle = from + i * step;
    let best = { likelihood: Number.NEGATIVE_INFINITY, slope: 0 };
    for (const slope of SLOPES) {
      const likelihood = levels.reduce((sum, level) => sum + logLikelihood(level, middle, slope), 0);
      if (likelihood > best.likelihood) best = { likelihood, slope };
    }
    return { middle, ...best };
  });
  const top = profile.reduce((a, b) => (b.likelihood > a.likelihood ? b : a));
  // a plateau (no campaign in doubt) has its best anywhere: its middle stands for it
  const plateau = profile.filter(({ likelihood }) => top.likelihood - likelihood < 1e-9);
  const best = plateau[Math.floor(plateau.length / 2)];
  const likely = profile.filter(({ likelihood }) => top.likelihood - likelihood <= DROP);
  const low = likely[0] === profile[0] ? undefined : Math.exp(likely[0].middle);
  const high = likely[likely.length - 1] === profile[MIDDLES - 1] ? undefined : Math.exp(likely[likely.length - 1].middle);
  const stays = best.middle < first ? 'above' : best.middle > last ? 'below' : undefined;
  return {
    at: stays === undefined ? Math.exp(best.middle) : undefined,
    low,
    high,
    stays,
    middle: Math.exp(best.middle),
    slope: best.slope,
  };
}

function logLikelihood({ x, hits, of }: { x: number; hits: number; of: number }, middle: number, slope: number): number {
  const z = slope * (x - middle);
  const logFound = -softplus(-z);
  const logMissed = -softplus(z);
  return hits * logFound + (of - hits) * logMissed;
}

/** ln(1 + e^z) without overflow. */
function softplus(z: number): number {
  return z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z));
}
