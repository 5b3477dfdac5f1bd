import { WeirError } from '../../core/errors.ts';
import type { FieldMap } from '../fields.ts';
import type { TextFormat } from '../format.ts';
import type { NormaliseConfig } from '../normalise-config.ts';
import { putNumber } from '../patterns/rewrites.ts';
import { columnSyntax, type Rewrite } from '../records/columns.ts';
import { unsignedOf } from '../values/numbers.ts';

/** Version 2, the default. */
const VERSION_2 = [
  'version',
  'account-id',
  'interface-id',
  'srcaddr',
  'dstaddr',
  'srcport',
  'dstport',
  'protocol',
  'packets',
  'bytes',
  'start',
  'end',
  'action',
  'log-status',
];
const KNOWN = new Set([
  ...VERSION_2,
  // 3
  'vpc-id',
  'subnet-id',
  'instance-id',
  'tcp-flags',
  'type',
  'pkt-srcaddr',
  'pkt-dstaddr',
  // 4, 5
  'region',
  'az-id',
  'sublocation-type',
  'sublocation-id',
  'pkt-src-aws-service',
  'pkt-dst-aws-service',
  'flow-direction',
  'traffic-path',
  // 7 and later
  'ecs-cluster-arn',
  'ecs-cluster-name',
  'ecs-container-instance-arn',
  'ecs-container-instance-id',
  'ecs-container-id',
  'ecs-second-container-id',
  'ecs-service-name',
  'ecs-task-definition-arn',
  'ecs-task-arn',
  'ecs-task-id',
  'reject-reason',
  'resource-id',
  'encryption-status',
]);
const NEEDED = ['srcaddr', 'dstaddr', 'dstport', 'protocol'];
const FIELDS: FieldMap = {
  time: ['end'],
  start: ['start'],
  duration: ['flow-seconds'],
  address: ['pkt-srcaddr', 'srcaddr'],
  port: ['srcport'],
  peer_address: ['pkt-dstaddr', 'dstaddr'],
  peer_port: ['dstport'],
  protocol: ['protocol'],
  state: ['action'],
  bytes_in: ['bytes'],
};
/** IANA's numbers of the protocols that flow logs have; others are themselves. */
const PROTOCOLS: Record<number, string> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmp',
  132: 'sctp',
};
const HOUR = 3_600_000;
const decoder = new TextDecoder();

const encoder = new TextEncoder();
const WORDS = Array.from({ length: 256 }, (_, number) => encoder.encode(PROTOCOLS[number] ?? `ip-${number}`));
/** In Zeek's words: a connection that came about, or one that was refused. */
const ACCEPTED = encoder.encode('SF');
const REJECTED = encoder.encode('REJ');

const protocol: Rewrite = (workspace, start, end) => {
  const word = WORDS[unsignedOf(workspace.bytes, start, end)];
  return word === undefined ? workspace.put(workspace.bytes, start, end) : workspace.put(word, 0, word.length);
};
const action: Rewrite = (workspace, start) => {
  const word = workspace.bytes[start] === 0x52 ? REJECTED : ACCEPTED;
  return workspace.put(word, 0, word.length);
};

/**
 * AWS VPC flow logs, versions 2 to 5 and later ones: the columns by a header line, by `pattern`, or version 2's. Complete at
 * `end`. A flow is one direction (one-way.ts).
 */
export const awsVpcFlow: TextFormat = {
  kind: 'text',
  fields: FIELDS,
  identity: [],
  targets: [],
  flows: true,
  oneWay: true,
  lateness: HOUR,
  syntax: (config) =>
    columnSyntax({
      columns: columnsOf(config),
      separator: 0x20,
      bare: true,
      isHeader,
      rewrites: { protocol, action },
      status: {
        column: 'log-status',
        passes: 'OK',
        refuses: { NODATA: 'no traffic in the interval', SKIPDATA: 'records were skipped in the interval' },
      },
      computed: {
        name: 'flow-seconds',
        columns: ['start', 'end'],
        value: (workspace, spans) => {
          const [from, to] = spans.map(([start, end]) => unsignedOf(workspace.bytes, start, end));
          return from < 0 || to < from ? -1 : putNumber(workspace, to - from);
        },
      },
    }),
  mark: ({ has, text }) =>
    isHeaderText(text.slice(0, text.indexOf('\n') >>> 0)) ||
    has(/^\d \S+ eni-\S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \d+ \d+ \S+ (OK|NODATA|SKIPDATA)$/)
      ? 1
      : 0,
};

function columnsOf({ pattern, source }: NormaliseConfig): readonly string[] {
  if (pattern === undefined) return VERSION_2;
  const columns = pattern
    .trim()
    .split(/[\s,]+/)
    .map((name) => name.replace(/^\$\{(.*)\}$/, '$1').replace(/_/g, '-'));
  const unknown = columns.find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw new WeirError('config', `sources.${source}.pattern: '${unknown}' is no field of a VPC flow log`);
  const missing = NEEDED.filter((name) => !columns.includes(name) && !columns.includes(`pkt-${name}`));
  if (!columns.includes('end') && !columns.includes('start')) missing.push('end');
  if (missing.length > 0) throw new WeirError('config', `sources.${source}.pattern: without ${missing.join(', ')} no line can be an event`);
  return columns;
}

function isHeader(bytes: Uint8Array, start: number, end: number): boolean {
  const c = bytes[start];
  if (c < 0x61 || c > 0x7a || end - start > 2000) return false;
  return isHeaderText(decoder.decode(bytes.subarray(start, end)));
}

function isHeaderText(line: string): boolean {
  const names = line.trim().split(/\s+/);
  return names.length > 3 && names.every((name) => KNOWN.has(name));
}
