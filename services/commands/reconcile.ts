import type { Command } from 'commander';
import { terminalOf, writeOut } from '../console/output.ts';
import type { Style } from '../console/style.ts';
import { formatNumber, renderTable } from '../console/table.ts';
import { EXIT } from '../core/errors.ts';
import { type Comparison, type Reconciliation, reconcile, type SourceBalance } from '../storage/reconcile.ts';
import { addStoreOptions, type StoreChoice, withReader } from './record-list.ts';

const HELP = `
Every event that was read has one fate: windowed, dropped (a duplicate), late, dead-lettered (by reason), or held (waiting
for its clock to be confirmed). The tables must hold what the ledger counts, and the interfaces' panes as many requests as
the accounts'. Exit code 1 when something does not add up.

While weir serve works on the store, some events are in flight, and windows that are open are not stored yet: that is
shown and is no mistake. What has more fates than it was read, or more rows than it was counted, is; it is looked at twice,
five seconds apart, because the tasks store their counts each at its own time. When the inputs have come to their end, or
in a drill, --settled asks for more: exit code 1 until nothing is in flight and every table holds what was counted.

Examples:
  weir reconcile
  weir reconcile --data /var/lib/weir --json
  weir reconcile --config weir.yaml --settled      on the ClickHouse server that it names`;

interface ReconcileOptions extends StoreChoice {
  json?: boolean;
  settled?: boolean;
}

export function registerReconcile(program: Command): void {
  addStoreOptions(program.command('reconcile'))
    .summary('check that nothing was lost or doubled')
    .description('Adds up the ledger: what was read against what became of it, and against what is stored.')
    .option('--settled', 'exit code 1 also while something is on its way, or the last run has not come to its end')
    .option('--json', 'the figures as one JSON object')
    .addHelpText('after', HELP)
    .action((options: ReconcileOptions) => run(options));
}

async function run(options: ReconcileOptions): Promise<void> {
  await withReader(options, async (reader) => {
    const result = await reconcile(reader, Date.now());
    if (!result.balanced || (options.settled && !result.settled)) process.exitCode = EXIT.unbalanced;
    await writeOut(options.json ? `${JSON.stringify(result)}\n` : renderReconciliation(result, terminalOf(process.stdout).style));
  });
}

/** The figures as tables, and what they say as the last line. */
export function renderReconciliation(result: Reconciliation, style: Style): string {
  if (result.sources.length === 0) return 'the ledger is empty: nothing has been read into this store yet\n';
  const number = (title: string) => ({ title, align: 'right' as const });
  const sources = renderTable(
    [
      { title: 'tenant' },
      { title: 'source' },
      number('read'),
      number('windowed'),
      number('dropped'),
      number('late'),
      number('dead-lettered'),
      number('held'),
      ...(result.live ? [number('in flight')] : []),
      number('missing'),
      { title: 'dead letters by reason' },
    ],
    result.sources.map((row) => [
      row.tenant,
      row.source,
      row.read,
      row.windowed,
      row.dropped,
      row.late,
      row.dead,
      row.held,
      ...(result.live ? [row.in_flight] : []),
      { text: formatNumber(row.missing), paint: row.missing === 0 ? style.green : style.red },
      reasonsText(row),
    ]),
    { style },
  );
  const comparisons = renderTable(
    [{ title: 'tenant' }, { title: 'source' }, { title: 'what' }, number('expected'), number('found'), { title: '' }],
    result.comparisons.map((row) => [
      row.tenant,
      row.source ?? 'all',
      row.what,
      row.expected,
      row.found,
      { text: verdict(row), paint: row.judged && row.expected !== row.found ? style.red : style.dim },
    ]),
    { style },
  );
  const notes: string[] = [];
  if (result.live && !result.settled) {
    notes.push(
      'Live tasks are at work: events in flight have no fate yet, and events in windows that are still open are counted but not stored yet. --settled asks that nothing is.\n',
    );
  } else if (!result.settled) {
    notes.push(
      'The last run has not come to its end (it goes on, or was stopped or killed): events in windows that are still open are counted but not stored yet, and after a kill tables can be ahead of the last cut. Start it again to settle this.\n',
    );
  }
  if (result.aged) notes.push('Rows are old enough for retention to have removed some; counts of what is stored say less then.\n');
  const end = result.balanced ? style.green('the ledger adds up') : style.red('the ledger does not add up');
  return `${sources}\n${comparisons}\n${notes.join('')}${end}\n`;
}

function verdict(row: Comparison): string {
  if (row.expected === row.found) return 'equal';
  const difference = `${row.found > row.expected ? '+' : '−'}${formatNumber(Math.abs(row.found - row.expected))}`;
  return row.judged ? difference : `${difference} (not settled)`;
}

function reasonsText(row: SourceBalance): string {
  const reasons = Object.entries(row.reasons)
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1]);
  return reasons.map(([reason, count]) => `${reason} ${formatNumber(count)}`).join(', ');
}
