import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import type { IncidentRecord } from '../../schemas/alert.ts';
import type { Config } from '../../schemas/config.ts';
import { lastMarks, MARKS, type Mark, type MarkDraft, type MarkRecord } from '../../schemas/marks.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { renderTable } from '../console/table.ts';
import { formatSpan, parseTimeOption, shortTime } from '../console/times.ts';
import { WeirError } from '../core/errors.ts';
import { MarkJournal } from '../state/mark-journal.ts';
import { alertsOf, findIncident } from '../storage/records.ts';
import { loadConfig } from './config.ts';
import { globalOptions } from './global-options.ts';
import { requestMark } from './incident-marking.ts';
import { requestMarkOnKafka } from './marking-on-kafka.ts';
import { addStoreOptions, type RecordOptions, withReader, writeRecords, zonesOf } from './record-list.ts';

interface MarkFlags extends RecordOptions {
  as: Mark;
  note?: string;
}

/** `weir incidents mark` and `weir incidents marks`: what people say of incidents. */
export function registerMarks(incidents: Command): void {
  addStoreOptions(incidents.command('mark <id>'))
    .description(
      'Says of an incident what it was. Its like (same detector, same entity) is not raised again after `benign` and `expected`, until --until; nothing else is hidden. `attack` takes that back. The last mark of an incident holds.',
    )
    .addOption(
      new Option('--as <mark>', 'attack, benign (nothing of the kind), or expected (right, but known to come)')
        .choices(MARKS)
        .makeOptionMandatory(),
    )
    .option('--until <time>', 'event time from which its like is raised again (default: never)')
    .option('--note <text>', 'why, for whoever reads it later')
    .option('--json', 'the mark as JSON')
    .option('--utc', "times in UTC instead of the tenant's zone")
    .action((id: string, _: MarkFlags, command: Command) => mark(id, command.optsWithGlobals<MarkFlags>()));
  addStoreOptions(incidents.command('marks'))
    .description('Lists the marks that hold; --json prints them with what they are about, as `weir train --marks FILE` reads them.')
    .option('--tenant <name>', 'of this tenant only')
    .option('--json', 'records as NDJSON, one a line')
    .option('--utc', "times in UTC instead of the tenant's zone")
    .action((_: RecordOptions, command: Command) => list(command.optsWithGlobals<RecordOptions>(), globalOptions(command).quiet));
}

async function mark(id: string, flags: MarkFlags): Promise<void> {
  const config = flags.config === undefined ? undefined : kafkaConfig(flags.config);
  const { draft, zone } = await withReader(flags, async (reader) => {
    const incident = await findIncident(reader, id);
    const zones = await zonesOf(reader, { ...flags, tenant: incident.tenant });
    const alerts = await alertsOf(reader, incident);
    const until = untilOf(flags, incident, zones.of(incident.tenant));
    const entities = unique([incident.entity, ...alerts.map(({ entity }) => entity)]);
    const made: MarkDraft = {
      incident_id: incident.incident_id,
      mark: flags.as,
      tenant: incident.tenant,
      title: incident.title,
      entities,
      actors: incident.actors.map(({ kind, id: actor }) => ({ kind, id: actor })),
      detectors: incident.detectors,
      from: incident.started_at,
      to: incident.ended_at,
      until,
      author: userInfo().username,
      note: flags.note ?? '',
      request: randomBytes(8).toString('hex'),
    };
    return { draft: made, zone: zones.of(incident.tenant) };
  });
  const written = await (config === undefined ? requestMark(flags.data, draft) : requestMarkOnKafka(config, draft));
  if (flags.json) return writeRecords([written]);
  await writeOut(`${written.incident_id.slice(0, 12)} is marked ${written.mark}${consequence(written, zone)}\n`);
}

/** Marks lie where the runs find them: in a data folder, or in the state folder of an installation on Kafka. */
function kafkaConfig(path: string): Config {
  const { config } = loadConfig(path);
  if (config.sources.some(({ kafka }) => kafka !== undefined)) return config;
  throw new WeirError('usage', `without Kafka marks lie in a data folder: name it with --data instead of --config ${path}`);
}

function untilOf({ as, until }: MarkFlags, incident: IncidentRecord, zone: string): string | null {
  if (until === undefined) return null;
  if (as === 'attack') throw new WeirError('usage', '--until: a mark as attack hides nothing, so there is nothing to end');
  const time = parseTimeOption(until, '--until', { now: Date.now(), zone });
  if (time <= Date.parse(incident.ended_at)) {
    throw new WeirError(
      'usage',
      `--until ${new Date(time).toISOString()}: the incident itself goes on to ${incident.ended_at}; name a later time (event time)`,
    );
  }
  return new Date(time).toISOString();
}

function consequence({ mark: as, until }: MarkRecord, zone: string): string {
  if (as === 'attack') return '';
  return `: its like is not raised again${until === null ? '' : ` before ${shortTime(until, zone)} (${zone})`}`;
}

function unique<T extends { kind: string; id: string }>(entities: readonly T[]): T[] {
  return [...new Map(entities.map((entity) => [`${entity.kind} ${entity.id}`, entity])).values()];
}

async function list(flags: RecordOptions, quiet: boolean): Promise<void> {
  const folder = flags.config === undefined ? flags.data : kafkaConfig(flags.config).kafka.state;
  const marks = lastMarks(new MarkJournal(folder).marks).filter(({ tenant }) => flags.tenant === undefined || tenant === flags.tenant);
  if (flags.json) return writeRecords(marks);
  if (marks.length === 0) {
    if (!quiet) process.stderr.write(`no marks in ${folder}; weir incidents mark ID --as attack|benign|expected sets one\n`);
    return;
  }
  const zones = await withReader(flags, (reader) => zonesOf(reader, flags));
  const { style, width } = terminalOf(process.stdout);
  await writeOut(
    renderTable(
      [
        { title: 'incident' },
        { title: 'mark' },
        { title: 'tenant' },
        { title: `when (${zones.common})` },
        { title: 'until' },
        { title: 'about', shrinkTo: 16 },
        { title: 'actors', align: 'right' },
        { title: 'title', shrinkTo: 20 },
        { title: 'note', shrinkTo: 10 },
      ],
      marks.map((one) => [
        one.incident_id.slice(0, 12),
        one.mark,
        one.tenant,
        formatSpan(one.from, one.to, zones.common),
        one.until === null ? '' : shortTime(one.until, zones.common),
        `${one.entities[0].kind} ${one.entities[0].id}`,
        one.actors.length,
        one.title,
        one.note,
      ]),
      { style, width },
    ),
  );
}
