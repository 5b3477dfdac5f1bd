import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { surprise, type Term } from '../evidence.ts';
import { LEAST_SURPRISE } from '../interface-terms.ts';
import { I } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { SHARE, sharePart, shareWhole } from '../shares.ts';
import type { ClosedWindow } from '../windows.ts';

/** A sensitive interface called from countries that its callers never came from, or an internal one from outside (scenario 15). */
export const foreignCallers: Detector<InterfaceBaselines> = {
  name: 'foreign_callers',
  view: 'interface',
  window: '6h',
  title: '{key} is called from abroad or from outside',
  features: ['new_country_requests', 'new_country_requests_6h', 'external', 'external_6h'],
  needs: ['country'],
  gate: 5,
  applies: (flags) => (flags & FLAG.flow) === 0 && (flags & (FLAG.sensitive | FLAG.export)) !== 0,
  terms(window, b) {
    if (b.activeHours < 24 || window.values[I.new_country_requests] + window.values[I.external] < 3) return undefined;
    const terms: Term[] = [];
    for (const size of ['1h', '6h'] as const) {
      byCallers(terms, window, b, size, 'new_country_requests', 'abroad', 1);
      byCallers(terms, window, b, size, 'external', 'outside', 0.6);
    }
    return terms.length > 0 ? terms : undefined;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};

/**
 * Requests come in runs of one caller, so what is weighed is how many callers there must at least be: the
 * requests over the busiest caller's. One traveller, or one export from home, is the account's business, several in a day
 * the interface's.
 */
function byCallers(
  terms: Term[],
  window: ClosedWindow,
  b: InterfaceBaselines,
  size: '1h' | '6h',
  name: 'new_country_requests' | 'external',
  group: string,
  weight: number,
): void {
  const index = SHARE[name];
  const value = sharePart(window, size, index);
  const each = Math.max(1, Math.min(window.values[I.top_caller], value));
  const whole = shareWhole(window, size, index);
  if (value <= 0 || whole < 2) return;
  const expected = b.share(index, size, whole);
  // correlation within the window such that it counts as whole / each requests
  const law = expected.law;
  const runs = (each - 1) / Math.max(1, whole - 1);
  const rho = Math.min(0.9, 1 / (law.a + law.b + 1) + runs);
  const p = law.a / (law.a + law.b);
  if (value <= p * whole) return;
  const s = 1 / rho - 1;
  const term: Term = {
    feature: size === '1h' ? name : `${name}_${size}`,
    value,
    law: { kind: 'share', trials: whole, a: s * p, b: s * (1 - p) },
    baseline: { scope: expected.scope, size: expected.size },
    group,
    weight: weight * b.trust,
  };
  if (surprise(term.law, value) >= LEAST_SURPRISE) terms.push(term);
}
