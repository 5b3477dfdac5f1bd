import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import type { Terminal } from '../console/output.ts';
import { plainText } from '../console/plain-text.ts';
import { renderTable } from '../console/table.ts';
import { coverageOf, type Gap, gapsOf } from './coverage.ts';
import type { Survey } from './survey.ts';

/** What a sample of a log holds and lacks as a whole. */
export interface ParseSummary {
  format: string;
  reason: string;
  events: number;
  dead: { reason: string; count: number; line: number; detail: string }[];
  interfaces: number;
  accounts: number;
  gaps: Gap[];
}

export function summarise(survey: Survey): ParseSummary {
  const { format, reason, events, dead, interfaceCount, accounts } = survey;
  const coverage = events === 0 ? [] : ALL_DETECTORS.map((detector) => coverageOf(detector, survey));
  return { format, reason, events, dead, interfaces: interfaceCount, accounts, gaps: events === 0 ? [] : gapsOf(survey, coverage) };
}

/** The summary, for people. */
export function renderSummary({ events, dead, interfaces, accounts, gaps }: ParseSummary, { style, width }: Terminal): string {
  const unread = dead.reduce((sum, { count }) => sum + count, 0);
  let out = `\n${style.bold('the whole sample')}: ${events} events (${accounts} accounts, ${interfaces} interfaces), ${unread} dead letters\n`;
  for (const { reason, count, line, detail } of dead)
    out += `  ${style.yellow(reason)}  ${count}, first in line ${line}: ${plainText(detail)}\n`;
  if (gaps.length === 0) return out;
  const blinds = gaps.filter(({ blind }) => blind.length > 0);
  out += `  ${blinds.length === 0 ? 'no detector is blind' : `detectors are blind for want of ${blinds.map(({ field }) => field).join(', ')}`}\n`;
  return (
    out +
    renderTable(
      [
        { title: 'lacks' },
        { title: 'in events', align: 'right' },
        { title: 'blind', shrinkTo: 16 },
        { title: 'weaker', shrinkTo: 10 },
        { title: 'what to do', shrinkTo: 30 },
      ],
      gaps.map(({ field, share, blind, weaker, remedy }) => [
        field,
        `${Math.round(100 * share)} %`,
        { text: blind.join(', '), paint: style.red },
        { text: weaker.join(', '), paint: style.yellow },
        remedy,
      ]),
      { style, width, indent: '  ' },
    )
  );
}
