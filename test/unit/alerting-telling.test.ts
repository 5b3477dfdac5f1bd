import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../models/candidate.ts';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import type { Incident, Member } from '../../services/alerting/incident-types.ts';
import { mostTelling, tellingPlace } from '../../services/alerting/telling.ts';
import { candidate, countTerm } from '../support/alerting-reports.ts';

const UNKNOWN = tellingPlace('no such detector');

function incidentOf(members: Partial<Member>[]): Incident {
  const whole = members.map((member) => ({ kind: 'account', id: 'a', severity: 'high', evidence: 10, ...member }));
  return { members: whole } as unknown as Incident;
}

function titleOf(detector: string, found: Partial<Candidate> & { id: string }): string | undefined {
  const { titleOf: title } = ALL_DETECTORS.find(({ name }) => name === detector) ?? {};
  return title?.({ ...candidate({ detector, id: found.id, end: 0 }), ...found });
}

describe('the title of an incident', () => {
  it('has a place for every detector that alerts', () => {
    const alerting = ALL_DETECTORS.filter(({ supporting }) => supporting !== true);
    expect(alerting.filter(({ name }) => tellingPlace(name) === UNKNOWN).map(({ name }) => name)).toEqual([]);
  });

  it('is the most telling, not the strongest, of alerts that are nearly as severe', () => {
    const crowd = { detector: 'scraping_cohort', kind: 'interface', id: 'GET a', evidence: 90, severity: 'critical' } as const;
    const fact = { detector: 'unauthenticated_interface', kind: 'interface', id: 'GET a', evidence: 11, severity: 'high' } as const;
    expect(mostTelling(incidentOf([crowd, fact]))?.detector).toBe('unauthenticated_interface');
    expect(mostTelling(incidentOf([fact, crowd]))?.detector).toBe('unauthenticated_interface');
    expect(mostTelling(incidentOf([crowd, { ...fact, severity: 'medium' }]))?.detector).toBe('scraping_cohort');
    expect(mostTelling(incidentOf([crowd, { ...fact, id: 'GET b' }]))?.detector).toBe('scraping_cohort');
  });

  it('is the stronger of two that say the same', () => {
    const members = [4, 9, 6].map((evidence, i) => ({ detector: 'scraping', id: `${i}`, evidence }));
    expect(mostTelling(incidentOf(members))?.id).toBe('1');
    expect(mostTelling(incidentOf([]))).toBeUndefined();
  });
});

describe('a crowd of callers', () => {
  const actors = (...weights: number[]) => weights.map((weight, i) => ({ kind: 'account' as const, id: `a${i}`, weight }));

  it('reads or uses, by the method', () => {
    const many = actors(...Array.from({ length: 30 }, () => 3));
    expect(titleOf('scraping_cohort', { id: 'GET a', actors: many })).toBe('A crowd of single-purpose callers reads {key}');
    expect(titleOf('scraping_cohort', { id: 'POST a', actors: many })).toBe('A crowd of single-purpose callers uses {key}');
  });

  it('is none where one does most', () => {
    expect(titleOf('scraping_cohort', { id: 'GET a', actors: actors(3, 40, 3) })).toBe('{key} is read most of all by a1');
  });
});

it('numbers are many from four on', () => {
  expect(titleOf('source_sends', { id: '192.0.2.1', terms: [countTerm('sends', 40)] })).toBe('{key} has codes sent again and again');
  expect(titleOf('source_sends', { id: '192.0.2.1', terms: [countTerm('sends', 40), countTerm('targets_1d', 9)] })).toBeUndefined();
});
