import type { LearnedModels } from '../../models/learned/learned-models.ts';
import type { TenantSwitch } from '../core/control.ts';
import { WeirError } from '../core/errors.ts';

/** The bundles that judge a window. */
export interface InForce {
  champion: LearnedModels | undefined;
  challenger: LearnedModels | undefined;
}

const NONE: InForce = { champion: undefined, challenger: undefined };

/**
 * Which bundle judges a window: a function of the switches that were written down and the window's start, and of nothing
 * else, so that every split of the keys and every replay asks the same model. A later switch holds from its `from` on;
 * of two with the same `from` the one that was told last. A tenant with switches of its own is not ruled by those of `*`.
 */
export class ModelSchedule {
  private readonly models: ReadonlyMap<string, LearnedModels>;
  private readonly byTenant = new Map<string, { from: number; inForce: InForce }[]>();

  constructor(models: ReadonlyMap<string, LearnedModels>, switches: readonly TenantSwitch[]) {
    this.models = models;
    for (const entry of switches) this.add(entry);
  }

  /** Throws `model_unknown` for a version that this process did not load. */
  add({ tenant, from, champion, challenger }: TenantSwitch): void {
    const list = (this.byTenant.get(tenant) ?? []).filter((entry) => entry.from !== from);
    list.push({ from, inForce: { champion: this.model(champion), challenger: this.model(challenger) } });
    list.sort((a, b) => a.from - b.from);
    this.byTenant.set(tenant, list);
  }

  at(tenant: string, start: number): InForce {
    const list = this.byTenant.get(tenant) ?? this.byTenant.get('*');
    if (list === undefined) return NONE;
    for (let i = list.length - 1; i >= 0; i--) if (list[i].from <= start) return list[i].inForce;
    return NONE;
  }

  private model(version: string): LearnedModels | undefined {
    if (version === '') return undefined;
    const model = this.models.get(version);
    if (model === undefined)
      throw new WeirError(
        'model_unknown',
        `model version ${version} is not loaded; known here: ${[...this.models.keys()].join(', ') || 'none'}`,
      );
    return model;
  }
}
