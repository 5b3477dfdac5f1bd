import type { FieldMap } from '../fields.ts';
import { GUESSED_TARGETS } from '../fields.ts';
import type { LineSyntax, TextFormat } from '../format.ts';
import type { NormaliseConfig } from '../normalise-config.ts';
import { checkTemplate } from '../patterns/template.ts';
import { templateSyntax } from '../patterns/template-syntax.ts';
import { combined } from './combined.ts';
import { NGINX_FIELDS, NGINX_IDENTITY } from './nginx-json.ts';
import { nginxTemplate, writtenInNginx } from './nginx-pattern.ts';

/** The real address of ingress-nginx' first releases stands before the peer's. */
const FIELDS: FieldMap = { ...NGINX_FIELDS, address: ['the_real_ip', ...(NGINX_FIELDS.address ?? [])] };

/** nginx's access log in any log_format; without a pattern its combined format. */
export const nginx: TextFormat = {
  kind: 'text',
  fields: FIELDS,
  identity: NGINX_IDENTITY,
  targets: GUESSED_TARGETS,
  syntax: (config) => (config.pattern === undefined ? combined.syntax(config) : nginxSyntax(config, config.pattern)),
  undetectable: true,
};

/** Lines of a log_format. @throws WeirError `config` for one whose lines can never be events */
export function nginxSyntax(config: NormaliseConfig, pattern: string): LineSyntax {
  const template = nginxTemplate(pattern);
  const own = config.fields ?? {};
  checkTemplate(
    template,
    { source: config.source, pattern, written: writtenInNginx },
    {
      times: [...(FIELDS.time ?? []), ...(FIELDS.start ?? []), own.time ?? '', own.start ?? ''],
      requests: [...(FIELDS.request ?? []), ...(FIELDS.path ?? []), own.request ?? '', own.path ?? ''],
      advice: { time: '$time_iso8601, $msec or [$time_local]', request: '"$request", or $request_method and $request_uri' },
    },
  );
  return templateSyntax(config.format, [template], writtenInNginx);
}
