import type { Command } from 'commander';
import { renderAlert } from '../console/alert-view.ts';
import { terminalOf, writeOut } from '../console/output.ts';
import { severityPaint } from '../console/severity.ts';
import { renderTable } from '../console/table.ts';
import { shortTime } from '../console/times.ts';
import { findAlert, listAlerts } from '../storage/records.ts';
import { globalOptions } from './global-options.ts';
import { addListOptions, addShowOptions, filterOf, type RecordOptions, remark, withReader, writeRecords, zonesOf } from './record-list.ts';

const EXAMPLES = `
Examples:
  weir alerts                                    the newest alerts
  weir alerts --tenant shop --severity high --since 2d
  weir alerts --since 2026-04-01 --until 2026-04-02T12:00 --utc
  weir alerts --json | jq .entity.id             every alert record, one a line
  weir alerts show 3f2a91                        one alert with its reasons; the first digits of its id are enough`;

export function registerAlerts(program: Command): void {
  const alerts = addListOptions(program.command('alerts'))
    .summary('list alerts, show one with its reasons')
    .description('Lists alerts, newest first; `show ID` explains one: what is odd, compared with what, what would have been normal.')
    .addHelpText('after', EXAMPLES)
    .action((options: RecordOptions, command: Command) => list(options, globalOptions(command).quiet));
  addShowOptions(alerts.command('show <id>'))
    .description('One alert with its reasons, what would have been normal, and where to look in the log.')
    .action((id: string, _: RecordOptions, command: Command) => show(id, command.optsWithGlobals<RecordOptions>()));
}

async function list(options: RecordOptions, quiet: boolean): Promise<void> {
  await withReader(options, async (reader) => {
    const zones = await zonesOf(reader, options);
    const filter = filterOf(options, zones, Date.now());
    const alerts = await listAlerts(reader, filter);
    if (options.json) return writeRecords(alerts);
    if (alerts.length > 0) {
      const { style, width } = terminalOf(process.stdout);
      const table = renderTable(
        [
          { title: 'id' },
          { title: `window ends (${zones.common})` },
          { title: 'size' },
          { title: 'severity' },
          { title: 'score', align: 'right' },
          { title: 'tenant' },
          { title: 'entity', shrinkTo: 16 },
          { title: 'detector' },
          { title: 'title', shrinkTo: 20 },
        ],
        alerts.map((alert) => [
          alert.alert_id.slice(0, 12),
          shortTime(alert.window.end, zones.common),
          alert.window.size,
          { text: alert.severity, paint: severityPaint(alert.severity, style) },
          alert.score.toFixed(2),
          alert.tenant,
          `${alert.entity.kind} ${alert.entity.id}`,
          alert.detector,
          `${alert.title}${alert.final ? '' : ' (provisional)'}`,
        ]),
        { style, width },
      );
      await writeOut(table);
    }
    if (!quiet) await remark(reader, 'alerts', alerts.length, filter, zones.common);
  });
}

async function show(id: string, options: RecordOptions): Promise<void> {
  await withReader(options, async (reader) => {
    const alert = await findAlert(reader, id);
    if (options.json) return writeRecords([alert]);
    const zones = await zonesOf(reader, { ...options, tenant: alert.tenant });
    await writeOut(renderAlert(alert, { ...terminalOf(process.stdout), zone: zones.of(alert.tenant) }));
  });
}
