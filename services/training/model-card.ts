import { evidenceOfScore } from '../../models/learned/evidence-map.ts';
import type { LearnedView } from '../../models/learned/feature-list.ts';
import { LEARNED_VIEWS } from '../../models/learned/feature-lists.ts';
import { fitEvidence } from '../../models/learned/fit-evidence.ts';
import type { Manifest } from '../../models/learned/learned-models.ts';
import type { TrainingFigures, ViewFigures } from '../../models/registry/training-figures.ts';
import { LEARNED_GATE } from '../scoring/view-scoring.ts';
import type { TenantRows } from './collect-tenant.ts';
import type { FitOptions, FittedView } from './fit-view.ts';
import { RATES, rankFigures } from './row-figures.ts';
import { ATTACK } from './row-store.ts';
import { CURVE_TREES } from './tenant-curve.ts';
import { FIRST_TRAINING_SEED, MOST_TENANTS } from './training-plans.ts';
import type { ViewTable } from './view-table.ts';

export interface CardInput {
  manifest: Manifest;
  tenants: readonly TenantRows[];
  views: Record<LearnedView, { table: ViewTable; fitted: FittedView }>;
  fit: FitOptions;
  figures: TrainingFigures;
}

/** Features listed by importance. */
const SHOWN = 15;
/** False rate of the table by scenario. */
const SHOWN_RATE = 0.001;

/** The card that lies beside a bundle: what it was made of, what it can do, what it cannot. Figures come from this very training. */
export function modelCard({ manifest, tenants, views, fit, figures }: CardInput): string {
  const { made } = manifest;
  const seed = Number(made.seed);
  const simulated = tenants.filter(({ kind }) => kind !== 'own');
  const first = FIRST_TRAINING_SEED + seed * MOST_TENANTS;
  const kinds = [...new Set(simulated.map(({ kind }) => kind))].map(
    (kind) => `${simulated.filter((one) => one.kind === kind).length} ${kind}`,
  );
  const days = simulated.reduce((sum, one) => sum + one.days, 0);
  const events = simulated.reduce((sum, one) => sum + one.events, 0);
  const own = tenants.length - simulated.length;
  return `# Model card: bundle ${manifest.version}

Random forests and autoencoders over the hour windows of accounts and interfaces, beside the baselines. Made by \`weir train --seed ${seed} --tenants ${simulated.length}\` with program ${String(made.program)} on Node ${String(made.node)}, TensorFlow.js backend ${String(made.backend)}${own === 0 ? '; `weir train --check` makes it again and compares the bytes' : ', marks of real tenants and their logs'}. All figures below were worked out in that run, none was copied.

## Data
- ${simulated.length} simulated tenants (${kinds.join(', ')}), tenant seeds ${first} to ${first + simulated.length - 1} (evaluations use seeds below 10,000,000), ${days} tenant-days, ${events.toLocaleString('en')} events.
- Drawn anew for each: size, hours, zone, date, names, gateway format, what the gateway logs, what the config tells (tags, roles, sensitive interfaces, calendar), robots, error rates, hard negatives (all of them, or some), 1 to 8 clean days first, then 0 to 5 campaigns of strength 0.2 to 1.5, sometimes at the same time.
- ${own === 0 ? 'No real traffic.' : `${own} real tenants whose own marks were added.`}
- A window is an attack's when at least 3 events and 10 % (accounts) or 5 % (interfaces) of it are malicious, or an interface lies silent. Windows with less, and later hours of attacked accounts and interfaces, are left out. Windows that the gate holds back (baselines below ${LEARNED_GATE} decades and nothing else to see) are no rows; they count as clean, lower than every score.
- Clean rows are sampled and weighted for those left out. Every tenant's clean windows weigh alike, every scenario's attack windows weigh alike, a campaign by the root of its windows; the forest gives clean windows twice the weight of attacks. Clean windows are weighed so that as much is known of their keys as of the attacked ones: a simulated world begins clean.

${LEARNED_VIEWS.map((view) => viewPart(view, views[view], figures.views[view])).join('\n')}
## How it was judged
Trees learn from tenants drawn with replacement; the forest's figures come from trees that never saw the row's tenant (out of bag), so no tenant is judged by what was learned from it. The autoencoder is trained again ${fit.folds} times without a part of the tenants. Evidence maps (score to decades) are made of the same scores over all clean windows, those behind the gate included.

## Limits
- It knows simulated attacks. A kind of attack that is not in the table above is as good as unknown to the forest; the baselines and the autoencoder are there for it.
- AUC over windows flatters: whether an incident is found, at how many false ones, is measured in docs/evaluation.md, and only that counts.
- Scores are probabilities of a world in which a third of the windows are attacks. They are read through the evidence map only.
- Bad at: attacks of one or two requests an identity (the window says nothing), campaigns whose every hour is ordinary and only the sum of days is not, tenants with less than a day of past, logs without accounts.
- It does not see names, addresses or contents, only how odd a number is for that key at that hour; a tenant with odd laws (few interfaces, one account for everyone) has odd numbers.
`;
}

