/**
 * Special functions in log space, for tails far beyond where a double can hold the probability itself.
 * Sources: Lanczos approximation with g = 7, n = 9 (Godfrey); continued fraction of the incomplete beta function by the
 * modified Lentz method (Numerical Recipes, 3rd ed., 6.4); asymptotic series of the normal tail (Abramowitz, Stegun 26.2.12).
 */

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const HALF_LOG_TWO_PI = 0.9189385332046727;
const TINY = 1e-300;
const MAX_STEPS = 4000;
const PRECISION = 1e-15;

/** ln Γ(x), x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  if (x > 30) return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + stirling(x);
  const z = x - 1;
  let sum = LANCZOS[0];
  for (let i = 1; i < 9; i++) sum += LANCZOS[i] / (z + i);
  const t = z + 7.5;
  return HALF_LOG_TWO_PI + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Correction of Stirling's formula, x > 30. */
function stirling(x: number): number {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x;
}

/** ln B(a, b), a, b > 0; keeps its digits when one of them is very large. */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large <= 30) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const sum = small + large;
  const ratio = (large - 0.5) * -Math.log1p(small / large) - small * Math.log(sum) + small + stirling(large) - stirling(sum);
  return logGamma(small) + ratio;
}

/** Continued fraction of the incomplete beta function; converges fast for x < (a + 1) / (a + b + 2). */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  if (Math.abs(d) < TINY) d = TINY;
  d = 1 / d;
  let h = d;
  for (let m = 1; m <= MAX_STEPS; m++) {
    const m2 = 2 * m;
    let term = (m * (b - m) * x) / ((a + m2 - 1) * (a + m2));
    d = 1 + term * d;
    if (Math.abs(d) < TINY) d = TINY;
    c = 1 + term / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    h *= d * c;
    term = (-(a + m) * (a + b + m) * x) / ((a + m2) * (a + m2 + 1));
    d = 1 + term * d;
    if (Math.abs(d) < TINY) d = TINY;
    c = 1 + term / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < PRECISION) break;
  }
  return h;
}

/** ln I_x(a, b), the regularised incomplete beta function; `y` is 1 − x, given apart so that neither loses its digits. */
export function logIncompleteBeta(a: number, b: number, x: number, y: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (y <= 0) return 0;
  const front = a * Math.log(x) + b * Math.log(y) - logBeta(a, b);
  if (x < (a + 1) / (a + b + 2)) return Math.min(0, front + Math.log(betaFraction(a, b, x) / a));
  return log1mExp(Math.min(0, front + Math.log(betaFraction(b, a, y) / b)));
}

/** ln(1 − e^v), v <= 0. */
export function log1mExp(v: number): number {
  return v > -Math.LN2 ? Math.log(-Math.expm1(v)) : Math.log1p(-Math.exp(v));
}

/** ln of the upper tail of the standard normal, any z; exact to about 1e-7 relative. */
export function logNormalTail(z: number): number {
  if (z < 0) return Math.log1p(-Math.exp(logNormalTail(-z)));
  if (z < 5) return Math.log(erfcx(z / Math.SQRT2) / 2) - (z * z) / 2;
  // continued fraction of Mills' ratio, from the inside out
  let fraction = z;
  for (let k = 40; k >= 1; k--) fraction = z + k / fraction;
  return -(z * z) / 2 - HALF_LOG_TWO_PI - Math.log(fraction);
}

/** e^(x²) erfc(x), x >= 0: Chebyshev fit of Numerical Recipes, 3rd ed., 6.2.2. */
function erfcx(x: number): number {
  const t = 2 / (2 + x);
  const ty = 4 * t - 2;
  let d = 0;
  let dd = 0;
  for (let j = ERFC.length - 1; j > 0; j--) {
    const next = ty * d - dd + ERFC[j];
    dd = d;
    d = next;
  }
  return t * Math.exp(0.5 * (ERFC[0] + ty * d) - dd);
}

const ERFC = [
  -1.3026537197817094, 6.4196979235649026e-1, 1.9476473204185836e-2, -9.561514786808631e-3, -9.46595344482036e-4, 3.66839497852761e-4,
  4.2523324806907e-5, -2.0278578112534e-5, -1.624290004647e-6, 1.30365583558e-6, 1.5626441722e-8, -8.5238095915e-8, 6.529054439e-9,
  5.059343495e-9, -9.91364156e-10, -2.27365122e-10, 9.6467911e-11, 2.394038e-12, -6.886027e-12, 8.94487e-13, 3.13092e-13, -1.12708e-13,
  3.81e-16, 7.106e-15,
];

/**
 * Regularised lower incomplete gamma function P(a, x): the probability that a gamma variable of shape `a` > 0 is at most
 * `x` >= 0. Series below a + 1, continued fraction above (Numerical Recipes, 3rd ed., 6.2).
 */
export function gammaShare(a: number, x: number): number {
  if (x <= 0) return 0;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n <= MAX_STEPS && term > sum * PRECISION; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return sum * scale;
  }
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n <= MAX_STEPS; n++) {
    const factor = n * (a - n);
    b += 2;
    d = factor * d + b;
    if (Math.abs(d) < TINY) d = TINY;
    c = b + factor / c;
    if (Math.abs(c) < TINY) c = TINY;
    d = 1 / d;
    h *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return 1 - scale * h;
}
