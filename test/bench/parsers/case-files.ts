import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parse } from 'yaml';
import type { Format } from '../../../schemas/config.ts';
import { detectFormat } from '../../../services/ingest/detect.ts';
import type { Aspect, Assertion, Case, CaseFile } from './case.ts';

/** Formats of the kinds of logs that CrowdSec and Filebeat know, by words in their names. */
const FORMATS_BY_WORD: [RegExp, Format[]][] = [
  [/ingress/, ['ingress-nginx']],
  [/nginx/, ['nginx', 'nginx-json', 'ingress-nginx']],
  [/apache|httpd/, ['apache']],
  [/traefik/, ['traefik', 'traefik-json']],
  [/haproxy/, ['haproxy']],
  [/caddy/, ['caddy', 'combined']],
  [/envoy|istio/, ['envoy-json', 'envoy']],
  [/alb|elb/, ['aws-alb']],
  [/cloudfront/, ['aws-cloudfront']],
  [/vpc/, ['aws-vpc-flow']],
  [/iis/, ['iis']],
  [/apisix/, ['apisix']],
  [/kong/, ['kong']],
  [/tyk/, ['tyk']],
  [/goflow|netflow|sflow|ipfix/, ['goflow2']],
  [/suricata/, ['suricata']],
  [/zeek/, ['zeek-conn', 'zeek-http']],
  [/otel|opentelemetry/, ['otel']],
];

/** What a field of an expectation is about, by the names that CrowdSec's parsers and ECS give it. */
const ASPECTS: [RegExp, Aspect][] = [
  [/^(http_verb|verb|http_method|method|http\.request\.method)$/, 'method'],
  [/^(http_path|http_request|request|uri|request_uri|url\.original)$/, 'path'],
  [/^(raw_request_line|haproxy\.http\.request\.raw_request_line)$/, 'request'],
  [/^(http_version|httpversion|http\.version)$/, 'version'],
  [/^(target_fqdn|http_host|host|authority|url\.domain|destination\.domain)$/, 'host'],
  [/^(http_status|http_status_code|status|response|elb_status_code|response_code|http\.response\.status_code)$/, 'status'],
  [
    /^(body_bytes_sent|bytes|sent_bytes|bytes_read|bytes_sent|size|http\.response\.bytes|http\.response\.body\.bytes|haproxy\.bytes_read)$/,
    'size',
  ],
  [/^(received_bytes|bytes_received|http\.request\.bytes|http\.request\.body\.bytes)$/, 'size_in'],
  [/^(timestamp|time|time_local|accept_date|MarshaledTime|@timestamp)$/, 'time'],
  [/^event\.duration$/, 'duration'],
  [/^(source_ip|remote_addr|clientip|client_ip|remote_ip|source\.address|source\.ip)$/, 'address'],
  [/^(http_user_agent|user_agent|user_agent\.original)$/, 'agent'],
  [/^(remote_user|auth|user|username|user\.name)$/, 'user'],
];

function aspectOf(name: string): Aspect | undefined {
  return ASPECTS.find(([pattern]) => pattern.test(name))?.[1];
}

/** Formats by what a log calls itself; else by its lines. */
function formatsOf(words: string, text: Uint8Array): Format[] {
  const known = FORMATS_BY_WORD.find(([pattern]) => pattern.test(words.toLowerCase()))?.[1] ?? [];
  const seen = detectFormat(text).format;
  return [...new Set([...(seen === undefined || known.length > 0 ? [] : [seen]), ...known])];
}

