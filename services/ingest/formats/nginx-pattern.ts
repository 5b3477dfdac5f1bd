import { type Shape, type Template, tidy, type Variable } from '../patterns/template.ts';

/** What the values of nginx's variables look like where nothing encloses them; others are text. */
const SHAPES: Record<string, Shape> = {
  time_local: 'clf',
  time_iso8601: 'iso',
  request_method: 'method',
  host: 'host',
  http_host: 'host',
  server_name: 'host',
  scheme: 'host',
};
const NUMBERS =
  /^(msec|status|request_time|request_length|body_bytes_sent|bytes_sent|connection|connection_requests|connection_time|content_length|pid|remote_port|server_port|proxy_protocol_port|gzip_ratio|tcpinfo_.*)$/;
const LISTS = /^(upstream_(addr|status|.*_time|.*_length|bytes_.*)|http_x_forwarded_for|proxy_add_x_forwarded_for)$/;
const WORDS =
  /^(remote_addr|realip_remote_addr|the_real_ip|server_addr|proxy_protocol_addr|binary_remote_addr|http_x_real_ip|http_referer|request_id|req_id|http_x_request_id|server_protocol|http_version|http2|http3|https|pipe|hostname|request_completion|connection_active|nginx_version|ssl_(protocol|cipher|curve|session_id|session_reused|server_name|client_verify|client_serial|client_fingerprint)|upstream_(cache_status|http_x_cache)|proxy_(upstream_name|alternative_upstream_name|host|port)|geoip2?_.*code|namespace|ingress_name|service_name|service_port|sent_http_content_type|content_type)$/;

function shapeOf(name: string): Shape {
  return SHAPES[name] ?? (NUMBERS.test(name) ? 'number' : LISTS.test(name) ? 'list' : WORDS.test(name) ? 'word' : 'text');
}

/** A variable as nginx's configuration has it. */
export function writtenInNginx({ name }: Variable): string {
  return `$${name}`;
}

/**
 * nginx's log_format as a template: its string, or the whole directive with its `escape=` parameter. What nginx's quotes
 * need is undone (`\"`, `\t`); `escape=none` means that a value may hold anything.
 */
export function nginxTemplate(pattern: string): Template {
  const { text, mode } = unquoted(pattern);
  const pieces: (string | Variable)[] = [];
  const variable = /\$(?:\{(\w+)\}|(\w+))/g;
  let at = 0;
  for (const match of text.matchAll(variable)) {
    pieces.push(text.slice(at, match.index));
    const name = match[1] ?? match[2];
    pieces.push({ name, shape: shapeOf(name) });
    at = match.index + match[0].length;
  }
  pieces.push(text.slice(at));
  return { pieces: tidy(wholeTargets(tidy(pieces))), escape: mode === 'none' ? 'none' : 'backslash' };
}

/** `$uri$is_args$args` is one value: the path with its query. */
function wholeTargets(pieces: readonly (string | Variable)[]): (string | Variable)[] {
  const named = (i: number, name: RegExp): boolean => {
    const piece = pieces[i];
    return piece !== undefined && typeof piece !== 'string' && name.test(piece.name);
  };
  const all: (string | Variable)[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (named(i, /^(uri|document_uri)$/) && named(i + 1, /^is_args$/) && named(i + 2, /^(args|query_string)$/)) {
      all.push({ name: 'request_uri', shape: 'text' });
      i += 2;
    } else all.push(pieces[i]);
  }
  return all;
}

/** The format's text: of a whole directive, of its quoted strings, or as it stands. */
function unquoted(pattern: string): { text: string; mode: string } {
  const directive = /^\s*log_format\s+\S+\s+/.exec(pattern);
  let rest = (directive === null ? pattern : pattern.slice(directive[0].length)).trim();
  const parameter = /^escape=(default|json|none)\s+/.exec(rest);
  if (parameter !== null) rest = rest.slice(parameter[0].length);
  const mode = parameter?.[1] ?? 'default';
  const strings = /^(?:\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))+\s*;?\s*$/s;
  if (!strings.test(rest) || (directive === null && parameter === null && !rest.startsWith("'"))) return { text: plain(rest), mode };
  const parts = rest.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs) ?? [];
  return { text: parts.map((part) => plain(part.slice(1, -1))).join(''), mode };
}

function plain(text: string): string {
  return text.replace(/\\(["'\\tnr])/g, (_, c: string) => (c === 't' ? '\t' : c === 'n' ? '\n' : c === 'r' ? '\r' : c));
}
