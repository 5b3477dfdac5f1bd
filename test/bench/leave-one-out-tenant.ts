import { openBackend } from '../../models/autoencoder/backend.ts';
import { evaluateIncidents } from '../../models/evaluation/incidents.ts';
import type { BundleData } from '../../models/learned/learned-models.ts';
import { openBundle } from '../../models/learned/open-bundle.ts';
import type { AddressTables } from '../../services/ingest/addresses/addresses.ts';
import { defaultLateness } from '../../services/ingest/formats/registry.ts';
import { targetId } from '../../services/simulation/labels.ts';
import { createTopology } from '../../services/topology.ts';
import { prepareTenant, replayTenant, SIMULATED_KEY, simulatedTopologyConfig } from '../../services/training/replay-tenant.ts';
import type { TrainingTenant } from '../../services/training/training-plans.ts';
import { type Variant, VariantRun } from './variants.ts';

/** How one variant did on one tenant. */
export interface TenantOutcome {
  tenant: string;
  kind: string;
  days: number;
  variant: string;
  budget: number;
  campaigns: { scenario: string; intensity: number; found: boolean; delay: number | undefined }[];
  falseIncidents: number;
  falseByNote: Record<string, number>;
  /** detectors of false incidents that no trained scorer of the variant was silent on */
  falseByDetector: Record<string, number>;
}

/** Runs one tenant through the whole pipeline under a bundle that was trained without it, and judges every variant. */
export async function outcomesOf(
  tenant: TrainingTenant,
  bundle: BundleData,
  variants: readonly Variant[],
  addresses: AddressTables,
): Promise<TenantOutcome[]> {
  const simulated = prepareTenant(tenant);
  const { plan, format } = tenant;
  const models = await openBundle(bundle, () => openBackend('wasm'));
  const settings = simulatedTopologyConfig(simulated.config, plan.name, addresses);
  const topology = createTopology({
    ...settings,
    bundles: [bundle],
    switches: [{ tenant: '*', from: 0, champion: bundle.manifest.version, challenger: '' }],
    backend: 'wasm',
  });
  let run: VariantRun | undefined;
  await replayTenant(simulated, tenant, async (input) => {
    const alerting = { timeZone: plan.time_zone, alertBudget: 1, lateness: defaultLateness(format) };
    run = await VariantRun.start(topology, input, alerting, models, variants);
    return run;
  });
  const key = Uint32Array.from(SIMULATED_KEY);
  const campaigns = simulated.labels.campaigns.map((campaign) => ({
    ...campaign,
    targets: campaign.targets.map((target) => targetId(key, target)),
  }));
  return (run as VariantRun).variants.map(({ variant, incidents, alerts }) => {
    const judged = evaluateIncidents(incidents, alerts, campaigns, { tenantDays: plan.days, benign: simulated.labels.benign });
    const detectors = new Map(incidents.map((incident) => [incident.incident_id, incident.detectors]));
    const falseByDetector: Record<string, number> = {};
    for (const { incident, class: kind } of judged.incidents) {
      if (kind !== 'false') continue;
      for (const name of detectors.get(incident) ?? []) falseByDetector[name] = (falseByDetector[name] ?? 0) + 1;
    }
    return {
      tenant: plan.name,
      kind: plan.kind,
      days: plan.days,
      variant: variant.name,
      budget: variant.budget,
      campaigns: judged.campaigns.map(({ scenario, intensity, delay }) => ({
        scenario,
        intensity: intensity ?? 1,
        found: delay !== undefined,
        delay,
      })),
      falseIncidents: judged.falseIncidents,
      falseByNote: judged.falseByNote,
      falseByDetector,
    };
  });
}