/** All logs with expectations below a folder; problems are what could not be made out of its files. */
export function caseFiles(folder: string): { files: CaseFile[]; problems: string[] } {
  const files: CaseFile[] = [];
  const problems: string[] = [];
  const walk = (at: string): void => {
    const names = readdirSync(at).sort();
    if (names.includes('parser.assert')) {
      files.push(...crowdsec(at, folder, problems));
      return;
    }
    for (const name of names) {
      const path = join(at, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (name.endsWith('.ndjson')) files.push(ndjson(path, folder));
      else if (name.endsWith('.log') || names.includes(`${name}-expected.json`)) files.push(filebeat(path, folder));
    }
  };
  walk(folder);
  for (const file of files) if (file.formats.length === 0) problems.push(`${file.name}: no format is known for it`);
  return { files: files.filter(({ formats }) => formats.length > 0), problems };
}

function linesOf(text: Uint8Array): string[] {
  const lines = new TextDecoder().decode(text).split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

const STATEMENT = /results\["[^"]+"\]\["([^"]+)"\]\[(\d+)\]\.(.+?)(?: == (.*)|, ([\d.eE+-]+)\))$/;

/** A folder of CrowdSec's hub tests: config.yaml says which log, parser.assert what came of each of its lines. */
function crowdsec(folder: string, root: string, problems: string[]): CaseFile[] {
  const config = parse(readFileSync(join(folder, 'config.yaml'), 'utf8')) as {
    log_file: string;
    log_type: string;
    labels?: { program?: string };
  };
  const text = readFileSync(join(folder, config.log_file));
  const lines = linesOf(text);
  const places = new Map<string, number>();
  const byPlace = new Map<number, Map<string, { name: string; expected: string }>>();
  const statements: { parser: string; index: number; field: string; expected: string }[] = [];
  for (const raw of readFileSync(join(folder, 'parser.assert'), 'utf8').split('\n')) {
    const match = STATEMENT.exec(raw.trim());
    if (match === null) continue;
    statements.push({ parser: match[1], index: Number(match[2]), field: match[3], expected: literal(match[4] ?? match[5]) });
  }
  // Results are numbered by parser; the message of each says which line it was.
  const taken = new Map<string, Set<number>>();
  for (const { parser, index, field, expected } of statements) {
    if (field !== 'Evt.Parsed["message"]') continue;
    const own = taken.get(parser) ?? new Set<number>();
    taken.set(parser, own);
    const line = lines.findIndex((one, i) => !own.has(i) && expected !== '' && one.includes(expected));
    const place = line >= 0 ? line : index;
    own.add(place);
    places.set(`${parser}[${index}]`, place);
  }
  const kinds = new Map<number, string>();
  const failed = new Set<number>();
  for (const { parser, index, field, expected } of statements) {
    const place = places.get(`${parser}[${index}]`) ?? index;
    if (/^Success$/.test(field) && expected === 'false' && !/syslog|non-syslog|cri|docker|dateparse|http-logs|geoip/.test(parser))
      failed.add(place);
    const match = /^Evt\.(?:Parsed|Meta|Enriched)\["([^"]+)"\]$/.exec(field);
    if (match === null) continue;
    if (match[1] === 'log_type') kinds.set(place, expected);
    const own = byPlace.get(place) ?? new Map();
    byPlace.set(place, own);
    own.set(`${match[1]}=${expected}`, { name: match[1], expected });
  }
  const cases: Case[] = [];
  lines.forEach((line, i) => {
    if (line.trim() === '') return;
    const kind = kinds.get(i);
    if (failed.has(i) || (kind !== undefined && !/access/.test(kind))) {
      cases.push({
        line: i,
        assertions: [
          {
            aspect: 'refused',
            name: kind ?? 'Success == false',
            expected: 'a dead letter or a flow',
            connection: kind === 'bad_ssl_handshake',
          },
        ],
      });
      return;
    }
    const assertions: Assertion[] = [{ aspect: 'taken', name: 'Success', expected: 'a record' }];
    for (const { name, expected } of byPlace.get(i)?.values() ?? []) {
      const aspect = aspectOf(name);
      if (aspect !== undefined && !(name === 'host' && expected === '')) assertions.push({ aspect, name, expected });
    }
    cases.push({ line: i, assertions });
  });
  if (statements.length === 0) problems.push(`${relative(root, folder)}: parser.assert has no statement that can be read`);
  const words = `${config.log_type} ${config.labels?.program ?? ''} ${basename(folder)}`;
  return [{ name: relative(root, join(folder, config.log_file)), text, formats: formatsOf(words, text), cases }];
}

/** A string as Go writes it. */
function literal(text: string): string {
  if (!text.startsWith('"')) return text.replace(/^`(.*)`$/s, '$1');
  const escapes = text
    .replace(/\\\\/g, '\\u005c')
    .replace(/\\x([0-9a-fA-F]{2})/g, '\\u00$1')
    .replace(/\\a/g, '\\u0007')
    .replace(/\\v/g, '\\u000b')
    .replace(/\\U([0-9a-fA-F]{8})/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/\\'/g, "'");
  try {
    return JSON.parse(escapes) as string;
  } catch {
    return text.slice(1, -1); // no string that both write in one way
  }
}

/** A log of Filebeat's modules, beside it what the module makes of each line; without that every line has to be taken. */
function filebeat(path: string, root: string): CaseFile {
  const text = readFileSync(path);
  const expectedPath = `${path}-expected.json`;
  const lines = linesOf(text);
  const name = relative(root, path);
  if (!existsSync(expectedPath)) {
    const isErrorLog = /error/.test(basename(path));
    const assertionOf = (line: string): Assertion =>
      isErrorLog || / (NODATA|SKIPDATA)$/.test(line)
        ? { aspect: 'refused', name: 'no access', expected: 'a dead letter' }
        : { aspect: 'taken', name: 'line', expected: 'a record' };
    const cases = lines.flatMap((line, i) =>
      line.trim() === '' || /^#|\bsrcaddr\b/.test(line) ? [] : [{ line: i, assertions: [assertionOf(line)] }],
    );
    return { name, text, formats: formatsOf(name, text), cases };
  }
  const entries = JSON.parse(readFileSync(expectedPath, 'utf8')) as Record<string, unknown>[];
  const datasets = new Set(entries.map((entry) => String(entry['event.dataset'] ?? '')));
  const cases = entries.map((entry): Case => {
    const line = lineAt(text, Number(entry['log.offset'] ?? 0));
    const connection = isConnection(entry);
    const isEmpty = /vpcflow/.test(String(entry['event.dataset'])) && entry['source.ip'] === undefined;
    if (/error/.test(String(entry['event.dataset'])) || connection || isEmpty)
      return {
        line,
        assertions: [{ aspect: 'refused', name: String(entry['event.dataset']), expected: 'a dead letter or a flow', connection }],
      };
    const assertions: Assertion[] = [{ aspect: 'taken', name: 'line', expected: 'a record' }];
    for (const [field, value] of Object.entries(entry)) {
      const aspect = aspectOf(field);
      if (aspect !== undefined && !Array.isArray(value)) assertions.push({ aspect, name: field, expected: String(value) });
    }
    const { 'url.path': target, 'url.query': query, 'url.original': original } = entry;
    if (original === undefined && typeof target === 'string')
      assertions.push({ aspect: 'path', name: 'url.path', expected: typeof query === 'string' ? `${target}?${query}` : target });
    return { line, assertions };
  });
  return { name, text, formats: formatsOf(`${[...datasets].join(' ')} ${name}`, text), cases };
}

/** HAProxy's lines of TCP connections and of those that are only accepted. */
function isConnection(entry: Record<string, unknown>): boolean {
  if (entry['event.module'] !== 'haproxy') return false;
  return !Object.keys(entry).some((key) => /^http\.|raw_request_line/.test(key));
}

function lineAt(text: Uint8Array, offset: number): number {
  let line = 0;
  for (let at = 0; at < offset; at++) if (text[at] === 0x0a) line++;
  return line;
}

/** What records of these kinds say, by where they say it. */
const POINTERS: Partial<Record<Format, [Aspect, string][]>> = {
  apisix: [
    ['method', 'request.method'],
    ['path', 'request.uri'],
    ['status', 'response.status'],
    ['size', 'response.size'],
    ['size_in', 'request.size'],
    ['address', 'client_ip'],
    ['agent', 'request.headers.user-agent'],
    ['host', 'request.headers.host'],
    ['user', 'consumer.username'],
    ['time', 'start_time'],
  ],
  kong: [
    ['method', 'request.method'],
    ['path', 'request.uri'],
    ['status', 'response.status'],
    ['size', 'response.size'],
    ['size_in', 'request.size'],
    ['address', 'client_ip'],
    ['agent', 'request.headers.user-agent'],
    ['host', 'request.headers.host'],
    ['user', 'consumer.username'],
    ['time', 'started_at'],
  ],
  goflow2: [
    ['address', 'src_addr'],
    ['peer', 'dst_addr'],
    ['peer_port', 'dst_port'],
  ],
};

function ndjson(path: string, root: string): CaseFile {
  const text = readFileSync(path);
  const name = relative(root, path);
  const formats = formatsOf(name, text);
  const cases = linesOf(text).flatMap((line, i): Case[] => {
    if (line.trim() === '') return [];
    const assertions: Assertion[] = [{ aspect: 'taken', name: 'record', expected: 'a record' }];
    const record = JSON.parse(line) as Record<string, unknown>;
    for (const [aspect, pointer] of POINTERS[formats[0]] ?? []) {
      const value = pointer.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], record);
      if (value !== undefined && value !== null) assertions.push({ aspect, name: pointer, expected: String(value) });
    }
    return [{ line: i, assertions }];
  });
  return { name, text, formats, cases };
}
