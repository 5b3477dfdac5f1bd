import type { Command } from 'commander';
import { renderIncident } from '../console/incident-view.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { severityPaint } from '../console/severity.ts';
import { renderTable } from '../console/table.ts';
import { formatSpan } from '../console/times.ts';
import { alertsOf, findIncident, listIncidents } from '../storage/records.ts';
import { globalOptions } from './global-options.ts';
import { registerMarks } from './incidents-mark.ts';
import { addListOptions, addShowOptions, filterOf, type RecordOptions, remark, withReader, writeRecords, zonesOf } from './record-list.ts';

const EXAMPLES = `
Examples:
  weir incidents                                 what to read, the worst first
  weir incidents --tenant shop --since 2d --severity medium
  weir incidents show 3f2a91                     one incident with the reasons of its alerts
  weir incidents mark 3f2a91 --as expected --until 2026-05-01
  weir incidents --json > incidents.ndjson       every incident record, one a line`;

/** Registers the command and returns it, for what else is done with incidents. */
export function registerIncidents(program: Command): Command {
  const incidents = addListOptions(program.command('incidents'))
    .summary('list incidents, show one with its reasons')
    .description(
      'Lists incidents, the worst first; `show ID` explains one with its alerts: what is odd, compared with what, what would have been normal.',
    )
    .addHelpText('after', EXAMPLES)
    .action((options: RecordOptions, command: Command) => list(options, globalOptions(command).quiet));
  addShowOptions(incidents.command('show <id>'))
    .option('--all', 'the reasons of every alert, not only of the strongest')
    .description('One incident with its actors and the reasons of its alerts. The first digits of the id are enough.')
    .action((id: string, _: RecordOptions, command: Command) => show(id, command.optsWithGlobals<RecordOptions & { all?: boolean }>()));
  registerMarks(incidents);
  return incidents;
}

async function list(options: RecordOptions, quiet: boolean): Promise<void> {
  await withReader(options, async (reader) => {
    const zones = await zonesOf(reader, options);
    const filter = filterOf(options, zones, Date.now());
    const incidents = await listIncidents(reader, filter);
    if (options.json) return writeRecords(incidents);
    if (incidents.length > 0) {
      const { style, width } = terminalOf(process.stdout);
      const table = renderTable(
        [
          { title: 'id' },
          { title: 'severity' },
          { title: 'score', align: 'right' },
          { title: 'tenant' },
          { title: `when (${zones.common})` },
          { title: 'about', shrinkTo: 16 },
          { title: 'actors', align: 'right' },
          { title: 'alerts', align: 'right' },
          { title: 'title', shrinkTo: 20 },
        ],
        incidents.map((incident) => [
          incident.incident_id.slice(0, 12),
          { text: incident.severity, paint: severityPaint(incident.severity, style) },
          incident.score.toFixed(2),
          incident.tenant,
          formatSpan(incident.started_at, incident.ended_at, zones.common),
          `${incident.entity.kind} ${incident.entity.id}`,
          incident.actor_count,
          incident.alert_ids.length,
          `${incident.title}${incident.final ? '' : ' (provisional)'}`,
        ]),
        { style, width },
      );
      await writeOut(table);
    }
    if (!quiet) await remark(reader, 'incidents', incidents.length, filter, zones.common);
  });
}

async function show(id: string, options: RecordOptions & { all?: boolean }): Promise<void> {
  await withReader(options, async (reader) => {
    const incident = await findIncident(reader, id);
    if (options.json) return writeRecords([incident]);
    const zones = await zonesOf(reader, { ...options, tenant: incident.tenant });
    const alerts = await alertsOf(reader, incident);
    const unlimited = options.all ? { alerts: Number.POSITIVE_INFINITY, actors: Number.POSITIVE_INFINITY } : {};
    await writeOut(renderIncident(incident, alerts, { ...terminalOf(process.stdout), zone: zones.of(incident.tenant), ...unlimited }));
  });
}
