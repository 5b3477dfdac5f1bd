import { FLAG } from '../../services/core/batch.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { Detector } from '../detector.ts';
import { surprise, type Term } from '../evidence.ts';
import { addShares, LEAST_SURPRISE, shareTerm } from '../interface-terms.ts';
import { I, interfaceValue } from '../levels.ts';
import { severityOf } from '../severity.ts';
import { strongest } from '../terms.ts';
import type { ClosedWindow } from '../windows.ts';

const LEAST_CALLERS = 8;
/** Age of the interface from which being young as such counts, ms: in a tenant's first days everyone is. */
const KNOWN_FOR = 4 * 86_400_000;

/** Windows of an hour, six and a day, in hours. */
const HOURS = { '1h': 1, '6h': 6, '1d': 24 } as const;
/** Growth of those who are not young that chance brings too. */
const CHANCE_GROWTH = 1.2;
/** Requests that are expected at least: a few at a quiet hour are no growth. */
const LEAST_USUAL = 5;

/**
 * An offer that is announced draws everyone: newcomers and sleepers too, who come for it alone. Of those whom it draws,
 * about this part is of a kind; by how far it differs from offer to offer, as part of itself.
 */
const DRAWN: Readonly<Record<string, number>> = {
  narrow_young_callers: 0.15,
  aimed_young_callers: 0.15,
  fresh_single_callers: 0.3,
  young_callers: 0.3,
};
const DRAWN_SPREAD = 0.6;

/** The part of a window's callers who were drawn by an offer, 0..1: growth of those who are not young, whom a fraud cohort does not bring. */
function drawnByOffer(window: ClosedWindow, b: InterfaceBaselines, size: keyof typeof HOURS): number {
  const callers = interfaceValue(window, size, I.callers);
  const known = callers > 0 ? 1 - interfaceValue(window, size, I.young_callers) / callers : 0;
  const usual = Math.max(b.requestsOf(window.calendar, HOURS[size]), LEAST_USUAL);
  const growth = (known * interfaceValue(window, size, I.requests)) / usual;
  return Math.max(0, 1 - CHANCE_GROWTH / growth);
}

/** A term of a share as it is where some of the callers were drawn by an offer; undefined: then it is nothing odd. */
function whereDrawn(term: Term, share: string, drawn: number): Term | undefined {
  if (drawn === 0 || term.law.kind !== 'share') return term;
  const { a, b, trials } = term.law;
  const usual = a / (a + b);
  const added = drawn * DRAWN[share];
  const p = Math.min(0.995, (1 - drawn) * usual + added);
  if (term.value <= p * trials) return undefined;
  const variance = (usual * (1 - usual)) / (a + b + 1) + (DRAWN_SPREAD * added) ** 2;
  const s = 1 / Math.min(0.5, variance / (p * (1 - p))) - 1;
  const law = { kind: 'share', trials, a: s * p, b: s * (1 - p) } as const;
  return surprise(law, term.value) < LEAST_SURPRISE ? undefined : { ...term, law };
}

/**
 * Coupons taken by small accounts in a crowd (scenario 8): young accounts that came for them or do little else, with shared
 * networks and devices, beyond those whom an announced offer brings with everyone else.
 */
export const fraudCohort: Detector<InterfaceBaselines> = {
  name: 'fraud_cohort',
  view: 'interface',
  window: '1d',
  title: 'A crowd of young accounts takes benefits at {key}',
  features: [
    'young_callers',
    'shared_prefixes',
    'shared_devices',
    'narrow_young_callers',
    'young_callers_6h',
    'narrow_young_callers_6h',
    'narrow_young_callers_1d',
    'aimed_young_callers',
    'aimed_young_callers_6h',
    'aimed_young_callers_1d',
    'fresh_single_callers',
    'fresh_single_callers_6h',
    'fresh_single_callers_1d',
    'young_callers_1d',
    'shared_prefixes_1d',
    'shared_devices_1d',
  ],
  needs: ['benefit', 'account'],
  gate: 3.5,
  looks: true,
  applies: (flags) => (flags & FLAG.benefit) !== 0,
  terms(window, b) {
    if (b.activeHours < 12) return undefined;
    const terms: Term[] = [];
    for (const size of ['1h', '6h', '1d'] as const) {
      if (interfaceValue(window, size, I.callers) < LEAST_CALLERS) continue;
      const found: Term[] = [];
      const kinds = (group: string, weight: number, ...shares: string[]): void => {
        for (const share of shares) {
          const term = shareTerm(window, b, size, share, group, weight);
          if (term !== undefined) found.push(term);
        }
      };
      kinds('young', 1, 'aimed_young_callers', 'narrow_young_callers');
      if (window.start - window.firstSeen >= KNOWN_FOR) kinds('young', 1, 'young_callers');
      // straight to it and nothing else come those whom an offer draws too
      kinds('plan', 0.5, 'fresh_single_callers');
      if (found.length === 0) continue;
      const drawn = drawnByOffer(window, b, size);
      for (const term of found) {
        const left = whereDrawn(term, size === '1h' ? term.feature : term.feature.slice(0, -3), drawn);
        if (left !== undefined) terms.push(left);
      }
      if (size === '1h') addShares(terms, window, b, size, 'shared', 0.7, 'shared_prefixes', 'shared_devices');
    }
    if (strongest(terms, 'young') + strongest(terms, 'plan') < 1.5) return undefined;
    return terms;
  },
  severity: (evidence) => severityOf(evidence, 'high'),
};
