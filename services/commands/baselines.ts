import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { renderFields } from '../console/fields.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { renderTable } from '../console/table.ts';
import { formatTime } from '../console/times.ts';
import { WeirError } from '../core/errors.ts';
import { parseLedgerCounter } from '../core/topology-contract.ts';
import { MAIN_RUN } from '../drivers/embedded/known-runs.ts';
import { type FleetVersion, keptVersions } from '../drivers/kafka/fleet-versions.ts';
import { FileSnapshotStore } from '../state/file-snapshot-store.ts';
import type { Manifest } from '../state/manifest.ts';
import { kafkaInstallation, keepOnKafka, rollBackOnKafka } from './baselines-on-kafka.ts';
import { requestRollback } from './baselines-rollback.ts';
import { addDataOption, writeRecords } from './record-list.ts';

const EXAMPLES = `
A version is all that was learned when the state was saved last on a day of event time, with the places in the logs: what
is normal of every account, interface, source and target, what the tenant's own population shows, thresholds. Kept are
those of the last seven days, and one a week of four weeks before.

A rollback goes back to one: what was learned since is forgotten, and what was read since is read again where the logs are
still there, with the same results as before. To leave something out of it, take its log away or change the config first.
Alerts and incidents that were raised stay, each once; marks hold on. A run that is on begins again from there by itself.

On Kafka (--config weir.yaml) a version is what you keep while every weir serve is stopped: it takes seconds, and what
comes meanwhile waits on its topics. A rollback wants the same.

Examples:
  weir baselines                      which versions there are
  weir baselines rollback 41          back to what was learned then
  weir detect shop.log                go on from there: what was read since is read again
  weir baselines keep --config weir.yaml           on Kafka, all stopped: a version
  weir baselines rollback 3 --config weir.yaml     on Kafka, all stopped: back to it; then start weir serve again`;

interface Flags {
  data: string;
  /** of an installation on Kafka */
  config?: string;
  json?: boolean;
}

/** One version as `weir baselines --json` prints it. */
interface VersionRow {
  version: number;
  /** ISO 8601, by the clock */
  kept_at: string;
  /** event time that each tenant had reached, ISO 8601 UTC */
  reached: Record<string, string>;
  /** events read, since the beginning of the state */
  events: number;
  bytes: number;
  program: string;
  /** the last three of a data folder only: on Kafka tasks may be under several configs, and go on at once */
  config_version?: string;
  /** the run stands there now: nothing was learned since */
  current?: boolean;
  /** the run was rolled back to it */
  rolled_back_to?: boolean;
}

