import type { InterfaceFinding, InterfaceRecord, InterfaceState } from '../../schemas/interface.ts';
import { renderFields } from './fields.ts';
import { plainText } from './plain-text.ts';
import type { Style } from './style.ts';
import { formatNumber, renderTable } from './table.ts';
import { shortTime } from './times.ts';

export interface InterfaceViewOptions {
  style: Style;
  width?: number;
  zone: string;
}

function statePaint(state: InterfaceState, style: Style): (text: string) => string {
  if (state === 'zombie' || state === 'shadow') return style.red;
  if (state === 'changed' || state === 'new') return style.yellow;
  return state === 'active' ? (text) => text : style.dim;
}

/** The inventory as a table, interfaces of one path together. */
export function renderInterfaces(records: readonly InterfaceRecord[], { style, width, zone }: InterfaceViewOptions): string {
  const tenants = new Set(records.map(({ tenant }) => tenant)).size > 1;
  const flows = records.every(({ kind }) => kind === 'flow');
  return renderTable(
    [
      ...(tenants ? [{ title: 'tenant' }] : []),
      { title: flows ? 'service' : 'interface', shrinkTo: 24 },
      { title: 'state' },
      { title: flows ? 'connections' : 'requests', align: 'right' as const },
      { title: flows ? 'hosts' : 'callers', align: 'right' as const },
      ...(flows
        ? []
        : [
            { title: 'ok', align: 'right' as const },
            { title: 'accounts', shrinkTo: 10 },
            { title: 'sensitive', shrinkTo: 9 },
          ]),
      { title: `last seen (${zone})` },
    ],
    records.map((record) => [
      ...(tenants ? [record.tenant] : []),
      record.interface,
      { text: record.state, paint: statePaint(record.state, style) },
      record.requests,
      record.callers.about,
      ...(flows
        ? []
        : [
            record.requests === 0 ? '' : percent(record.statuses.ok / record.requests),
            accountsText(record),
            [...new Set(record.sensitive.map(formText))].join(', '),
          ]),
      record.last_seen === null ? 'never' : shortTime(record.last_seen, zone),
    ]),
    { style, width },
  );
}

export function renderFindings(findings: readonly InterfaceFinding[], { style, width }: InterfaceViewOptions): string {
  return renderTable(
    [{ title: 'tenant' }, { title: 'finding' }, { title: 'interface', shrinkTo: 20 }, { title: 'what', shrinkTo: 30 }],
    findings.map(({ tenant, kind, text, interfaces }) => [
      tenant,
      kind,
      `${interfaces[0]}${interfaces.length > 1 ? ` and ${interfaces.length - 1} more` : ''}`,
      text,
    ]),
    { style, width },
  );
}

/** One interface with all that is known of it. */
export function renderInterface(record: InterfaceRecord, { style, zone }: InterfaceViewOptions): string {
  const { statuses, authentication, callers, document } = record;
  const flow = record.kind === 'flow';
  const time = (at: string | null): string => (at === null ? 'never' : `${shortTime(at, zone)} (${zone})`);
  const counts = [
    ['ok', statuses.ok],
    ['refused', statuses.refused],
    ['missing', statuses.missing],
    ['other client errors', statuses.client_errors],
    ['server errors', statuses.server_errors],
  ] as const;
  const fields: [string, string][] = [
    ['tenant', record.tenant],
    ['state', [record.state, ...record.states.filter((state) => state !== record.state)].join(', ')],
    ...record.reasons.map((reason): [string, string] => ['', reason]),
    ['first seen', time(record.first_seen)],
    ['last seen', time(record.last_seen)],
    [flow ? 'connections' : 'requests', formatNumber(record.requests)],
    [flow ? 'hosts' : 'callers', `about ${formatNumber(callers.about)}, ${formatNumber(callers.busiest_hour)} in the busiest hour`],
    ...(record.methods.length > 0 ? ([['methods', record.methods.join(', ')]] as [string, string][]) : []),
    ...(flow
      ? []
      : ([
          [
            'answers',
            counts
              .filter(([, count]) => count > 0)
              .map(([name, count]) => `${name} ${formatNumber(count)}`)
              .join(', ') || 'none',
          ],
          ['below 400', record.answers.join(', ') || 'none'],
          [
            'accounts',
            `${accountsText(record)}${authentication.documented === 'unknown' ? '' : `; the document asks for ${authentication.documented === 'required' ? 'authentication' : 'none'}`}`,
          ],
        ] as [string, string][])),
    ...(document === null
      ? []
      : ([['document', `${document.operation}${document.deprecated ? ', deprecated' : ''}`]] as [string, string][])),
    ...(record.folded.length === 0
      ? []
      : ([['made of', `${formatNumber(record.folded_count)} ids, as ${record.folded.slice(0, 3).join(', ')}`]] as [string, string][])),
  ];
  const sensitive =
    record.sensitive.length === 0
      ? ''
      : `\n${renderTable(
          [
            { title: 'sensitive data' },
            { title: 'form' },
            { title: 'different', align: 'right' },
            { title: 'first seen' },
            { title: 'last seen' },
          ],
          record.sensitive.map(({ type, masked, mask, distinct, first_seen, last_seen }) => [
            type,
            masked ? `masked ${mask}` : 'in clear',
            distinct,
            shortTime(first_seen, zone),
            shortTime(last_seen, zone),
          ]),
          { style, indent: '  ' },
        )}`;
  const findings = record.findings.map(({ text }) => `\n  ${style.yellow('●')} ${plainText(text)}`).join('');
  return `${style.bold(plainText(record.interface))}\n${renderFields(fields, style)}${sensitive}${findings === '' ? '' : `${findings}\n`}`;
}

function accountsText({ authentication: { origins, anonymous }, requests }: InterfaceRecord): string {
  if (requests === 0 && origins.length === 0) return '';
  if (origins.length === 0) return 'none';
  return `${origins.join(', ')}${anonymous > 0 ? `, ${percent(anonymous)} without` : ''}`;
}

function formText({ type, masked, mask }: InterfaceRecord['sensitive'][number]): string {
  return masked ? `${type} ${mask}` : type;
}

function percent(share: number): string {
  if (share > 0 && share < 0.01) return '<1 %';
  if (share < 1 && share > 0.99) return '>99 %';
  return `${Math.round(share * 100)} %`;
}
