import { DAY, HOUR } from '../core/watermark.ts';
import type { ScenarioRequest, TenantKind, TenantPlan } from './plan.ts';
import { Random } from './random.ts';
import { findScenario, SCENARIOS } from './scenarios/list.ts';
import type { TenantPlanOptions } from './tenant-plan.ts';
import { DEFAULT_START, tenantPlan } from './tenant-plan.ts';

export interface EvaluationOptions {
  kinds: readonly TenantKind[];
  /** tenants of each kind */
  tenants: number;
  days: number;
  seed: number;
  /** campaigns of a tenant at most; default 3: more of them at once and none is a rare event any more */
  campaigns?: number;
  /** intensities, drawn evenly; default 1 */
  intensities?: readonly number[];
  /** instead of intensities: shares of the tenant's traffic, drawn evenly */
  shares?: readonly number[];
  /** share of the days that is left clean for learning; default 0.5 */
  clean?: number;
  /** names of the scenarios to draw from; default: all that suit the kind */
  scenarios?: readonly string[];
  /** passed on: accounts, eventsPerDay, hardNegatives (default 'all') */
  tenant?: Pick<TenantPlanOptions, 'accounts' | 'eventsPerDay' | 'hardNegatives'>;
}

/**
 * Tenants to measure detection on: every scenario that suits the kind and the days comes in turn, so that after enough
 * tenants each was there equally often; the campaigns of one tenant begin in different parts of the time after the
 * clean one (long ones may still overlap others).
 */
export function evaluationPlans(options: EvaluationOptions): TenantPlan[] {
  const { kinds, tenants, days, seed, campaigns = 3, intensities = [1], shares, clean = 0.5, scenarios } = options;
  for (const name of scenarios ?? []) findScenario(name);
  const plans: TenantPlan[] = [];
  for (const kind of kinds) {
    const random = new Random(seed, 'evaluation', kind);
    const asked = SCENARIOS.filter((one) => scenarios === undefined || scenarios.includes(one.name));
    const suiting = asked.filter((one) => one.kinds.includes(kind) && one.days <= days && one.span <= days * (1 - clean * 0.5));
    let turn: typeof suiting = [];
    for (let t = 0; t < tenants; t++) {
      const chosen: ScenarioRequest[] = [];
      for (let c = 0; c < Math.min(campaigns, suiting.length); c++) {
        if (turn.length === 0) turn = random.shuffle([...suiting]);
        const next = turn.findIndex((one) => !chosen.some((other) => other.scenario === one.name));
        const [scenario] = turn.splice(Math.max(0, next), 1);
        const first = DEFAULT_START + days * clean * DAY;
        const part = (days * (1 - clean) * DAY) / campaigns;
        const at = first + (c + random.range(0.05, 0.6)) * part;
        const latest = DEFAULT_START + days * DAY - scenario.span * DAY - HOUR;
        const size = shares === undefined ? { intensity: random.pick(intensities) } : { intensity: 1, share: random.pick(shares) };
        chosen.push({ scenario: scenario.name, ...size, at: Math.round(Math.min(at, latest)) });
      }
      // an attack from the internet needs a login that it reaches; being reached from outside is odd where nobody is
      const asks = chosen.map((request) => findScenario(request.scenario));
      const inside = asks.some((one) => one.name === 'access_from_outside');
      const portal = kind !== 'office' || inside ? { portal: false } : asks.some((one) => one.portal === true) ? { portal: true } : {};
      plans.push(tenantPlan(kind, seed * 1000 + t, { hardNegatives: 'all', ...options.tenant, ...portal, days, scenarios: chosen }));
    }
  }
  return plans;
}
