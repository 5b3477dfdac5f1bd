import { type Command, Option } from 'commander';
import type { ForestFacts, ForestFormat } from '../../models/forest/forest-file.ts';
import { WeirError } from '../core/errors.ts';
import { globalOptions } from './global-options.ts';

interface Flags {
  table?: string;
  label?: string;
  group?: string;
  out?: string;
  format: ForestFormat;
  delimiter?: string;
  ignore?: string[];
  categorical?: string[];
  trees: string;
  depth?: string;
  leaves?: string;
  minLeaf?: string;
  featuresPerSplit?: string;
  classWeight?: string;
  seed: string;
  threads?: string;
  holdout: string;
  json?: boolean;
  tenants?: string;
  check?: string;
  marks?: string;
  log?: string[];
  config?: string;
  data?: string;
  markWeight?: string;
}

const EXAMPLES = `
Without a table, the scorers of a bundle are learned from simulated tenants: forests and autoencoders of both views, with
their calibration and a model card, in a folder whose name is the bundle's version (docs/models-training.md). It takes some
minutes. The same seed and number of tenants give the same bytes.

A table is a CSV file in UTF-8 with a header line, .gz accepted, - for standard input. Cells that are empty, NaN, NA, null
or ? have no value. A column of text becomes one feature for each of its values, 64 at most. A quarter of the rows (whole
groups, where there is a group column) is set aside: nothing is learned from it, and the model is judged by it. The same
table, options and seed give the same bytes, whatever the number of threads.

Examples:
  weir train --out models/mine                        a bundle; then: weir models add models/mine, weir models promote mine
  weir train --check models/shipped/1                 is it what its manifest says? makes it again and compares
  weir train --out models/ours --marks marks.json --log gateway.log --config weir.yaml
                                                      with what people here marked as attack, benign or expected
  weir train --table windows.csv --label attack --group tenant --out attack.forest
  weir train --table windows.csv --label attack --trees 300 --min-leaf 5 --class-weight balanced
  weir train --table windows.csv --label attack --ignore id time --holdout 0
  weir train --table windows.csv --label attack --format ml-random-forest --out attack.json
  weir evaluate --table others.csv --model attack.forest        and then`;

/** `weir train`: learns a bundle of scorers from simulated tenants. With --table: a forest, from a CSV file. */
export function registerTrain(program: Command): void {
  program
    .command('train')
    .summary('learn the trained scorers anew, or a random forest from a table')
    .description(
      'Learns a bundle of trained scorers from simulated tenants. With --table: learns a random forest from a CSV file, judges it on rows set aside, and writes it.',
    )
    .option('--table <file>', 'CSV file to learn from')
    .option('--label <column>', 'what to learn: the column with the class of each row')
    .option('--group <column>', 'rows of one group (a tenant, a person) are never split between learning and judging')
    .option('-o, --out <file>', "model file (default: named after the table), or the bundle's folder")
    .addOption(
      new Option('--format <format>', 'weir is small and keeps everything; the other one is the JSON of that npm package')
        .choices(['weir', 'ml-random-forest'])
        .default('weir'),
    )
    .option('--delimiter <char>', 'what separates cells; tab for tabs (default: ,)')
    .option('--ignore <column...>', 'columns to leave out')
    .option('--categorical <column...>', 'columns whose numbers are names')
    .option('--trees <n>', 'number of trees', '100')
    .option('--depth <n>', 'deepest leaf (default: no limit)')
    .option('--leaves <n>', 'most leaves of a tree (default: no limit)')
    .option('--min-leaf <n>', 'least rows of a leaf (default: 1)')
    .option('--features-per-split <n>', 'features looked at for each split: a number, sqrt, log2 or all (default: sqrt)')
    .option('--class-weight <weights>', 'balanced, or a factor for classes: CLASS=FACTOR,CLASS=FACTOR (default: none)')
    .option('--seed <n>', 'another seed grows other trees and sets other rows aside', '1')
    .option('--threads <n>', 'threads (default: one a core)')
    .option('--holdout <share>', 'share of the rows set aside to judge by; 0 learns from all', '0.25')
    .option('--json', 'one JSON document')
    .option('--tenants <n>', 'bundle: number of simulated tenants (default: as the shipped one)')
    .option('--check <folder>', 'bundle: make it again from its manifest and compare the bytes')
    .option('--marks <file>', 'bundle: marks as `weir incidents marks --json` writes them, added to the simulated windows')
    .option('--log <file...>', 'bundle: the logs that the marked incidents were found in')
    .option('--config <file>', 'bundle: weir.yaml of these logs')
    .option('-d, --data <folder>', "bundle: data folder whose key names the marked entities (default: the config's)")
    .option('--mark-weight <factor>', 'bundle: what a marked window weighs against a simulated one (default: 3)')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags, command: Command) => {
      refuseOptionsOfOther(command, flags.table === undefined ? TABLE_ONLY : BUNDLE_ONLY, flags.table === undefined);
      if (flags.table === undefined) {
        if (flags.label !== undefined) throw new WeirError('usage', '--table FILE.csv is missing: the table to learn from');
        const { trainBundle } = await import('./train-bundle.ts');
        await trainBundle({ ...flags, quiet: globalOptions(command).quiet });
        return;
      }
      if (flags.label === undefined) throw new WeirError('usage', '--label COLUMN is missing: the column with the class of each row');
      const { trainTable } = await import('./train-table.ts');
      await trainTable({
        table: flags.table,
        label: flags.label,
        group: flags.group,
        out: flags.out,
        format: flags.format,
        delimiter: delimiterOf(flags.delimiter),
        ignore: flags.ignore ?? [],
        categorical: flags.categorical ?? [],
        options: forestOptions(flags),
        seed: wholeNumber(flags.seed, '--seed', 0, 4_294_967_295) as number,
        threads: wholeNumber(flags.threads, '--threads', 1, 256),
        holdout: shareOf(flags.holdout),
        json: flags.json === true,
        quiet: globalOptions(command).quiet,
      });
    });
}

