import { describe, expect, it } from 'vitest';
import { type Candidate, unpackReport } from '../../models/candidate.ts';
import { DETECTORS } from '../../models/detectors/index.ts';
import { decodeForest } from '../../models/forest/codec.ts';
import { rowProbabilities } from '../../models/forest/predict.ts';
import { evidenceOfScore } from '../../models/learned/evidence-map.ts';
import type { LearnedView } from '../../models/learned/feature-list.ts';
import { RowMaker } from '../../models/learned/feature-list.ts';
import { FEATURE_LISTS } from '../../models/learned/feature-lists.ts';
import { BundleCatalogue } from '../../models/registry/catalogue.ts';
import { alertId } from '../../services/alerting/alert-record.ts';
import { InThread } from '../../services/drivers/in-thread.ts';
import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { evaluationPlans } from '../../services/simulation/evaluation-plans.ts';
import { createTopology } from '../../services/topology.ts';
import { prepareTenant, replayTenant, simulatedTopologyConfig } from '../../services/training/replay-tenant.ts';
import { leafShapley } from '../support/leaf-shapley.ts';

const catalogue = new BundleCatalogue(undefined);
const bundle = catalogue.bundle(catalogue.newestShipped as string);
const TOLD = { tags: false, sensitive: false, roles: false, calendar: false };
const FULL = 24;

/** The alerts of the shipped forests on simulated tenants of seeds that nothing was trained or tuned on, with what they were made of. */
async function learnedAlerts() {
  const plans = evaluationPlans({
    kinds: ['consumer', 'office'],
    tenants: 1,
    days: 6,
    seed: 450,
    tenant: { accounts: 250, eventsPerDay: 5000 },
  });
  const addresses = await loadAddressTables({});
  const found: { candidate: Candidate; alert: InThread['alerts'][number] }[] = [];
  for (const plan of plans) {
    const tenant = { plan, format: 'nginx-json' as const, untold: TOLD };
    const simulated = prepareTenant(tenant);
    const topology = createTopology({
      ...simulatedTopologyConfig(simulated.config, plan.name, addresses),
      bundles: [bundle],
      switches: [{ tenant: '*', from: 0, champion: bundle.manifest.version, challenger: '' }],
    });
    const candidates: Candidate[] = [];
    let net: InThread | undefined;
    await replayTenant(simulated, tenant, async (input) => {
      const listening = {
        ...topology,
        createAlert: async (partitions: number) => {
          const stage = await topology.createAlert(partitions);
          return {
            ...stage,
            process(packed: Uint8Array) {
              candidates.push(...unpackReport(packed).candidates);
              return stage.process(packed);
            },
          };
        },
      };
      net = await InThread.start(listening, input);
      return net;
    });
    for (const alert of new Map((net as InThread).alerts.map((each) => [each.alert_id, each])).values()) {
      if (alert.model.name !== 'forest') continue;
      const end = Date.parse(alert.window.end);
      const candidate = candidates.find((each) => alertId(plan.name, each) === alert.alert_id && each.end === end);
      found.push({ alert, candidate: candidate as Candidate });
    }
  }
  return found;
}

const found = await learnedAlerts();

describe('alerts of the shipped forests, by other means', () => {
  const of = (candidate: Candidate) => {
    const view = candidate.view as LearnedView;
    const { forest } = bundle.manifest.views[view].models;
    const model = decodeForest(bundle.files[forest!.file]);
    const maker = new RowMaker(FEATURE_LISTS[view]);
    const attack = model.classes.length - 1;
    const probability = (terms: Candidate['terms']): number =>
      rowProbabilities(model, maker.fill(terms, new Float64Array(maker.width)))[attack];
    return {
      model,
      maker,
      attack,
      probability,
      evidence: (terms: Candidate['terms']) => evidenceOfScore(forest!.evidence, probability(terms)),
    };
  };

  it('are there: what follows is not about nothing', () => {
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const { candidate } of found) expect(candidate).toBeDefined();
  });

  it('have contributions that add up to the score', () => {
    for (const { alert } of found)
      expect(Math.abs(alert.bias + alert.reasons.reduce((sum, { contribution }) => sum + contribution, 0) - alert.score)).toBeLessThan(
        1e-6,
      );
  });

  it('have the score, bias and contributions that a plain walk and the formula of Shapley values give', () => {
    for (const { alert, candidate } of found) {
      const { model, maker, attack, probability, evidence } = of(candidate);
      const p = probability(candidate.terms);
      const score = Math.min(1, evidence(candidate.terms) / FULL);
      expect(Math.abs(alert.score - score)).toBeLessThan(1e-6);
      const { bias, values } = leafShapley(model, maker.fill(candidate.terms, new Float64Array(maker.width)), attack, [1, 0]);
      expect(Math.abs(alert.bias - (bias * score) / p)).toBeLessThan(1e-6);
      for (const reason of alert.reasons) {
        if (reason.feature === 'other') continue;
        // what is told of a source's address beside the scorer's features has no part in the score
        if (!candidate.terms.some(({ feature }) => feature === reason.feature)) {
          expect(reason.contribution).toBe(0);
          continue;
        }
        expect(Math.abs(reason.contribution - (values[maker.at(reason.feature)] * score) / p)).toBeLessThan(1e-6);
      }
    }
  });

  it('have a counterfactual that does not alert, while one step less does', () => {
    for (const { alert, candidate } of found) {
      const { evidence } = of(candidate);
      const gate = [...DETECTORS.account, ...DETECTORS.interface].find(({ name }) => name === alert.detector)!.gate;
      const changed = (rows: typeof alert.counterfactual) =>
        candidate.terms.map((term) => ({ ...term, value: rows.find(({ feature }) => feature === term.feature)?.to ?? term.value }));
      expect(alert.counterfactual.length).toBeGreaterThan(0);
      const last = alert.counterfactual[alert.counterfactual.length - 1];
      const back = last.to + (last.to < last.from ? last.step : -last.step);
      const after = evidence(changed(alert.counterfactual));
      const almost = evidence(changed([...alert.counterfactual.slice(0, -1), { ...last, to: back }]));
      // the threshold lies between the two, and never below the gate
      expect(after).toBeLessThan(almost);
      expect(almost).toBeGreaterThanOrEqual(gate);
      expect(last.score).toBeCloseTo(Math.min(1, after / FULL), 9);
    }
  });
});
