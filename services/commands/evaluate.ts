import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { EvaluationReport } from '../../models/evaluation/evaluation-report.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { WeirError } from '../core/errors.ts';
import type { EvaluateSimulateFlags } from './evaluate-simulate.ts';
import { globalOptions } from './global-options.ts';
import { DEFAULT_DATA_FOLDER } from './record-list.ts';
import { delimiterOf, wholeNumber } from './train.ts';

interface Flags extends Omit<EvaluateSimulateFlags, 'quiet'> {
  labels?: string;
  alerts?: string[];
  data?: string;
  config?: string;
  from?: string;
  to?: string;
  simulate?: boolean;
  html?: string;
  table?: string;
  model?: string;
  label?: string;
  group?: string;
  positive?: string;
  delimiter?: string;
  allRows?: boolean;
  learningCurve: boolean;
  permutations: string;
  json?: boolean;
}

const EXAMPLES = `
--simulate: tenants that nobody has seen, drawn by seeds, run through the whole pipeline with shipped defaults and judged by
what they truly did. The same options give the same figures, whatever the number of threads. How incidents are judged:
docs/evaluation.md.

--labels: the alerts and incidents of a run, judged by a file in the form that weir simulate writes (docs/simulation.md). They
come from the store of a data folder, or from files: what weir incidents --json or detect --alerts wrote, or both.

--table: columns are found by name; others than the model's are passed over. Given the table that the model learned from, it
is judged on the rows that were set aside then. The learning curve learns again, with the model's own options, from growing
shares of the table (1/16 to all of three quarters, judged on the other quarter; groups are never split).

Examples:
  weir evaluate --simulate --kinds consumer,office --tenants 6 --seeds 1..4 --days 10 --html evaluation.html
  weir evaluate --simulate --scenarios slow_stuffing,scraping --intensities 1,0.5,0.25,0.1   down to where half is missed
  weir evaluate --simulate --budgets 1,0.3,3                  is the alert budget kept?
  weir evaluate --simulate --clean                            benign oddities only
  weir evaluate --labels sim/labels.json --data sim/weir-data --html evaluation.html
  weir evaluate --labels truth.json --alerts incidents.ndjson alerts.ndjson --from 2026-03-02 --to 2026-03-16
  weir evaluate --table others.csv --model attack.forest
  weir evaluate --table others.csv --model attack.forest --json --no-learning-curve`;

const LABELS_ONLY = ['alerts', 'data', 'config', 'from', 'to'];
const SIMULATE_ONLY = [
  'kinds',
  'tenants',
  'days',
  'seeds',
  'scenarios',
  'campaigns',
  'intensities',
  'shares',
  'budgets',
  'accounts',
  'events',
  'clean',
  'comparators',
  'asLogged',
  'bundle',
];
const TABLE_ONLY = ['model', 'label', 'group', 'positive', 'delimiter', 'allRows', 'learningCurve', 'permutations'];