const TABLE_ONLY = [
  'group',
  'format',
  'delimiter',
  'ignore',
  'categorical',
  'trees',
  'depth',
  'leaves',
  'minLeaf',
  'featuresPerSplit',
  'classWeight',
  'holdout',
  'json',
];
const BUNDLE_ONLY = ['tenants', 'check', 'marks', 'log', 'config', 'data', 'markWeight'];

/** An option that would have no effect is a misunderstanding. Throws `usage`. */
function refuseOptionsOfOther(command: Command, names: readonly string[], bundle: boolean): void {
  const given = command.options.find(
    (option) => names.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given !== undefined)
    throw new WeirError(
      'usage',
      bundle ? `${given.long} goes with --table FILE.csv, which is missing` : `${given.long} is for a bundle and does not go with --table`,
    );
}

function forestOptions(flags: Flags): ForestFacts['options'] {
  const options = {
    trees: wholeNumber(flags.trees, '--trees', 1, 100_000),
    maxDepth: wholeNumber(flags.depth, '--depth', 1, 1_000_000),
    maxLeaves: wholeNumber(flags.leaves, '--leaves', 2, 1_000_000_000),
    minLeaf: wholeNumber(flags.minLeaf, '--min-leaf', 1, 1_000_000_000),
    featuresPerSplit: perSplit(flags.featuresPerSplit),
    classWeights: classWeights(flags.classWeight),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function perSplit(text: string | undefined): number | 'sqrt' | 'log2' | 'all' | undefined {
  if (text === 'sqrt' || text === 'log2' || text === 'all') return text;
  if (text !== undefined && !/^\d+$/.test(text))
    throw new WeirError('usage', `--features-per-split ${text}: a whole number from 1, or sqrt, log2, all`);
  return wholeNumber(text, '--features-per-split', 1, 1_000_000);
}

/** `balanced`, or CLASS=FACTOR,...; which classes there are the table says. */
function classWeights(text: string | undefined): 'balanced' | Record<string, number> | undefined {
  if (text === undefined || text === 'balanced') return text;
  return Object.fromEntries(
    text.split(',').map((one) => {
      const at = one.lastIndexOf('=');
      const factor = Number(one.slice(at + 1));
      if (at < 1 || one.slice(at + 1).trim() === '' || !(factor > 0 && Number.isFinite(factor)))
        throw new WeirError('usage', `--class-weight ${text}: balanced, or CLASS=FACTOR,CLASS=FACTOR with factors above 0`);
      return [one.slice(0, at), factor];
    }),
  );
}

/** One character; `tab` and `\t` stand for a tab. Throws `usage`. */
export function delimiterOf(text: string | undefined): string | undefined {
  if (text === 'tab' || text === '\\t') return '\t';
  if (text !== undefined && (text.length !== 1 || text === '"' || text === '\n' || text === '\r'))
    throw new WeirError('usage', `--delimiter ${JSON.stringify(text)}: one character, or tab`);
  return text;
}

/** A whole number of an option; undefined when it was not given. Throws `usage` naming the option and its range. */
export function wholeNumber(text: string | undefined, option: string, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new WeirError('usage', `${option} ${text}: a whole number from ${least} to ${most}`);
  return value;
}

function shareOf(text: string): number {
  const share = text.trim() === '' ? Number.NaN : Number(text);
  if (!(share >= 0 && share <= 0.9)) throw new WeirError('usage', `--holdout ${text}: a share from 0 to 0.9`);
  return share;
}