/** `weir baselines`: versions of what was learned, and the way back to one. */
export function registerBaselines(program: Command): void {
  const baselines = addPlace(program.command('baselines'))
    .summary('versions of what was learned, and the way back to one')
    .description('Lists the versions of the baselines that a data folder, or an installation on Kafka, keeps.')
    .option('--json', 'one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((flags: Flags) => list(flags));
  const sub = (text: string, description: string): Command =>
    addPlace(baselines.command(text)).option('--json', 'one JSON document').description(description);
  sub('list', 'The same as without a word.').action((_: Flags, command: Command) => list(command.optsWithGlobals<Flags>()));
  sub('keep', 'On Kafka: keeps a version now; every weir serve is stopped.').action((_: Flags, command: Command) =>
    keep(command.optsWithGlobals<Flags>()),
  );
  sub('rollback', 'Goes back to a version: what was learned since is forgotten.')
    .argument('<version>', 'number of a version', versionNumber)
    .action((version: number, _: Flags, command: Command) => rollback(version, command.optsWithGlobals<Flags>()));
}

function addPlace(command: Command): Command {
  return addDataOption(command).option('-c, --config <file>', 'weir.yaml of an installation on Kafka, instead of --data');
}

async function list({ data, config, json }: Flags): Promise<void> {
  const rows = config === undefined ? rowsIn(data) : keptVersions(kafkaInstallation(config).kafka.state).map(rowOfFleet);
  if (json) return writeRecords([{ versions: rows }]);
  if (rows.length === 0) {
    await writeOut(
      config === undefined
        ? `nothing is kept in ${data} yet: the first version is there when logs have been read\n`
        : `nothing is kept yet: weir baselines keep --config ${config}, while every weir serve is stopped\n`,
    );
    return;
  }
  const { style, width } = terminalOf(process.stdout);
  await writeOut(
    renderTable(
      [
        { title: 'version' },
        { title: 'learned until (UTC)' },
        { title: 'events' },
        { title: 'MB' },
        { title: 'kept at (UTC)' },
        { title: '', shrinkTo: 20 },
      ],
      rows.map((row) => [
        String(row.version),
        timeText(Object.values(row.reached).sort().at(-1)),
        String(row.events),
        (row.bytes / 1e6).toFixed(1),
        timeText(row.kept_at),
        [...(row.current ? ['where the run stands'] : []), ...(row.rolled_back_to ? ['rolled back to'] : [])].join(', '),
      ]),
      { style, width },
    ),
  );
}

function rowsIn(data: string): VersionRow[] {
  const store = new FileSnapshotStore(join(data, 'snapshots', MAIN_RUN));
  const newest = store.newest();
  return store.versions().map((version) => rowOf(version, newest));
}

function rowOfFleet({ number, at, reached, ledger, bytes, program }: FleetVersion): VersionRow {
  return { version: number, kept_at: at, reached: times(reached), events: eventsRead(ledger), bytes, program };
}

/** Events that a ledger says were read. */
function eventsRead(ledger: Readonly<Record<string, number>>): number {
  let events = 0;
  for (const [name, count] of Object.entries(ledger)) if (parseLedgerCounter(name)?.fate === 'read') events += count;
  return events;
}

function rowOf({ sequence, kept, reached, ledger, files, program, configVersion }: Manifest, newest: Manifest | undefined): VersionRow {
  return {
    version: sequence,
    kept_at: kept?.at ?? '',
    reached: times(reached),
    events: eventsRead(ledger),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    program,
    config_version: configVersion,
    current: newest?.sequence === sequence || (newest?.kept?.number === 0 && newest.kept.from === sequence),
    rolled_back_to: newest?.kept?.from === sequence,
  };
}

async function keep({ config, json }: Flags): Promise<void> {
  if (config === undefined)
    throw new WeirError('usage', 'a data folder keeps its versions by itself; on Kafka: weir baselines keep --config weir.yaml');
  const row = rowOfFleet(await keepOnKafka(kafkaInstallation(config)));
  if (json) return writeRecords([row]);
  await writeOut(`kept as version ${row.version}; weir serve can be started again\n`);
}

async function rollback(version: number, { data, config, json }: Flags): Promise<void> {
  const done =
    config !== undefined
      ? await rollBackOnKafka(kafkaInstallation(config), version)
      : await requestRollback(data, { kind: 'rollback', id: randomBytes(8).toString('hex'), version });
  if (json) return writeRecords([{ ...done, reached: times(done.reached) }]);
  const { style } = terminalOf(process.stdout);
  await writeOut(`the baselines are those of version ${version}\n`);
  const entries = Object.entries(done.reached).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length > 0)
    await writeOut(
      renderFields(
        entries.map(([tenant, at]) => [tenant, `learned until ${formatTime(at, 'UTC')} UTC`]),
        style,
      ),
    );
  const again = config === undefined ? 'the next run, where it is still there' : 'weir serve, which can be started now';
  await writeOut(`what was read since is read again by ${again}\n`);
}

function times(reached: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(reached).flatMap(([tenant, at]) => (Number.isFinite(at) ? [[tenant, new Date(at).toISOString()]] : [])),
  );
}

function timeText(iso: string | undefined): string {
  return iso === undefined || iso === '' ? '' : formatTime(Date.parse(iso), 'UTC');
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('not the number of a version; weir baselines lists them');
  return Number(text);
}
