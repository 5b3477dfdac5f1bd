import type { ClockPart, Shape, Template, Variable } from '../patterns/template.ts';
import { tidy } from '../patterns/template.ts';
import { clockParts } from '../values/clock.ts';

/** LogFormats that Apache's own configuration and Debian's define, by their nicknames. */
const NICKNAMES: Record<string, string> = {
  common: '%h %l %u %t "%r" %>s %b',
  combined: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
  combinedio: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %I %O',
  vhost_combined: '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
};
/** mod_ssl's sample ssl_request_log. */
export const SSL_REQUEST = '%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b';

/** Directives without or with a parameter that changes little: name and shape of their values. */
const SIMPLE: Record<string, [name: string, shape: Shape, as?: Variable['as']]> = {
  A: ['server_addr', 'word'],
  B: ['body_bytes_sent', 'number'],
  b: ['body_bytes_sent', 'number'],
  D: ['request_time_us', 'number'],
  f: ['request_filename', 'text'],
  H: ['server_protocol', 'word'],
  I: ['request_length', 'number'],
  k: ['keepalive_requests', 'number'],
  l: ['remote_logname', 'word'],
  L: ['log_id', 'word'],
  m: ['request_method', 'method'],
  M: ['log_message', 'text'],
  O: ['bytes_sent', 'number'],
  P: ['pid', 'word'],
  q: ['query_string', 'text', 'bare_query'],
  r: ['request', 'text'],
  R: ['handler', 'word'],
  s: ['status', 'number'],
  S: ['bytes_transferred', 'number'],
  u: ['remote_user', 'text'],
  U: ['uri', 'text'],
  v: ['server_name', 'host'],
  V: ['host', 'host'],
  X: ['connection_status', 'word'],
};
const TIMES: Record<string, ClockPart> = {
  sec: { read: 's' },
  msec: { read: 'epoch_ms' },
  usec: { read: 'epoch_us' },
  msec_frac: { read: 'fraction' },
  usec_frac: { read: 'fraction' },
};
const WORD_HEADERS = /^(referer|x-request-id|content-type|content-length|host)$/i;

const labels = new WeakMap<Variable, string>();

/** A variable as Apache's configuration has it. */
export function writtenInApache(variable: Variable): string {
  return labels.get(variable) ?? variable.name;
}

/** A directive that is none: what it was. */
export class UnknownDirective {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Apache's LogFormat as a template: its string, a whole LogFormat line, or the nickname of a usual one. */
export function apacheTemplate(pattern: string): Template | UnknownDirective {
  const text = formatText(pattern);
  const pieces: (string | Variable)[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\' && i + 1 < text.length) {
      const e = text[++i];
      literal += e === 'n' ? '\n' : e === 't' ? '\t' : e === '"' || e === '\\' ? e : `\\${e}`;
      continue;
    }
    if (c !== '%') {
      literal += c;
      continue;
    }
    if (text[i + 1] === '%') {
      literal += '%';
      i++;
      continue;
    }
    const directive = /^%[!<>\d,]*(?:\{([^}]*)\})?[!<>\d,]*(\^F[BU]|\^t[io]|[A-Za-z])/.exec(text.slice(i));
    const variable = directive === null ? undefined : variableOf(directive[2], directive[1]);
    if (directive === null || variable === undefined) return new UnknownDirective(/^%\S{0,20}/.exec(text.slice(i))?.[0] ?? '%');
    labels.set(variable, directive[0]);
    pieces.push(literal, variable);
    literal = '';
    i += directive[0].length - 1;
  }
  pieces.push(literal);
  return { pieces: wholeTargets(tidy(pieces)), escape: 'backslash' };
}

function formatText(pattern: string): string {
  const trimmed = pattern.trim();
  const line = /^(?:LogFormat|CustomLog\s+\S+)\s+"((?:[^"\\]|\\.)*)"/i.exec(trimmed);
  if (line !== null) return line[1];
  return NICKNAMES[trimmed] ?? pattern;
}

function variableOf(letter: string, parameter: string | undefined): Variable | undefined {
  const under = (parameter ?? '').toLowerCase().replace(/[^a-z0-9]+/g, '_');
  switch (letter) {
    case 'h':
      return { name: 'remote_host', shape: 'word', as: 'address', also: [{ name: 'client_name', as: 'client_name' }] };
    case 'a':
      return { name: parameter === 'c' ? 'peer_addr' : 'remote_addr', shape: 'word' };
    case 'p':
      return { name: parameter === 'remote' ? 'remote_port' : 'server_port', shape: 'number' };
    case 'T':
      if (parameter === 'ms') return { name: 'request_time_ms', shape: 'number' };
      if (parameter === 'us') return { name: 'request_time_us', shape: 'number' };
      return parameter === undefined || parameter === 's' ? { name: 'request_time', shape: 'number' } : undefined;
    case '^FB':
    case '^FU':
      return { name: 'first_byte_us', shape: 'number' };
    case 'i':
      return header(`http_${under}`, parameter ?? '');
    case 'o':
      return header(`sent_http_${under}`, parameter ?? '');
    case '^ti':
    case '^to':
      return { name: `trailer_${under}`, shape: 'text' };
    case 'C':
      return { name: `cookie_${parameter ?? ''}`, shape: 'text' };
    case 'e':
      return { name: `env_${under}`, shape: 'text' };
    case 'n':
      return { name: `note_${under}`, shape: 'text' };
    case 'x':
    case 'c':
      return { name: under || 'ssl', shape: /_dn/.test(under) ? 'text' : 'word' };
    case 't':
      return time(parameter);
    default: {
      const known = SIMPLE[letter];
      return known === undefined ? undefined : { name: known[0], shape: known[1], as: known[2] };
    }
  }
}

function header(name: string, parameter: string): Variable {
  return { name, shape: /^x-forwarded-for$/i.test(parameter) ? 'list' : WORD_HEADERS.test(parameter) ? 'word' : 'text' };
}

/** Apache takes the time of a request when it arrives, unless it is told otherwise. */
function time(parameter: string | undefined): Variable | undefined {
  if (parameter === undefined) return { name: 'time_received', shape: 'bracketed' };
  const isEnd = parameter.startsWith('end:');
  const format = parameter.replace(/^(begin|end):/, '');
  const clock = TIMES[format] === undefined ? clockParts(format === '' ? '[%d/%b/%Y:%H:%M:%S %z]' : format) : [TIMES[format]];
  return clock === undefined ? undefined : { name: isEnd ? 'time_complete' : 'time_received', shape: 'clock', clock };
}

/** `%U%q` is one value: the path with its query. */
function wholeTargets(pieces: readonly (string | Variable)[]): (string | Variable)[] {
  const all: (string | Variable)[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    const next = pieces[i + 1];
    if (typeof piece === 'object' && piece.name === 'uri' && typeof next === 'object' && next.name === 'query_string') {
      const whole: Variable = { name: 'request_uri', shape: 'text' };
      labels.set(whole, '%U%q');
      all.push(whole);
      i++;
    } else all.push(piece);
  }
  return all;
}
