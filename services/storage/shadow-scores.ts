import type { EntityRef } from '../../schemas/alert.ts';
import type { Params } from './connection.ts';
import type { Reader } from './reader.ts';

/** Evidence thresholds, decades, at which verdicts of champion and challenger are compared. */
export const AGREEMENT_AT = [4, 6, 8] as const;

export interface ShadowFilter {
  tenant?: string;
  /** windows that begin in [since, until), ms since the epoch */
  since?: number;
  until?: number;
}

/** How many windows are above a threshold for both, for one of them, for neither. */
export interface Agreement {
  at: number;
  both: number;
  champion: number;
  challenger: number;
  neither: number;
}

/** Champion against challenger in one detector. */
export interface Comparison {
  champion: string;
  challenger: string;
  detector: string;
  /** windows of which one of them at least said something; of each pane the strongest only */
  windows: number;
  /** windows of which both did: what the rank correlation is taken over */
  both: number;
  agreement: Agreement[];
  /** Spearman's rank correlation of the evidences; null below three windows, or where all are alike */
  rank_correlation: number | null;
}

/** A window of which champion and challenger say different things. */
export interface Disagreement {
  tenant: string;
  champion: string;
  challenger: string;
  detector: string;
  entity: EntityRef;
  start: string;
  end: string;
  champion_evidence: number;
  challenger_evidence: number;
  /** alerts on the entity whose window overlaps */
  alerts: string[];
  /** marks on the incidents of these alerts */
  marks: string[];
}

/** Champion against challenger, by pair and detector. */
export async function compareChampions(reader: Reader, filter: ShadowFilter): Promise<Comparison[]> {
  const { where, params } = conditions(filter);
  const counts = AGREEMENT_AT.map(
    (at) => `countIf(champion_evidence >= ${at} AND challenger_evidence >= ${at}) AS both_${at},
      countIf(champion_evidence >= ${at} AND challenger_evidence < ${at}) AS champion_${at},
      countIf(champion_evidence < ${at} AND challenger_evidence >= ${at}) AS challenger_${at}`,
  );
  const scored = 'champion_evidence > 0 AND challenger_evidence > 0';
  const rows = await reader.rows<Record<string, number> & Pick<Comparison, 'champion' | 'challenger' | 'detector' | 'windows' | 'both'>>(
    `SELECT champion, challenger, detector, count() AS windows, countIf(${scored}) AS both, ${counts.join(', ')},
      rankCorrIf(champion_evidence, challenger_evidence, ${scored}) AS correlation,
      uniqIf(champion_evidence, ${scored}) AS levels_a, uniqIf(challenger_evidence, ${scored}) AS levels_b
    FROM shadow_scores ${where} GROUP BY champion, challenger, detector ORDER BY champion, challenger, detector`,
    params,
  );
  return rows.map((row) => ({
    champion: row.champion,
    challenger: row.challenger,
    detector: row.detector,
    windows: row.windows,
    both: row.both,
    agreement: AGREEMENT_AT.map((at) => {
      const [both, champion, challenger] = [row[`both_${at}`], row[`champion_${at}`], row[`challenger_${at}`]];
      return { at, both, champion, challenger, neither: row.windows - both - champion - challenger };
    }),
    rank_correlation: row.both < 3 || row.levels_a < 2 || row.levels_b < 2 ? null : row.correlation,
  }));
}

/** The windows on which they differ most, with what became of them. */
export async function strongestDisagreements(reader: Reader, filter: ShadowFilter, most: number): Promise<Disagreement[]> {
  const { where, params } = conditions(filter);
  const rows = await reader.rows<Omit<Disagreement, 'entity' | 'alerts' | 'marks'> & { entity_kind: EntityRef['kind']; entity_id: string }>(
    `SELECT tenant, champion, challenger, detector, entity_kind, entity_id, start, end, champion_evidence, challenger_evidence
    FROM shadow_scores ${where} ORDER BY abs(champion_evidence - challenger_evidence) DESC, tenant, start, detector, entity_id LIMIT ${Math.trunc(most)}`,
    params,
  );
  if (rows.length === 0) return [];
  const alerts = await reader.rows<{ tenant: string; alert_id: string; kind: string; id: string; from: string; to: string; mark: string }>(
    `SELECT a.tenant AS tenant, a.alert_id AS alert_id, a.entity.kind AS kind, a.entity.id AS id, a.window.start AS from, a.window.end AS to, toString(f.mark) AS mark
    FROM alerts AS a LEFT JOIN (SELECT tenant, incident_id, toString(mark) AS mark FROM feedback) AS f ON f.tenant = a.tenant AND f.incident_id = a.incident_id
    WHERE a.entity.id IN {ids:Array(String)} AND a.window.end > parseDateTime64BestEffort({from:String}, 3, 'UTC') AND a.window.start < parseDateTime64BestEffort({to:String}, 3, 'UTC')
    ORDER BY a.alert_id`,
    {
      ids: [...new Set(rows.map((row) => row.entity_id))],
      from: rows.reduce((least, { start }) => (start < least ? start : least), rows[0].start),
      to: rows.reduce((most, { end }) => (end > most ? end : most), rows[0].end),
    },
  );
  return rows.map(({ entity_kind, entity_id, ...row }) => {
    const near = alerts.filter(
      (alert) =>
        alert.tenant === row.tenant && alert.kind === entity_kind && alert.id === entity_id && alert.from < row.end && alert.to > row.start,
    );
    const marks = [...new Set(near.map(({ mark }) => mark).filter((mark) => mark !== ''))];
    return { ...row, entity: { kind: entity_kind, id: entity_id }, alerts: near.map(({ alert_id }) => alert_id), marks };
  });
}

function conditions({ tenant, since, until }: ShadowFilter): { where: string; params: Params } {
  const parts: string[] = [];
  const params: Params = {};
  if (tenant !== undefined) {
    parts.push('tenant = {tenant:String}');
    params.tenant = tenant;
  }
  if (since !== undefined) {
    parts.push('start >= fromUnixTimestamp64Milli({since:Int64})');
    params.since = since;
  }
  if (until !== undefined) {
    parts.push('start < fromUnixTimestamp64Milli({until:Int64})');
    params.until = until;
  }
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, params };
}
