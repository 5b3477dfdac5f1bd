import { unpackReport } from '../../models/candidate.ts';
import type { LearnedView } from '../../models/learned/feature-list.ts';
import { RowMaker } from '../../models/learned/feature-list.ts';
import { FEATURE_LISTS, LEARNED_VIEWS } from '../../models/learned/open-bundle.ts';
import type { View } from '../../models/windows.ts';
import { combine32, hashString } from '../core/hash.ts';
import type { Emit, Stage } from '../core/stage.ts';
import type { Topology } from '../core/topology-contract.ts';
import type { AddressTables } from '../ingest/addresses.ts';
import { createTopology } from '../topology.ts';
import { prepareTenant, replayTenant, simulatedTopologyConfig } from './replay-tenant.ts';
import { ATTACK, CLEAN, RowStore, type ViewRows } from './row-store.ts';
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

/** Clean rows kept of a tenant and view, by the baselines' evidence. */
export const STRATA: Readonly<Record<LearnedView, readonly { least: number; most: number }[]>> = {
  account: [
    { least: 3, most: 400 },
    { least: 1, most: 700 },
    { least: 0, most: 700 },
  ],
  interface: [
    { least: 3, most: 400 },
    { least: 1, most: 700 },
    { least: 0, most: 700 },
  ],
};

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
  const collected = Object.fromEntries(
    LEARNED_VIEWS.map((view) => {
      const maker = new RowMaker(FEATURE_LISTS[view]);
      const state = { maker, row: new Float64Array(maker.width), store: new RowStore(maker.width, STRATA[view]), unsure: 0, attacks: 0 };
      return [view, state];
    }),
  ) as Record<LearnedView, { maker: RowMaker; row: Float64Array; store: RowStore; unsure: number; attacks: number }>;
  let alignment = 0;

  const settings = simulatedTopologyConfig(simulated.config, plan.name, addresses);
  const topology = createTopology(settings, {
    observe: (view, window, terms, evidence) => {
      if (window.partial) return;
      const into = collected[view];
      alignment = window.start % 3_600_000;
      const label = labels.of(view, window.key, window.start, window.end, window.values[0]);
      if (label.kind === 'unsure') {
        into.unsure++;
        return;
      }
      const attack = label.kind === 'attack';
      if (attack) into.attacks++;
      into.store.add(into.maker.fill(terms, into.row), {
        label: attack ? ATTACK : CLEAN,
        evidence,
        scenario: attack ? scenarios.indexOf(label.scenario) : -1,
        campaign: attack ? ids.indexOf(label.campaign) : -1,
        age: window.start - plan.start,
        hash: rowHash(view, plan.name, window.key, window.start),
      });
    },
  });
  const { events } = await replayTenant(simulated, tenant, counting(topology, counts), (event, interfaceId) =>
    labels.take(event, interfaceId),
  );
  const views = Object.fromEntries(
    LEARNED_VIEWS.map((view) => {
      const { maker, store, unsure, attacks } = collected[view];
      const attackHours = Object.fromEntries(labels.attackHours(view, alignment));
      const rows: ViewRows = {
        view,
        width: maker.width,
        ...store.finish(),
        cleanWindows: Math.max(0, counts[view] - unsure - attacks),
        unsure,
        attackHours,
      };
      return [view, rows];
    }),
  ) as Record<LearnedView, ViewRows>;
  return { tenant: plan.name, kind: plan.kind, days: plan.days, events, scenarios, campaigns: ids, views };
}

/** Decides which clean rows are kept; nothing else may lean on it. */
export function rowHash(view: LearnedView, tenant: string, key: string, start: number): number {
  return combine32(hashString(`${view}\n${tenant}\n${key}`), Math.floor(start / 60_000) | 0) >>> 0;
}

/** The topology, counting the windows that were scored by view: what the reports of its stages say. */
export function counting(topology: Topology, counts: Record<View, number>): Topology {
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
