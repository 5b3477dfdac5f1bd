import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { TextFormat } from '../format.ts';
import { plusIsSpace, withoutZone } from '../patterns/rewrites.ts';
import { columnSyntax } from '../records/columns.ts';

/** The fields that IIS logs unless it is told otherwise. */
const COLUMNS = [
  'date',
  'time',
  's-ip',
  'cs-method',
  'cs-uri-stem',
  'cs-uri-query',
  's-port',
  'cs-username',
  'c-ip',
  'cs(User-Agent)',
  'cs(Referer)',
  'sc-status',
  'sc-substatus',
  'sc-win32-status',
  'time-taken',
];

/** IIS in the W3C's extended format: the #Fields line says which columns there are; times are UTC, those of the answer's end. */
export const iis: TextFormat = {
  kind: 'text',
  fields: {
    time: ['date time'],
    duration_ms: ['time-taken'],
    status: ['sc-status'],
    bytes_in: ['cs-bytes'],
    bytes_out: ['sc-bytes'],
    address: ['c-ip'],
    forwarded: ['X-Forwarded-For', 'x-forwarded-for', 'cs(X-Forwarded-For)', 'x_forwarded_for'],
    method: ['cs-method'],
    path: ['cs-uri-stem'],
    query: ['cs-uri-query'],
    host: ['cs-host', 'cs(Host)'],
    agent: ['cs(User-Agent)'],
    cookie: ['cs(Cookie)'],
  },
  identity: rulesOf(['cs-username']),
  targets: GUESSED_TARGETS,
  syntax: () =>
    columnSyntax({
      columns: COLUMNS,
      separator: 0x20,
      bare: true,
      header: 'w3c',
      rewrites: { 'c-ip': withoutZone, 'cs(User-Agent)': plusIsSpace, 'cs(Cookie)': plusIsSpace, 'X-Forwarded-For': plusIsSpace },
      joined: { name: 'date time', columns: ['date', 'time'], between: 0x54 },
    }),
  mark: ({ has, text }) =>
    /^#Software: Microsoft Internet Information|^#Fields:.*\bcs-uri-stem\b/m.test(text) && !/^#Fields:.*x-edge-location/m.test(text)
      ? 1
      : has(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ [A-Z]+ \/\S* \S+ \d+ /)
        ? 0.9
        : 0,
};
