import type { AlertRecord } from '../../schemas/alert.ts';
import type { ExplanationOptions } from './explanation.ts';
import { renderExplanation } from './explanation.ts';
import { renderFields } from './fields.ts';
import { plainText } from './plain-text.ts';
import { severityPaint } from './severity.ts';
import { formatSpan, shortTime } from './times.ts';

/** One alert in full, as `weir alerts show` prints it. */
export function renderAlert(alert: AlertRecord, options: ExplanationOptions): string {
  const { style, zone } = options;
  const head = `${severityPaint(alert.severity, style)(alert.severity.toUpperCase())}  ${style.bold(plainText(alert.title))}\n`;
  const fields = renderFields(
    [
      ['alert', `${alert.alert_id}${alert.final ? '' : '  (provisional: the input may go on)'}`],
      ['incident', alert.incident_id],
      ['tenant', alert.tenant],
      [alert.entity.kind, alert.entity.id],
      ['identity', `${alert.identity.origin}, confidence ${alert.identity.confidence.toFixed(2)}`],
      ['window', `${formatSpan(alert.window.start, alert.window.end, zone)} (${alert.window.size}, ${zone})`],
      ['detected', shortTime(alert.detected_at, zone)],
      ['score', alert.score.toFixed(2)],
      ['detector', `${alert.detector} (${alert.model.name} ${alert.model.version}, config ${alert.config_version})`],
      ...alert.related.map(({ kind, id }): [string, string] => [`with ${kind}`, id]),
    ],
    style,
  );
  return `${head}${fields}\n${renderExplanation(alert, { indent: '  ', ...options })}`;
}
