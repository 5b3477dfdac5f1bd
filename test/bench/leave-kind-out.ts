import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deserialize } from 'node:v8';
import { compileForest } from '../../models/forest/compile.ts';
import { trainForest } from '../../models/forest/train.ts';
import { FEATURE_LISTS, LEARNED_VIEWS } from '../../models/learned/feature-lists.ts';
import type { TenantRows } from '../../services/training/collect-tenant.ts';
import { FIT } from '../../services/training/fit-view.ts';
import { foldsOf } from '../../services/training/folds.ts';
import { RATES, rankFigures } from '../../services/training/row-figures.ts';
import { ATTACK } from '../../services/training/row-store.ts';
import { forestTable, learningWeights, rowsOf, viewTable } from '../../services/training/view-table.ts';

/**
 * `node dist/test/bench/leave-kind-out.js --rows FILE [--trees 40]`: what the forest says of kinds of attack that it never
 * saw. Kinds are families of scenarios; a forest is trained without a whole family, on one half of the tenants, and judged
 * on the family's windows and the clean ones of the other half. `--rows`: rows as `leave-one-out --rows` keeps them.
 */
const FAMILIES: Record<string, readonly string[]> = {
  takeover: ['account_takeover', 'quiet_takeover', 'account_sharing'],
  'insiders and partners': ['ant_moving', 'baseline_poisoning', 'partner_overpull', 'bulk_export', 'privilege_misuse'],
  'scraping and traversal': ['scraping', 'scraping_cohort', 'object_traversal'],
  'stuffing and enumeration': ['credential_stuffing', 'slow_stuffing', 'account_enumeration'],
  SMS: ['sms_bombing', 'sms_pumping'],
  'registration and fraud': ['malicious_registration', 'marketing_fraud'],
  'network flows': ['beaconing', 'fan_out', 'host_bypass', 'database_exposed', 'cross_border_transfer', 'server_abroad'],
  'from abroad, from outside': ['access_abroad', 'access_from_outside'],
  'machine behaviour': ['machine_behaviour'],
  probing: ['probing'],
  'unauthenticated interface': ['unauthenticated_interface'],
  'flood and replay': ['interface_flood', 'interface_replay'],
  'failing, slow, larger, silent': ['interface_failing', 'interface_slow', 'interface_larger', 'interface_silent'],
};
const { values: flags } = parseArgs({ options: { rows: { type: 'string' }, trees: { type: 'string', default: '40' } } });
if (flags.rows === undefined) throw new Error('--rows FILE is missing: leave-one-out --rows FILE makes it');
const tenants = deserialize(readFileSync(flags.rows)) as TenantRows[];
const foldOf = foldsOf(tenants, 2);
const percent = (shares: readonly number[]): string => shares.map((share) => `${(100 * share).toFixed(0)} %`.padStart(6)).join('');

console.log(`found when ${RATES.map((rate) => `${100 * rate} %`).join(', ')} of the clean windows are called odd`);
for (const view of LEARNED_VIEWS) {
  const table = viewTable(view, FEATURE_LISTS[view], tenants);
  const all = [...table.label.keys()];
  const through = all.reduce((sum, row) => sum + (table.label[row] === ATTACK ? 0 : table.windows[row]), 0);
  for (const [name, family] of Object.entries(FAMILIES)) {
    const isOf = (row: number): boolean => table.label[row] === ATTACK && family.includes(table.scenario[row]);
    const score = new Float64Array(table.rows);
    for (const fold of [0, 1]) {
      const learn = rowsOf(
        table,
        all.filter((row) => foldOf[table.tenant[row]] !== fold && !isOf(row)),
      );
      const judged = all.filter((row) => foldOf[table.tenant[row]] === fold);
      const part = rowsOf(table, judged);
      const { model } = trainForest(forestTable(learn, learningWeights(learn)), { ...FIT.forest, trees: Number(flags.trees) }, 1);
      const out = new Float64Array(part.rows);
      compileForest(model).positive(part.values, part.rows, out);
      judged.forEach((row, i) => {
        score[row] = out[i];
      });
    }
    const rows = all.filter((row) => table.label[row] !== ATTACK || isOf(row));
    const attacks = rows.filter((row) => table.label[row] === ATTACK).length;
    if (attacks < 3) continue;
    const found = (of: Float64Array): string =>
      percent(
        rankFigures(
          rows.map((row) => of[row]),
          rows.map((row) => table.label[row]),
          rows.map((row) => table.windows[row]),
          Math.max(0, table.cleanWindows - through),
        ).found,
      );
    console.log(
      `${view.padEnd(10)}${name.padEnd(32)}${String(attacks).padStart(5)} windows   never seen:${found(score)}   baselines:${found(table.evidence)}`,
    );
  }
}