function viewPart(view: LearnedView, { table, fitted }: { table: ViewTable; fitted: FittedView }, figures: ViewFigures): string {
  const baseline = table.evidence;
  const { forest, autoencoder } = fitted.heldOut;
  const clean = Array.from(table.label.keys()).filter((row) => table.label[row] !== ATTACK);
  // the baselines' evidence in the currency of the others: decades of clean windows
  const ofBaselines = fitEvidence(
    Float64Array.from(clean, (row) => baseline[row]),
    Float64Array.from(clean, (row) => table.windows[row]),
    table.cleanWindows,
    'positive',
  );
  const both = Float64Array.from({ length: table.rows }, (_, row) =>
    Math.max(
      evidenceOfScore(ofBaselines, baseline[row]),
      evidenceOfScore(fitted.manifest.models.forest!.evidence, forest[row]),
      evidenceOfScore(fitted.manifest.models.autoencoder!.evidence, autoencoder[row]),
    ),
  );
  const scorers = [
    ['baselines alone', baseline],
    ['forest', forest],
    ['autoencoder', autoencoder],
    ['the strongest of the three', both],
  ] as const;
  const through = clean.reduce((sum, row) => sum + table.windows[row], 0);
  const behind = Math.max(0, table.cleanWindows - through);
  const attacks = table.rows - clean.length;
  const lines = scorers.map(([name, scores]) => {
    const one = rankFigures(scores, table.label, table.windows, behind);
    return `| ${name} | ${one.auc.toFixed(4)} | ${one.averagePrecision.toFixed(3)} | ${one.found.map(percent).join(' | ')} |`;
  });
  const scenarios = [...new Set(table.scenario)].filter((name) => name !== '').sort();
  const byScenario = scenarios.map((name) => {
    const rows = Array.from(table.label.keys()).filter((row) => table.label[row] !== ATTACK || table.scenario[row] === name);
    const cells = scorers.map(([, scores]) => {
      const figures = rankFigures(
        rows.map((row) => scores[row]),
        rows.map((row) => table.label[row]),
        rows.map((row) => table.windows[row]),
        behind,
      );
      return percent(figures.found[RATES.indexOf(SHOWN_RATE)]);
    });
    const windows = table.scenario.filter((one) => one === name).length;
    const campaigns = new Set(table.campaign.filter((_, row) => table.scenario[row] === name)).size;
    return `| ${name} | ${campaigns} | ${windows} | ${cells.join(' | ')} |`;
  });
  const important = figures.importance.slice(0, SHOWN).map(({ feature, share }) => `${feature} ${percent(share)}`);
  const curve = figures.curve.map(
    ({ tenants, auc, found }) => `| ${Number(tenants.toFixed(1))} | ${auc.toFixed(4)} | ${found.map(percent).join(' | ')} |`,
  );
  return `## View ${view}
${table.cleanWindows.toLocaleString('en')} clean windows, of which the gate let ${Math.round(through).toLocaleString('en')} through (${clean.length.toLocaleString('en')} kept as rows), and ${attacks.toLocaleString('en')} attack windows.

| scorer, on tenants it did not see | ROC AUC | average precision | found at 1 % false | at 0.1 % | at 0.01 % |
|---|---:|---:|---:|---:|---:|
${lines.join('\n')}

Found at 0.1 % false, by scenario (baselines alone, forest, autoencoder, the strongest):

| scenario | campaigns | windows | baselines | forest | autoencoder | strongest |
|---|---:|---:|---:|---:|---:|---:|
${byScenario.join('\n')}

Calibration of the forest's score on tenants that it did not see (attack windows weighed as half of the clean ones, as in training):

| score | rows | mean score | share of attacks |
|---|---:|---:|---:|
${calibration(table, forest).join('\n')}

Learning curve of the forest: ${CURVE_TREES} trees that learned from so many tenants, judged on a third of all that they never saw, every third in turn. Where the last line is no better than the one before, more tenants of this kind would teach it nothing:

| tenants | ROC AUC | found at 1 % false | at 0.1 % | at 0.01 % |
|---:|---:|---:|---:|---:|
${curve.join('\n')}

Importance (share of the impurity taken away): ${important.join(', ')}.
`;
}

/** Mean score and weighted share of attacks by tenths of the score; clean windows weigh twice what attacks do in all. */
function calibration(table: ViewTable, score: Float64Array): string[] {
  let attack = 0;
  let clean = 0;
  for (let row = 0; row < table.rows; row++) {
    if (table.label[row] === ATTACK) attack += table.windows[row];
    else clean += table.windows[row];
  }
  const bins = Array.from({ length: 10 }, () => ({ rows: 0, weight: 0, sum: 0, attack: 0 }));
  for (let row = 0; row < table.rows; row++) {
    const bin = bins[Math.min(9, Math.floor(score[row] * 10))];
    const weight = table.label[row] === ATTACK ? table.windows[row] / attack : (2 * table.windows[row]) / clean;
    bin.rows++;
    bin.weight += weight;
    bin.sum += weight * score[row];
    if (table.label[row] === ATTACK) bin.attack += weight;
  }
  return bins.flatMap(({ rows, weight, sum, attack: hits }, b) =>
    rows === 0
      ? []
      : [
          `| ${(b / 10).toFixed(1)} – ${((b + 1) / 10).toFixed(1)} | ${rows} | ${(sum / weight).toFixed(3)} | ${(hits / weight).toFixed(3)} |`,
        ],
  );
}

function percent(share: number): string {
  return Number.isNaN(share) ? '' : `${(100 * share).toFixed(1)} %`;
}
