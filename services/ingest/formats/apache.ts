import { WeirError } from '../../core/errors.ts';
import { type FieldMap, GUESSED_TARGETS, type IdentityRule } from '../fields.ts';
import type { LineSyntax, TextFormat } from '../format.ts';
import type { NormaliseConfig } from '../normalise-config.ts';
import { FirstOf } from '../patterns/first-of.ts';
import { type ClockPart, checkTemplate, type Template, variablesOf } from '../patterns/template.ts';
import { TemplateLines } from '../patterns/template-lines.ts';
import { templateSyntax } from '../patterns/template-syntax.ts';
import { isWholeTime } from '../values/clock.ts';
import { apacheTemplate, SSL_REQUEST, UnknownDirective, writtenInApache } from './apache-pattern.ts';
import { combined } from './combined.ts';
import { NGINX_FIELDS, NGINX_IDENTITY } from './nginx-json.ts';

const FIELDS: FieldMap = {
  ...NGINX_FIELDS,
  time: ['time_complete', 'time_local'],
  start: ['time_received'],
  duration: ['request_time'],
  duration_us: ['request_time_us'],
  duration_ms: ['request_time_ms'],
  address: ['remote_addr', 'remote_host', 'peer_addr'],
};
/** A client that was logged by its host's name (HostnameLookups). */
export const CLIENT_NAME: IdentityRule = { field: 'client_name', origin: 'host' };

/**
 * Apache's access log in any LogFormat; without a pattern the formats of its own configuration (common, combined, with a
 * virtual host, ssl_request_log). Its %t is the time of arrival: with a duration an event is complete at their sum.
 */
export const apache: TextFormat = {
  kind: 'text',
  fields: FIELDS,
  identity: [...NGINX_IDENTITY, CLIENT_NAME],
  targets: GUESSED_TARGETS,
  syntax: (config) => (config.pattern === undefined ? usualSyntax(config) : patternSyntax(config, config.pattern)),
};

function usualSyntax(config: NormaliseConfig): LineSyntax {
  const usual = combined.syntax(config);
  const ssl = apacheTemplate(SSL_REQUEST) as Template;
  return {
    variables: new Set([...(usual.variables ?? []), ...variablesOf(ssl)]),
    bind: (names) =>
      new FirstOf([Object.assign(usual.bind(names), { reached: 0 }), new TemplateLines('apache', ssl, names, writtenInApache)]),
  };
}

function patternSyntax(config: NormaliseConfig, pattern: string): LineSyntax {
  const template = apacheTemplate(pattern);
  const fail = (what: string): never => {
    throw new WeirError('config', `sources.${config.source}.pattern: ${what}; the pattern is ${pattern}`);
  };
  if (template instanceof UnknownDirective) return fail(`${template.text} is no directive of Apache's LogFormat that can be read`);
  const own = config.fields ?? {};
  checkTemplate(
    template,
    { source: config.source, pattern, written: writtenInApache },
    {
      times: [...(FIELDS.time ?? []), ...(FIELDS.start ?? []), own.time ?? '', own.start ?? ''],
      requests: [...(FIELDS.request ?? []), ...(FIELDS.path ?? []), own.request ?? '', own.path ?? ''],
      advice: { time: '%t', request: '\\"%r\\", or %m and %U%q' },
    },
  );
  for (const name of ['time_received', 'time_complete']) {
    const parts: ClockPart[] = template.pieces.flatMap((piece) =>
      typeof piece === 'object' && piece.name === name ? (piece.clock ?? []) : [],
    );
    if (parts.length > 0 && !isWholeTime(parts)) fail('its %{…}t parts make no whole time: a date and hours and minutes are needed');
  }
  return templateSyntax('apache', [template], writtenInApache);
}
