import type { TextFormat } from '../format.ts';
import { templateSyntax } from '../patterns/template-syntax.ts';
import { nginx, nginxSyntax } from './nginx.ts';
import { nginxTemplate, writtenInNginx } from './nginx-pattern.ts';

const REQUEST =
  '$remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name]';
const UPSTREAM = '$upstream_addr $upstream_response_length $upstream_response_time $upstream_status';

/** The controller's `log-format-upstream`, the newest first: each release added something. */
const DEFAULTS = [
  `$remote_addr - ${REQUEST} [$proxy_alternative_upstream_name] ${UPSTREAM} $req_id`,
  `$remote_addr - [$proxy_add_x_forwarded_for] - ${REQUEST} [$proxy_alternative_upstream_name] ${UPSTREAM} $req_id`,
  `$remote_addr - [$proxy_add_x_forwarded_for] - ${REQUEST} ${UPSTREAM} $req_id`,
  `$remote_addr - [$proxy_add_x_forwarded_for] - ${REQUEST} ${UPSTREAM}`,
  `$remote_addr - ${REQUEST} ${UPSTREAM} $req_id`,
];

/** The Kubernetes ingress controller of nginx: its default formats, or the one of its `log-format-upstream`. */
export const ingressNginx: TextFormat = {
  ...nginx,
  syntax: (config) =>
    config.pattern === undefined
      ? templateSyntax('ingress-nginx', DEFAULTS.map(nginxTemplate), writtenInNginx)
      : nginxSyntax(config, config.pattern),
  // combined takes these lines too, but reads less of them
  mark: ({ has }) =>
    has(/ \[[^\]\s]*\] (\[[^\]\s]*\] )?[^\s,]+(, \S+)* [\d-]+(, \S+)* [\d.-]+(, \S+)* [\d-]+(, \S+)*( [0-9a-f]{16,})?$/) ? 0.5 : 0,
  undetectable: undefined,
};