/** `weir evaluate`: judges detection on simulated tenants (--simulate), or a forest on a CSV file (--table). */
export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('judge detection by labels, or a random forest by a table')
    .description(
      'Judges what Weir finds and what it raises wrongly, on simulated tenants or by labels of your own. With --table: judges a forest on a labelled CSV file: ranking, calibration, confusion, what each feature is worth, and whether more rows would help.',
    )
    .option('--simulate', 'on simulated tenants')
    .option('--kinds <list>', 'simulate: kinds of tenant', 'consumer,partners,office,network')
    .option('--tenants <n>', 'simulate: tenants of each kind and seed', '4')
    .option('--days <n>', 'simulate: days of each tenant, the first half without attacks', '10')
    .option('--seeds <list>', 'simulate: as in 7,9 or 1..20; each draws other tenants and campaigns', '1')
    .option('--scenarios <list>', 'simulate: names (weir simulate --list); default: all that suit')
    .option('--campaigns <n>', 'simulate: campaigns of a tenant at most', '3')
    .option('--intensities <list>', 'simulate: strength of campaigns, drawn evenly; 1 is an attack in full', '1')
    .option('--shares <list>', 'simulate: instead, the part of the traffic that campaigns are, as in 0.01,0.001')
    .option('--budgets <list>', 'simulate: alert budgets (false incidents a day); the first one is reported in full', '1')
    .option('--accounts <n>', 'simulate: accounts of a tenant (default: by the kind)')
    .option('--events <n>', 'simulate: events of an ordinary working day (default: by the kind)')
    .option('--clean', 'simulate: no campaigns, benign oddities only')
    .option('--comparators', 'simulate: published plain rules on the same events, in one table')
    .option('--as-logged', 'simulate: only the fields that each gateway was told to log, as weir simulate writes them')
    .option('--bundle <folder>', 'simulate: trained scorers to judge with, none for baselines alone (default: the shipped ones)')
    .option('--labels <file>', 'judge a run by these labels')
    .option('--alerts <file...>', 'labels: NDJSON of alerts or incidents (default: what is in the store)')
    .option('--data <dir>', `labels: data folder of the run, with its hash key (default: ${DEFAULT_DATA_FOLDER})`)
    .option('-c, --config <file>', 'labels: weir.yaml of the run, for a store elsewhere')
    .option('--from <time>', 'labels: begin of the logs, where nobody says it')
    .option('--to <time>', 'labels: end of the logs')
    .option('--html <file>', 'simulate, labels: also write a page with plots')
    .option('--table <file>', 'CSV file with labels, .gz accepted, - for standard input')
    .option('--model <file>', 'table: a model that weir train wrote, or the JSON of ml-random-forest')
    .option('--label <column>', "table: column with the class of each row (default: the model's)")
    .option('--group <column>', "table: column of the group (default: the model's, where the table has it)")
    .option('--positive <class>', 'table: class whose probabilities are calibrated (default: the last of two)')
    .option('--delimiter <char>', 'table: what separates cells; tab for tabs (default: ,)')
    .option('--all-rows', 'table: judge rows too that the model learned from')
    .option('--no-learning-curve', 'table: leave the learning curve out: it learns again, five times')
    .option('--permutations <n>', 'table: how often each column is shuffled for its importance; 0 leaves it out', '5')
    .option('--threads <n>', 'threads (default: one a core)')
    .option('--json', 'one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags, command: Command) => {
      const modes = [
        ...(flags.table === undefined ? [] : ['--table']),
        ...(flags.simulate === true ? ['--simulate'] : []),
        ...(flags.labels === undefined ? [] : ['--labels']),
      ];
      if (modes.length > 1) throw new WeirError('usage', `${modes.join(' and ')} are two evaluations: ask for one`);
      const { quiet } = globalOptions(command);
      if (flags.html !== undefined) checkFolder(flags.html);
      if (flags.simulate === true) {
        refuse(command, TABLE_ONLY, '--table');
        refuse(command, LABELS_ONLY, '--labels');
        const { evaluateSimulated } = await import('./evaluate-simulate.ts');
        await tell(await evaluateSimulated({ ...flags, quiet }), flags);
        return;
      }
      refuse(command, SIMULATE_ONLY, '--simulate');
      if (flags.labels !== undefined) {
        refuse(command, TABLE_ONLY, '--table');
        const { evaluateRecords } = await import('./evaluate-records.ts');
        await tell(await evaluateRecords({ ...flags, labels: flags.labels }), flags);
        return;
      }
      refuse(command, LABELS_ONLY, '--labels');
      if (flags.html !== undefined) throw new WeirError('usage', '--html goes with --simulate or --labels, which are missing');
      if (flags.table === undefined)
        throw new WeirError(
          'usage',
          'say what to judge: --simulate (simulated tenants), --labels FILE.json (a run, by labels) or --table FILE.csv (a random forest)',
        );
      if (flags.model === undefined) throw new WeirError('usage', '--model FILE is missing: the model to judge');
      const { evaluateTable } = await import('./evaluate-table.ts');
      await evaluateTable({
        table: flags.table,
        model: flags.model,
        label: flags.label,
        group: flags.group,
        positive: flags.positive,
        delimiter: delimiterOf(flags.delimiter),
        allRows: flags.allRows === true,
        learningCurve: flags.learningCurve,
        permutations: wholeNumber(flags.permutations, '--permutations', 0, 1000) as number,
        threads: wholeNumber(flags.threads, '--threads', 1, 256),
        json: flags.json === true,
        quiet,
      });
    });
}

/** An option that would have no effect is a misunderstanding. Throws `usage`. */
function refuse(command: Command, names: readonly string[], mode: string): void {
  const given = command.options.find(
    (option) => names.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given !== undefined) throw new WeirError('usage', `${given.long} goes with ${mode}, which is missing`);
}

async function tell(report: EvaluationReport, flags: Flags): Promise<void> {
  if (flags.html !== undefined) {
    const { evaluationPage } = await import('../console/evaluation-page.ts');
    writePage(flags.html, evaluationPage(report));
  }
  if (flags.json === true) {
    await writeOut(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  const { evaluationText } = await import('../console/evaluation-text.ts');
  await writeOut(evaluationText(report, terminalOf(process.stdout)));
}

/** Hours of work need a place to go, checked before. Throws `disk`. */
function checkFolder(path: string): void {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK);
  } catch (cause) {
    throw new WeirError('disk', `--html ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (cause) {
    throw new WeirError('disk', `--html ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
