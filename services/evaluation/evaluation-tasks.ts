import type { EvaluationOptions } from '../simulation/evaluation-plans.ts';
import { evaluationPlans } from '../simulation/evaluation-plans.ts';
import type { TenantTask } from './judge-tenant.ts';

/** Tenants of an evaluation: the plans of each seed, under one budget. Which scenarios come is drawn anew for each seed. */
export function evaluationTasks(
  seeds: readonly number[],
  budget: number,
  options: Omit<EvaluationOptions, 'seed'>,
  how: Partial<Pick<TenantTask, 'comparators' | 'fields'>> = {},
): TenantTask[] {
  return seeds.flatMap((seed) =>
    evaluationPlans({ ...options, seed }).map((plan) => ({ plan, seed, budget, comparators: false, fields: 'all', ...how })),
  );
}
