import type { AlertRecord, BaselineScope, Change, Reason } from '../../schemas/alert.ts';
import { plainText } from './plain-text.ts';
import type { Style } from './style.ts';
import { formatNumber, renderTable } from './table.ts';
import { formatTime } from './times.ts';

const SCOPES: Record<BaselineScope, string> = {
  own: 'its own past',
  peers: 'its peers',
  tenant: 'the tenant',
  prior: 'shipped prior',
  fixed: 'fixed limit',
};

export interface ExplanationOptions {
  style: Style;
  /** time zone of the times */
  zone: string;
  /** columns of the terminal; undefined: no limit */
  width?: number;
  indent?: string;
  /** most reasons and evidence lines shown; the rest is counted */
  limit?: number;
}

/** Why an alert fired: a table of its reasons, what would have been normal, where to look. */
export function renderExplanation(alert: AlertRecord, options: ExplanationOptions): string {
  const { style, zone, width, indent = '', limit = Number.POSITIVE_INFINITY } = options;
  const reasons = [...alert.reasons].sort(
    (a, b) => Number(a.feature === 'other') - Number(b.feature === 'other') || Math.abs(b.contribution) - Math.abs(a.contribution),
  );
  const shown = reasons.slice(0, limit);
  let out = renderTable(
    [
      { title: 'feature' },
      { title: 'value', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: 'compared with' },
      { title: 'contribution', align: 'right' },
      { title: 'what it says', shrinkTo: 24 },
    ],
    shown.map((reason) => [
      { text: reason.feature, paint: style.bold },
      reason.feature === 'other' ? '' : reason.value,
      reason.feature === 'other' ? '' : expectedText(reason),
      reason.feature === 'other' ? '' : baselineText(reason),
      signed(reason.contribution),
      reason.text,
    ]),
    { style, width, indent },
  );
  if (reasons.length > shown.length) out += `${indent}${style.dim(`and ${reasons.length - shown.length} smaller ones`)}\n`;
  const sum = alert.reasons.reduce((total, reason) => total + reason.contribution, alert.bias);
  out += `${indent}${style.dim(`${alert.bias === 0 ? 'contributions add up to' : `bias ${signed(alert.bias)} and contributions add up to`} the score, ${sum.toFixed(2)}`)}\n`;
  out += `${indent}${counterfactualSentence(alert.counterfactual)}\n`;
  const evidence = alert.evidence.slice(0, limit);
  if (evidence.length > 0) {
    out += renderTable(
      [{ title: 'evidence' }, { title: 'where (source, partition, byte offset)', shrinkTo: 20 }, { title: 'what', shrinkTo: 30 }],
      evidence.map(({ at, source, partition, offset, summary }) => [formatTime(at, zone), `${source} ${partition} @${offset}`, summary]),
      { style, width, indent },
    );
    if (alert.evidence.length > evidence.length) out += `${indent}${style.dim(`and ${alert.evidence.length - evidence.length} more`)}\n`;
  }
  return out;
}

/** The smallest change that would not have alerted, as a sentence. */
export function counterfactualSentence(changes: readonly Change[]): string {
  if (changes.length === 0) return 'No change of these features alone would have kept it from alerting.';
  const parts = changes.map(
    (change) => `${plainText(change.feature)} at ${formatNumber(change.to)} instead of ${formatNumber(change.from)}`,
  );
  const list = parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
  return `It would not have alerted with ${list} (score then ${changes[changes.length - 1].score.toFixed(2)}).`;
}

function expectedText({ expected }: Reason): string {
  return expected.low === expected.high ? formatNumber(expected.low) : `${formatNumber(expected.low)} – ${formatNumber(expected.high)}`;
}

function baselineText({ baseline }: Reason): string {
  if (baseline.scope === 'fixed' || baseline.size === 0) return SCOPES[baseline.scope];
  return `${SCOPES[baseline.scope]} (${formatNumber(baseline.size)})`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
