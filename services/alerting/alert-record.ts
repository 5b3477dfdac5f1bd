import { createHash } from 'node:crypto';
import type { Candidate, Sample } from '../../models/candidate.ts';
import { counterfactual } from '../../models/counterfactual.ts';
import type { Detector } from '../../models/detector.ts';
import { expectedRange, surprise } from '../../models/evidence.ts';
import { learnedCounterfactual } from '../../models/learned/counterfactual.ts';
import type { Judge, Judged } from '../../models/learned/judge.ts';
import type { AlertRecord, EntityRef, Evidence, Reason, Severity } from '../../schemas/alert.ts';
import { ALERT_SCHEMA_VERSION } from '../../schemas/alert.ts';
import { HOUR } from '../core/watermark.ts';
import { reasonText } from './reason-texts.ts';
import { traitReasons, traitsText } from './source-texts.ts';

/** Contributions below this part of the score are told as one row `other`; a trained scorer's are many. */
const SMALL_PART = 0.01;
const SMALL_PART_LEARNED = 0.04;

export interface AlertContext {
  detector: Detector;
  /** what made the candidate's evidence of its terms */
  judge: Judge;
  /** evidence at which this verdict fires */
  threshold: number;
  severity: Severity;
  final: boolean;
  lateness: number;
  model: { name: string; version: string };
  configVersion: string;
  /** said after the title */
  note?: string;
}

/** First 32 hex digits of SHA-256 over the parts, each with its length before it. */
export function identityHash(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part};`);
  return hash.digest('hex').slice(0, 32);
}

/** Identity of an alert: tenant, detector name, entity, window start, window size; versions are fields. */
export function alertId(tenant: string, candidate: Pick<Candidate, 'detector' | 'entity' | 'start' | 'size'>): string {
  return identityHash([tenant, candidate.detector, candidate.entity.kind, candidate.entity.id, isoTime(candidate.start), candidate.size]);
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

/** The record of a verdict that fired; `incident_id` is filled in when the incident is known. */
export function alertRecord(tenant: string, candidate: Candidate, context: AlertContext): AlertRecord {
  const judged = context.judge.judge(candidate.terms);
  return {
    schema_version: ALERT_SCHEMA_VERSION,
    alert_id: alertId(tenant, candidate),
    incident_id: '',
    tenant,
    detector: candidate.detector,
    title: `${alertTitle(context.detector.titleOf?.(candidate) ?? context.detector.title, candidate.entity)}${context.note ?? ''}`,
    entity: candidate.entity,
    related: candidate.related,
    identity: candidate.identity,
    window: { start: isoTime(candidate.start), end: isoTime(candidate.end), size: candidate.size },
    detected_at: isoTime(candidate.end + context.lateness),
    final: context.final,
    score: judged.score,
    severity: context.severity,
    bias: judged.bias,
    reasons: [...reasonsOf(candidate, judged), ...traitReasons(candidate.flags, candidate.entity.kind)],
    counterfactual:
      candidate.model === undefined
        ? counterfactual(candidate.terms, context.threshold)
        : learnedCounterfactual(candidate.terms, context.threshold, context.judge),
    evidence: [...candidate.samples].sort(compareSamples).map(evidenceOf),
    model: context.model,
    config_version: context.configVersion,
  };
}

export function alertTitle(title: string, entity: EntityRef): string {
  return title.replaceAll('{key}', () => entity.id);
}

/**
 * Terms that contribute, largest first (a trained scorer's may also speak against: below 0, at the end); what is below
 * 1 % of the score (4 %) either way, and what a trained scorer makes of inputs that the window does not have, is summed in one row.
 */
function reasonsOf(candidate: Candidate, { score, contributions, rest }: Judged): Reason[] {
  const least = (candidate.model === undefined ? SMALL_PART : SMALL_PART_LEARNED) * score;
  const reasons: Reason[] = [];
  let small = rest;
  let smallCount = rest === 0 ? 0 : 1;
  candidate.terms.forEach((term, i) => {
    const contribution = contributions[i];
    if (contribution === 0) return;
    if (Math.abs(contribution) < least) {
      small += contribution;
      smallCount++;
      return;
    }
    const expected = expectedRange(term.law);
    reasons.push({
      feature: term.feature,
      value: term.value,
      expected: { low: expected.low, high: expected.high },
      baseline: { scope: term.baseline.scope, size: Math.max(0, term.baseline.size) },
      contribution,
      text: `${reasonText(term, expected, candidate.entity, candidate.size, isRunning(candidate))}${contribution < 0 ? ' (speaks against it)' : ''}`,
    });
  });
  reasons.sort((a, b) => b.contribution - a.contribution || (a.feature < b.feature ? -1 : a.feature > b.feature ? 1 : 0));
  if (smallCount > 0) {
    reasons.push({
      feature: 'other',
      value: smallCount,
      expected: { low: 0, high: smallCount },
      baseline: { scope: 'fixed', size: 0 },
      contribution: small,
      text: `${smallCount} further ${smallCount === 1 ? 'feature' : 'features'} of little weight`,
    });
  }
  return reasons;
}

/**
 * Surprise of a reason, decades, from which it is something to look at: outside of the range that is called normal beside
 * it. Three decades would cost quiet attacks that only a trained scorer sees.
 */
const WORTH_A_LOOK = 2;

/** Whether a reason that is named says by itself that something is unusual, so that a person has something to look at. */
export function namesOddity(candidate: Candidate, { score, contributions }: Judged): boolean {
  const least = (candidate.model === undefined ? SMALL_PART : SMALL_PART_LEARNED) * score;
  return candidate.terms.some(({ value, law }, i) => contributions[i] >= least && surprise(law, value) >= WORTH_A_LOOK);
}

const HOURS_OF: Readonly<Record<Candidate['size'], number>> = { '1m': 1 / 60, '1h': 1, '6h': 6, '1d': 24, '3d': 72, '7d': 168 };

/** Whether the last hour of the window had not ended when it was judged. */
function isRunning({ start, end, size }: Candidate): boolean {
  return end - start < HOURS_OF[size] * HOUR;
}

/** Interesting ones first, then by content: never by arrival. */
function compareSamples(a: Sample, b: Sample): number {
  if (a.interesting !== b.interesting) return a.interesting ? -1 : 1;
  return a.content - b.content || a.at - b.at;
}

function evidenceOf(sample: Sample): Evidence {
  const status = sample.status > 0 ? `${sample.status} ` : '';
  const who = sample.account !== '' && sample.account !== sample.address ? `, account ${redactedName(sample.account)}` : '';
  const from = sample.address === '' ? '' : ` from ${redactedAddress(sample.address)}${traitsText(sample.traits ?? 0)}`;
  return {
    source: sample.source,
    partition: sample.partition,
    offset: sample.offset,
    at: isoTime(sample.at),
    summary: `${status}${sample.interface}${from}${who}`,
  };
}

/** The network of an address: the last part of IPv4, all but the first three groups of IPv6 hidden. */
export function redactedAddress(address: string): string {
  if (address.includes(':')) return `${address.split(':').slice(0, 3).join(':')}:…`;
  const parts = address.split('.');
  return parts.length === 4 ? `${parts.slice(0, 3).join('.')}.x` : redactedName(address);
}

/** First two and last characters of a name; short ones are hidden whole. */
export function redactedName(name: string): string {
  const letters = [...name];
  return letters.length <= 4 ? '***' : `${letters.slice(0, 2).join('')}***${letters.at(-1)}`;
}
