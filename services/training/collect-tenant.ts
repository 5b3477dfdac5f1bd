import { unpackReport } from '../../models/candidate.ts';
import type { LearnedView } from '../../models/learned/feature-list.ts';
import { LEARNED_VIEWS } from '../../models/learned/feature-lists.ts';
import type { View } from '../../models/windows.ts';
import type { Emit, Stage } from '../core/stage.ts';
import type { Topology } from '../core/topology-contract.ts';
import { InThread } from '../drivers/in-thread.ts';
import type { AddressTables } from '../ingest/addresses/addresses.ts';
import { createTopology } from '../topology.ts';
import { prepareTenant, replayTenant, simulatedTopologyConfig } from './replay-tenant.ts';
import { RowCollector } from './row-collector.ts';
import type { ViewRows } from './row-store.ts';
import type { TrainingTenant } from './training-plans.ts';
import { WindowLabels } from './window-labels.ts';

/** Rows of one tenant. */
export interface TenantRows {
  tenant: string;
  /** kind of the simulated tenant, or `own` for one whose marks were added */
  kind: string;
  days: number;
  events: number;
  /** names that `ViewRows.scenario` points to */
  scenarios: string[];
  /** ids that `ViewRows.campaign` points to */
  campaigns: string[];
  views: Record<LearnedView, ViewRows>;
}

/**
 * Simulates one tenant and collects the labelled rows of its windows that the gate of the trained scorers lets through.
 * Depends on the tenant alone.
 */
export async function collectTenant(tenant: TrainingTenant, addresses: AddressTables): Promise<TenantRows> {
  const simulated = prepareTenant(tenant);
  const { plan } = tenant;
  const { campaigns } = simulated.labels;
  const labels = new WindowLabels(campaigns);
  const scenarios = [...new Set(campaigns.map(({ scenario }) => scenario.name))].sort();
  const ids = campaigns.map(({ id }) => id);
  const counts = { account: 0, interface: 0, source: 0, target: 0 } satisfies Record<View, number>;
  const collector = new RowCollector(plan.name, plan.start, scenarios, ids, (view, { key, start, end, values }) =>
    labels.of(view, key, start, end, values[0]),
  );
  const topology = counting(
    createTopology(simulatedTopologyConfig(simulated.config, plan.name, addresses), {
      observe: (view, window, terms, evidence) => collector.take(view, window, terms, evidence),
    }),
    counts,
  );
  const events = await replayTenant(
    simulated,
    tenant,
    (input) => InThread.start(topology, input),
    (event, interfaceId) => labels.take(event, interfaceId),
  );
  const viewOf = (view: LearnedView): ViewRows =>
    collector.finish(view, counts[view], Object.fromEntries(labels.attackHours(view, collector.alignment)));
  return {
    tenant: plan.name,
    kind: plan.kind,
    days: plan.days,
    events,
    scenarios,
    campaigns: ids,
    views: Object.fromEntries(LEARNED_VIEWS.map((view) => [view, viewOf(view)])) as Record<LearnedView, ViewRows>,
  };
}

/** The topology, counting the windows that were scored by view: what the reports of its stages say. */
function counting(topology: Topology, counts: Record<View, number>): Topology {
  const look = (emits: Emit[]): Emit[] => {
    for (const emit of emits) {
      if (emit.output !== 'candidates') continue;
      const { view, minute, pane } = unpackReport(emit.value);
      if (minute) continue;
      // every window is counted once for each detector that looks at its kind of key: at least one looks at all
      counts[view] += Math.max(0, ...Object.values(pane).map((histogram) => histogram.reduce((sum, n) => sum + n, 0)));
    }
    return emits;
  };
  const watched = <In>(stage: Stage<In>): Stage<In> => ({
    ...stage,
    process: (batch) => look(stage.process(batch)),
    control: (record) => look(stage.control(record)),
  });
  return {
    ...topology,
    createAccount: async (task, partitions) => watched(await topology.createAccount(task, partitions)),
    createMerge: async (task, partitions) => watched(await topology.createMerge(task, partitions)),
  };
}
