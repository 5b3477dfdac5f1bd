import { describe, expect, it } from 'vitest';
import { DAY } from '../../services/core/watermark.ts';
import { planEnd } from '../../services/simulation/plan.ts';
import { findScenario, SCENARIOS } from '../../services/simulation/scenarios/list.ts';
import { FIRST_TRAINING_SEED, MOST_TENANTS, trainingPlans } from '../../services/training/training-plans.ts';

const tenants = trainingPlans(3, 160);

describe('training tenants', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(trainingPlans(3, 160)).toEqual(tenants);
    expect(trainingPlans(4, 160).map(({ plan }) => plan.accounts)).not.toEqual(tenants.map(({ plan }) => plan.accounts));
  });

  it('have seeds of their own, far from those of evaluations', () => {
    const seeds = tenants.map(({ plan }) => plan.seed);
    expect(new Set(seeds).size).toBe(tenants.length);
    expect(Math.min(...seeds)).toBeGreaterThanOrEqual(FIRST_TRAINING_SEED + 3 * MOST_TENANTS);
    expect(Math.max(...seeds)).toBeLessThan(FIRST_TRAINING_SEED + 4 * MOST_TENANTS);
    expect(FIRST_TRAINING_SEED).toBeGreaterThan(10_000_000);
  });

  it('hold every scenario that fits, about equally often within a kind', () => {
    for (const kind of ['consumer', 'partners', 'office', 'network'] as const) {
      const counts = SCENARIOS.filter((one) => one.kinds.includes(kind) && one.days <= 5).map(
        ({ name }) =>
          tenants.filter(({ plan }) => plan.kind === kind && plan.scenarios.some((request) => request.scenario === name)).length,
      );
      expect(Math.min(...counts)).toBeGreaterThan(0);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(3);
    }
  });

  it('begin their campaigns within the plan, after a clean half day at least', () => {
    for (const { plan } of tenants) {
      for (const request of plan.scenarios) {
        expect(request.at).toBeGreaterThanOrEqual(plan.start + DAY / 2);
        expect(request.at).toBeLessThan(planEnd(plan));
        expect(findScenario(request.scenario).kinds).toContain(plan.kind);
        expect(request.intensity).toBeGreaterThanOrEqual(0.2);
        expect(request.intensity).toBeLessThanOrEqual(1.5);
      }
    }
  });

  it('vary in what would otherwise be a habit of the simulator', () => {
    const spread = (values: readonly (number | string)[]): number => new Set(values).size;
    expect(tenants.some(({ plan }) => plan.scenarios.length === 0)).toBe(true);
    expect(spread(tenants.map(({ plan }) => plan.days))).toBeGreaterThan(5);
    expect(spread(tenants.map(({ plan }) => plan.start))).toBeGreaterThan(50);
    expect(spread(tenants.map(({ plan }) => plan.time_zone))).toBeGreaterThan(8);
    expect(spread(tenants.map(({ format }) => format))).toBe(6);
    for (const part of ['tags', 'sensitive', 'roles', 'calendar'] as const)
      expect(spread(tenants.map(({ untold }) => String(untold[part])))).toBe(2);
    // campaigns begin on early and on late days of the run
    const days = tenants.flatMap(({ plan }) => plan.scenarios.map(({ at }) => Math.floor(((at as number) - plan.start) / DAY)));
    for (const day of [1, 2, 3, 4, 5, 6]) expect(days.filter((one) => one === day).length).toBeGreaterThan(5);
  });
});
