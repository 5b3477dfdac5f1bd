import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { TextFormat } from '../format.ts';
import type { Template, Variable } from '../patterns/template.ts';
import { templateSyntax } from '../patterns/template-syntax.ts';

const text = (name: string): Variable => ({ name, shape: 'text' });
const number = (name: string): Variable => ({ name, shape: 'number' });
const quotable = (name: string): Variable => ({ name, shape: 'quotable' });

const COMMON: Template['pieces'] = [
  // the peer, or the X-Forwarded-For that a trusted one sent
  { name: 'remote_addr', shape: 'list' },
  ' - ',
  text('remote_user'),
  ' [',
  { name: 'start_time', shape: 'clf' },
  // none of the three has a space; quotes in the query stay as they came
  '] "',
  { name: 'method', shape: 'word' },
  ' ',
  { name: 'path', shape: 'word' },
  ' ',
  { name: 'protocol', shape: 'word' },
  '" ',
  number('status'),
  ' ',
  number('bytes_sent'),
];
const COMBINED: Template['pieces'] = [...COMMON, ' ', quotable('http_referer'), ' ', quotable('http_user_agent')];
const WHOLE: Template['pieces'] = [
  ...COMBINED,
  ' ',
  number('request_count'),
  ' ',
  quotable('router'),
  ' ',
  quotable('server_url'),
  ' ',
  number('duration_ms'),
  'ms',
];

/**
 * Traefik's access log in the common log format: with the request's number, router, server and duration, as it writes it, or
 * without, as its fields can be dropped. The time is that of the request's arrival: an event is complete at it + duration.
 */
export const traefik: TextFormat = {
  kind: 'text',
  startFirst: true,
  fields: {
    start: ['start_time'],
    duration_ms: ['duration_ms'],
    status: ['status'],
    bytes_out: ['bytes_sent'],
    address: ['remote_addr'],
    method: ['method'],
    path: ['path'],
    agent: ['http_user_agent'],
  },
  identity: rulesOf(['remote_user']),
  targets: GUESSED_TARGETS,
  syntax: () =>
    templateSyntax(
      'traefik',
      [WHOLE, COMBINED, COMMON].map((pieces): Template => ({ pieces, escape: 'backslash' })),
      ({ name }) => name,
    ),
  mark: ({ has }) => (has(/ \d+ ("[^"]*"|-) ("[^"]*"|-) \d+ms$/) ? 1 : 0),
};
