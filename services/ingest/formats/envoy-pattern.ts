import { type Shape, type Template, tidy, type Variable } from '../patterns/template.ts';
import { clockParts } from '../values/clock.ts';

const SHAPES: Record<string, Shape> = {
  protocol: 'word',
  response_code: 'number',
  response_flags: 'word',
  connection_termination_details: 'word',
  bytes_received: 'number',
  bytes_sent: 'number',
  duration: 'number',
  request_duration: 'number',
  request_tx_duration: 'number',
  response_duration: 'number',
  response_tx_duration: 'number',
  connection_id: 'number',
  upstream_request_attempt_count: 'number',
};
const WORDS =
  /^(upstream_(host|cluster|local_address|remote_address.*|local_port|remote_port|protocol)|downstream_.*address.*|downstream_.*port.*|requested_server_name|hostname|stream_id|trace_id|downstream_tls_(version|cipher|session_id)|response_flags_long|unique_id)$/;
/** Headers whose values have no spaces and no quotes: Envoy checks them, or makes them itself. */
const WORD_HEADERS = /^(:scheme|x-request-id|x-forwarded-proto|referer|content-type|content-length)$/i;

const labels = new WeakMap<Variable, string>();

/** A command operator as Envoy's configuration has it. */
export function writtenInEnvoy(variable: Variable): string {
  return labels.get(variable) ?? variable.name;
}

/** Envoy's format string as a template; an operator that cannot be read is its text. */
export function envoyTemplate(pattern: string): Template | string {
  const text = pattern.replace(/(\\n|\n)+$/, '');
  const pieces: (string | Variable)[] = [];
  const operator = /%(?:%|([A-Z_0-9]+)(?:\(((?:[^)\\]|\\.)*)\))?(?::(\d+))?%)/g;
  let at = 0;
  for (const match of text.matchAll(operator)) {
    pieces.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] === undefined) {
      pieces.push('%');
      continue;
    }
    const variable = variableOf(match[1], match[2] ?? '');
    if (variable === undefined) return match[0];
    labels.set(variable, match[0]);
    pieces.push(variable);
  }
  pieces.push(text.slice(at));
  const left = pieces.find((piece) => typeof piece === 'string' && /%[A-Z_]+(\(|%)/.test(piece));
  if (typeof left === 'string') return /%[A-Z_]+\S{0,20}/.exec(left)?.[0] ?? left;
  return { pieces: tidy(withHops(pieces)), escape: 'none' };
}

function variableOf(command: string, args: string): Variable | undefined {
  switch (command) {
    case 'START_TIME':
    case 'START_TIME_LOCAL':
      return time('start_time', args);
    case 'EMIT_TIME':
    case 'EMIT_TIME_LOCAL':
      return time('emit_time', args);
    case 'REQ':
    case 'REQ_WITHOUT_QUERY':
      return header(args);
    case 'RESP':
      return { name: `sent_http_${under(args)}`, shape: /^x-envoy-upstream-service-time/i.test(args) ? 'number' : 'text' };
    case 'TRAILER':
    case 'DYNAMIC_METADATA':
    case 'CLUSTER_METADATA':
    case 'UPSTREAM_METADATA':
    case 'FILTER_STATE':
    case 'METADATA':
    case 'ENVIRONMENT':
    case 'QUERY_PARAM':
      return { name: command === 'QUERY_PARAM' ? `arg_${args}` : `${command.toLowerCase()}_${under(args)}`, shape: 'text' };
    case 'PATH':
      return { name: 'path', shape: 'text' };
    default: {
      const name = command.toLowerCase();
      return { name, shape: SHAPES[name] ?? (WORDS.test(name) ? 'word' : 'text') };
    }
  }
}

function time(name: string, args: string): Variable | undefined {
  if (args === '') return { name, shape: 'iso' };
  const clock = clockParts(args);
  return clock === undefined ? undefined : { name, shape: 'clock', clock };
}

/** `REQ(X?Y)`: the first header that is there; pseudo headers are what a request is. */
function header(args: string): Variable {
  const names = args.split('?').map((name) => name.trim());
  if (names.some((name) => /^:method$/i.test(name))) return { name: 'method', shape: 'method' };
  if (names.some((name) => /^:path$|^x-envoy-original-path$/i.test(name))) return { name: 'path', shape: 'text' };
  if (names.some((name) => /^:authority$|^host$/i.test(name))) return { name: 'authority', shape: 'word' };
  if (names.some((name) => /^x-forwarded-for$/i.test(name))) return { name: 'http_x_forwarded_for', shape: 'list' };
  return { name: `http_${under(names[0])}`, shape: names.every((name) => WORD_HEADERS.test(name)) ? 'word' : 'text' };
}

function under(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}

/** Where the peer's address is not logged, the last of X-Forwarded-For is it: Envoy has put it there. */
function withHops(pieces: readonly (string | Variable)[]): (string | Variable)[] {
  const logsPeer = pieces.some((piece) => typeof piece !== 'string' && /^downstream_(direct_)?remote_address/.test(piece.name));
  if (logsPeer) return [...pieces];
  return pieces.map((piece) => {
    if (typeof piece === 'string' || piece.name !== 'http_x_forwarded_for') return piece;
    const hops: Variable = {
      ...piece,
      also: [
        { name: 'last_hop', as: 'last_hop' },
        { name: 'other_hops', as: 'other_hops' },
      ],
    };
    labels.set(hops, labels.get(piece) ?? piece.name);
    return hops;
  });
}
