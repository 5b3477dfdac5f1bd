import { SEVERITIES, type Severity } from '../schemas/alert.ts';

/** Evidence (decades) from which an alert is medium, high, critical. */
export const SEVERITY_STEPS = { medium: 6, high: 10, critical: 16 } as const;

/** The usual severity rule; `most` caps it for matters that cannot be worse. */
export function severityOf(evidence: number, most: Severity = 'critical'): Severity {
  const severity: Severity =
    evidence >= SEVERITY_STEPS.critical
      ? 'critical'
      : evidence >= SEVERITY_STEPS.high
        ? 'high'
        : evidence >= SEVERITY_STEPS.medium
          ? 'medium'
          : 'low';
  return atMost(severity, most);
}

/** The lower of two severities. */
export function atMost(severity: Severity, most: Severity): Severity {
  return severityRank(severity) > severityRank(most) ? most : severity;
}

/** 0 for `info`, one more for each step. */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}
