import type { Severity } from '../schemas/alert.ts';

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
  return RANK[severity] > RANK[most] ? most : severity;
}

const RANK: Record<Severity, number> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };
