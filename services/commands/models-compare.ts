import { type Command, InvalidArgumentError } from 'commander';
import { terminalOf, writeOut } from '../console/output.ts';
import { renderTable } from '../console/table.ts';
import { formatSpan, parseTimeOption, TIME_SYNTAX } from '../console/times.ts';
import { named } from '../state/model-switches.ts';
import { AGREEMENT_AT, compareChampions, type ShadowFilter, strongestDisagreements } from '../storage/shadow-scores.ts';
import { globalOptions } from './global-options.ts';
import { addStoreOptions, type StoreChoice, withReader, writeRecords, zonesOf } from './record-list.ts';

/** Disagreements that are shown when --limit is not given. */
const SHOWN = 20;

interface Flags extends StoreChoice {
  tenant?: string;
  since?: string;
  until?: string;
  limit?: number;
  json?: boolean;
  utc?: boolean;
}

/** `weir models compare`: what champion and challenger said of the same windows. */
export function registerCompare(models: Command): void {
  addStoreOptions(models.command('compare'))
    .description(
      'Champion against challenger on the windows that both were asked about: agreement at evidences of 4, 6 and 8 decades, rank correlation, and where they differ most. Of each hour the strongest windows of a detector are kept.',
    )
    .option('--tenant <name>', 'of this tenant only')
    .option('--since <time>', `windows that begin then or later (${TIME_SYNTAX})`)
    .option('--until <time>', 'windows that begin before')
    .option('--limit <n>', `at most so many disagreements (default: ${SHOWN})`, count)
    .option('--json', 'one JSON document')
    .option('--utc', "times in UTC instead of the tenant's zone")
    .action((_: Flags, command: Command) => compare(command.optsWithGlobals<Flags>(), globalOptions(command).quiet));
}

async function compare(flags: Flags, quiet: boolean): Promise<void> {
  await withReader(flags, async (reader) => {
    const zones = await zonesOf(reader, flags);
    const time = (name: 'since' | 'until'): number | undefined =>
      flags[name] === undefined ? undefined : parseTimeOption(flags[name], `--${name}`, { now: Date.now(), zone: zones.common });
    const filter: ShadowFilter = { tenant: flags.tenant, since: time('since'), until: time('until') };
    const comparisons = await compareChampions(reader, filter);
    const disagreements = await strongestDisagreements(reader, filter, flags.limit ?? SHOWN);
    if (flags.json) return writeRecords([{ comparisons, disagreements }]);
    if (comparisons.length === 0) {
      if (!quiet) process.stderr.write('no challenger has scored along here; weir models challenge VERSION lets one\n');
      return;
    }
    const { style, width } = terminalOf(process.stdout);
    await writeOut(
      renderTable(
        [
          { title: 'champion' },
          { title: 'challenger' },
          { title: 'detector', shrinkTo: 16 },
          { title: 'windows', align: 'right' },
          { title: 'scored by both', align: 'right' },
          ...AGREEMENT_AT.map((at) => ({ title: `both/one/other >= ${at}`, align: 'right' as const })),
          { title: 'rank corr.', align: 'right' },
        ],
        comparisons.map((row) => [
          named(row.champion),
          row.challenger,
          row.detector,
          row.windows,
          row.both,
          ...row.agreement.map(({ both, champion, challenger }) => `${both}/${champion}/${challenger}`),
          row.rank_correlation === null ? '-' : row.rank_correlation.toFixed(3),
        ]),
        { style, width },
      ),
    );
    await writeOut(`\n${style.bold('strongest disagreements')} (evidence in decades; ${zones.common})\n`);
    await writeOut(
      renderTable(
        [
          { title: 'when' },
          { title: 'tenant' },
          { title: 'detector', shrinkTo: 16 },
          { title: 'entity', shrinkTo: 16 },
          { title: 'champion', align: 'right' },
          { title: 'challenger', align: 'right' },
          { title: 'alerts', align: 'right' },
          { title: 'marked' },
        ],
        disagreements.map((row) => [
          formatSpan(row.start, row.end, zones.common),
          row.tenant,
          row.detector,
          `${row.entity.kind} ${row.entity.id}`,
          row.champion_evidence.toFixed(2),
          row.challenger_evidence.toFixed(2),
          row.alerts.length,
          row.marks.join(', '),
        ]),
        { style, width },
      ),
    );
  });
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('it takes a whole number above 0.');
  return Number(text);
}
