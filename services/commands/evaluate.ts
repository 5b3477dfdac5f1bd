import type { Command } from 'commander';
import { WeirError } from '../core/errors.ts';
import { globalOptions } from './global-options.ts';
import { delimiterOf, wholeNumber } from './train.ts';

interface Flags {
  table?: string;
  model?: string;
  label?: string;
  group?: string;
  positive?: string;
  delimiter?: string;
  allRows?: boolean;
  learningCurve: boolean;
  permutations: string;
  threads?: string;
  json?: boolean;
}

const EXAMPLES = `
Columns are found by name; others than the model's are passed over. Given the table that the model learned from, it is
judged on the rows that were set aside then. The learning curve learns again, with the model's own options, from growing
shares of the table (1/16 to all of three quarters, judged on the other quarter; groups are never split).

Examples:
  weir evaluate --table others.csv --model attack.forest
  weir evaluate --table others.csv --model attack.forest --json --no-learning-curve`;

/** `weir evaluate`: judges a model. With --table: a forest, on a CSV file. */
export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .summary('judge a random forest on a table')
    .description(
      'Judges a forest on a labelled CSV file: ranking, calibration, confusion, what each feature is worth, and whether more rows would help.',
    )
    .option('--table <file>', 'CSV file with labels, .gz accepted, - for standard input')
    .option('--model <file>', 'a model that weir train wrote, or the JSON of ml-random-forest')
    .option('--label <column>', "column with the class of each row (default: the model's)")
    .option('--group <column>', "column of the group (default: the model's, where the table has it)")
    .option('--positive <class>', 'class whose probabilities are calibrated (default: the last of two)')
    .option('--delimiter <char>', 'what separates cells; tab for tabs (default: ,)')
    .option('--all-rows', 'judge rows too that the model learned from')
    .option('--no-learning-curve', 'leave the learning curve out: it learns again, five times')
    .option('--permutations <n>', 'how often each column is shuffled for its importance; 0 leaves it out', '5')
    .option('--threads <n>', 'threads (default: one a core)')
    .option('--json', 'one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags, command: Command) => {
      if (flags.table === undefined) throw new WeirError('usage', '--table FILE.csv is missing: the table to judge by');
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
        quiet: globalOptions(command).quiet,
      });
    });
}
