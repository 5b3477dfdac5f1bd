import { z } from 'zod';
import type { GroupedAlert } from '../../models/evaluation/rebuilt-incidents.ts';
import { AlertRecord, IncidentRecord } from '../../schemas/alert.ts';
import { WeirError } from '../core/errors.ts';
import { readFileBytes } from './read-file-bytes.ts';

const { shape } = AlertRecord;
/** Of an alert, what an evaluation needs; what explains it may be left out. */
const AlertLine = z.object({
  alert_id: z.string().min(1),
  incident_id: z.string().min(1),
  tenant: shape.tenant,
  entity: shape.entity,
  related: shape.related.default([]),
  window: shape.window,
  detected_at: shape.detected_at,
  score: shape.score,
  severity: shape.severity,
  title: z.string().optional(),
  detector: z.string().optional(),
  final: z.boolean().optional(),
  config_version: z.string().optional(),
  bias: shape.bias.optional(),
  reasons: z.array(z.object({ contribution: z.number() })).optional(),
});

/** An alert with what it takes to check its explanation. */
export type AlertLine = GroupedAlert & { bias?: number; reasons?: { contribution: number }[] };

/** Alerts and incidents of files with one record a line, as `detect --alerts` and `incidents --json` write them. */
export interface AlertLines {
  alerts: AlertLine[];
  incidents: IncidentRecord[];
}

/** Reads files of alert or incident records, NDJSON, one kind or both. Throws `input_missing`, `input_unreadable` or `input_format` with the line. */
export function readAlertLines(paths: readonly string[]): AlertLines {
  const lines: AlertLines = { alerts: [], incidents: [] };
  for (const path of paths) {
    new TextDecoder()
      .decode(readFileBytes(path, 'file of alerts'))
      .split('\n')
      .forEach((text, i) => {
        if (text.trim() !== '') take(text, `${path}:${i + 1}`, lines);
      });
  }
  return lines;
}

function take(text: string, place: string, lines: AlertLines): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new WeirError('input_format', `${place} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const isAlert = typeof json === 'object' && json !== null && 'alert_id' in json;
  const parsed = isAlert ? AlertLine.safeParse(json) : IncidentRecord.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = isAlert ? 'no alert' : 'neither an alert (it has no alert_id) nor an incident';
    throw new WeirError('input_format', `${place} is ${what}: ${issue.path.join('.') || 'all of it'}: ${issue.message}`);
  }
  if (isAlert) lines.alerts.push(parsed.data as AlertLine);
  else lines.incidents.push(parsed.data as IncidentRecord);
}
