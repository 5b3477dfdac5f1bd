import { columnSyntax } from '../columns.ts';
import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { TextFormat } from '../format.ts';
import { urlDecoded } from '../rewrites.ts';

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

/** AWS CloudFront's standard log: tabs, values percent-encoded, some of them twice; the time (UTC) is that of the answer's end. */
export const awsCloudfront: TextFormat = {
  kind: 'text',
  fields: {
    time: ['date time'],
    duration: ['time-taken'],
    status: ['sc-status'],
    bytes_in: ['cs-bytes'],
    bytes_out: ['sc-bytes'],
    address: ['c-ip'],
    forwarded: ['x-forwarded-for'],
    method: ['cs-method'],
    path: ['cs-uri-stem'],
    query: ['cs-uri-query'],
    host: ['x-host-header', 'cs(Host)'],
    agent: ['cs(User-Agent)'],
    cookie: ['cs(Cookie)'],
  },
  identity: rulesOf([]),
  targets: GUESSED_TARGETS,
  // its files come within an hour, mostly much sooner
  lateness: 3_600_000,
  syntax: () =>
    columnSyntax({
      columns: COLUMNS,
      separator: 0x09,
      least: FIRST_RELEASE,
      header: 'w3c',
      rewrites: { 'cs(User-Agent)': urlDecoded, 'cs(Cookie)': urlDecoded, 'cs(Referer)': urlDecoded, 'x-forwarded-for': urlDecoded },
      joined: { name: 'date time', columns: ['date', 'time'], between: 0x54 },
      grows: true,
    }),
  mark: ({ has, text }) => (/^#Fields:.*x-edge-location/m.test(text) || has(/^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d/) ? 1 : 0),
};
