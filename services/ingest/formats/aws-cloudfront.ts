import { WeirError } from '../../core/errors.ts';
import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { TextFormat } from '../format.ts';
import type { NormaliseConfig } from '../normalise-config.ts';
import { urlDecoded } from '../patterns/rewrites.ts';
import { columnSyntax } from '../records/columns.ts';

/** Columns of a standard log whose header was not seen. */
const COLUMNS = [
  'date',
  'time',
  'x-edge-location',
  'sc-bytes',
  'c-ip',
  'cs-method',
  'cs(Host)',
  'cs-uri-stem',
  'sc-status',
  'cs(Referer)',
  'cs(User-Agent)',
  'cs-uri-query',
  'cs(Cookie)',
  'x-edge-result-type',
  'x-edge-request-id',
  'x-host-header',
  'cs-protocol',
  'cs-bytes',
  'time-taken',
  'x-forwarded-for',
  'ssl-protocol',
  'ssl-cipher',
  'x-edge-response-result-type',
  'cs-protocol-version',
  'fle-status',
  'fle-encrypted-fields',
  'c-port',
  'time-to-first-byte',
  'x-edge-detailed-result-type',
  'sc-content-type',
  'sc-content-len',
  'sc-range-start',
  'sc-range-end',
];
/** The columns of 2012's logs: all that followed were appended. */
const FIRST_RELEASE = 12;

/** Columns whose values are percent-encoded, once or twice. */
const ENCODED = ['cs(User-Agent)', 'cs(Cookie)', 'cs(Referer)', 'cs-user-agent', 'cs-cookie', 'cs-referer', 'x-forwarded-for'];

/** The usual columns, or those of a real-time log: its owner has chosen them, and no header names them. */
function columnsOf({ pattern, source }: NormaliseConfig): readonly string[] {
  if (pattern === undefined) return COLUMNS;
  const columns = pattern.trim().split(/[\s,]+/);
  const isTimed = columns.some((name) => /^timestamp(\(ms\))?$/.test(name)) || (columns.includes('date') && columns.includes('time'));
  const missing = ['cs-uri-stem', 'cs-method'].filter((name) => !columns.includes(name));
  if (!isTimed) missing.unshift('timestamp');
  if (missing.length > 0) throw new WeirError('config', `sources.${source}.pattern: without ${missing.join(', ')} no line can be an event`);
  return columns;
}

/** AWS CloudFront's standard log, or its real-time log by its columns in `pattern`: tabs, values percent-encoded, some of them twice; the time (UTC) is that of the answer's end. */
export const awsCloudfront: TextFormat = {
  kind: 'text',
  fields: {
    time: ['date time', 'timestamp', 'timestamp(ms)'],
    duration: ['time-taken'],
    status: ['sc-status'],
    bytes_in: ['cs-bytes'],
    bytes_out: ['sc-bytes'],
    address: ['c-ip'],
    forwarded: ['x-forwarded-for'],
    method: ['cs-method'],
    path: ['cs-uri-stem'],
    query: ['cs-uri-query'],
    host: ['x-host-header', 'cs(Host)', 'cs-host'],
    agent: ['cs(User-Agent)', 'cs-user-agent'],
    cookie: ['cs(Cookie)', 'cs-cookie'],
  },
  identity: rulesOf([]),
  targets: GUESSED_TARGETS,
  // its files come within an hour, mostly much sooner
  lateness: 3_600_000,
  syntax: (config) =>
    columnSyntax({
      columns: columnsOf(config),
      separator: 0x09,
      least: config.pattern === undefined ? FIRST_RELEASE : undefined,
      header: 'w3c',
      rewrites: Object.fromEntries(ENCODED.map((name) => [name, urlDecoded])),
      joined: { name: 'date time', columns: ['date', 'time'], between: 0x54 },
      grows: true,
    }),
  mark: ({ has, text }) => (/^#Fields:.*x-edge-location/m.test(text) || has(/^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d/) ? 1 : 0),
};
