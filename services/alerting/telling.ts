import { severityRank } from '../../models/severity.ts';
import type { Incident, Member } from './incident-types.ts';

/**
 * What a detector's alert proves, most telling first: a fact about one request is worth more as a title than a kind of abuse,
 * that more than how callers spread, and that more than "unusual". The strongest alert is often the least telling: whoever
 * reads a thousand records without an account is also a caller that does nothing else.
 */
const TELLING: readonly (readonly string[])[] = [
  ['unauthenticated_interface', 'partner_after_contract', 'database_exposed', 'access_from_outside', 'guarded_port_newcomer'],
  ['sms_bombing', 'sms_pumping'],
  ['registration_batch', 'fraud_cohort'],
  ['credential_stuffing', 'credential_stuffing_slow', 'target_under_attack', 'source_login_failures'],
  ['account_takeover', 'foreign_access', 'privileged_misuse', 'account_sharing', 'server_calls_out', 'cross_border_transfer', 'beaconing'],
  ['interface_failing', 'interface_silent', 'interface_flood'],
  ['object_traversal', 'bulk_export', 'probing', 'host_fan_out', 'ant_moving', 'slow_growth'],
  ['account_enumeration'],
  ['scraping', 'scraping_cohort', 'machine_behaviour', 'source_sends', 'foreign_callers', 'interface_slow', 'interface_larger'],
  ['unusual_account', 'unusual_interface', 'learned_account', 'learned_interface'],
];

/** Place of a detector in the list above, 0 the most telling; one that is not listed comes last. */
export function tellingPlace(detector: string): number {
  const place = TELLING.findIndex((names) => names.includes(detector));
  return place < 0 ? TELLING.length : place;
}

/** Steps of severity by which an alert may be weaker than the strongest and still give the incident its title. */
const WEAKER = 1;

/** The first of the strongest alerts. */
export function strongestOf(incident: Incident): Member | undefined {
  let strongest: Member | undefined;
  for (const member of incident.members) if (strongest === undefined || member.evidence > strongest.evidence) strongest = member;
  return strongest;
}

/**
 * The alert that an incident is named after: of those about the same kind of entity as the strongest (of interfaces: about
 * the same one), and nearly as severe as any of them, the most telling; of several the strongest.
 */
export function mostTelling(incident: Incident): Member | undefined {
  const strongest = strongestOf(incident);
  if (strongest === undefined) return undefined;
  const same = incident.members.filter(({ kind, id }) => kind === strongest.kind && (kind !== 'interface' || id === strongest.id));
  const least = Math.max(...same.map(({ severity }) => severityRank(severity))) - WEAKER;
  let best = strongest;
  for (const member of same) {
    if (severityRank(member.severity) < least) continue;
    const ahead = tellingPlace(best.detector) - tellingPlace(member.detector);
    if (ahead > 0 || (ahead === 0 && member.evidence > best.evidence)) best = member;
  }
  return best;
}
