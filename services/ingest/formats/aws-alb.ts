import { GUESSED_TARGETS, rulesOf } from '../fields.ts';
import type { TextFormat } from '../format.ts';
import { FirstOf } from '../patterns/first-of.ts';
import { putNumber, sumOfSeconds, withoutPort } from '../patterns/rewrites.ts';
import { columnSyntax, type Rewrite } from '../records/columns.ts';

const TIMES = ['request_processing_time', 'target_processing_time', 'response_processing_time'] as const;
const BEGINNING = [
  'time',
  'elb',
  'client:port',
  'target:port',
  ...TIMES,
  'elb_status_code',
  'target_status_code',
  'received_bytes',
  'sent_bytes',
  'request',
  'user_agent',
];
/** An Application Load Balancer's columns; what a release does not know is missing at the end. */
const COLUMNS = [
  'type',
  ...BEGINNING,
  'ssl_cipher',
  'ssl_protocol',
  'target_group_arn',
  'trace_id',
  'domain_name',
  'chosen_cert_arn',
  'matched_rule_priority',
  'request_creation_time',
  'actions_executed',
  'redirect_url',
  'error_reason',
  'target:port_list',
  'target_status_code_list',
  'classification',
  'classification_reason',
  'conn_trace_id',
  'transformed_host',
  'transformed_uri',
  'request_transform_status',
];

/** `- http://host:80- -`: what stands for a request that could not be read. */
const request: Rewrite = (workspace, start, end) =>
  workspace.put(workspace.bytes, start, workspace.bytes[start] === 0x2d && workspace.bytes[start + 1] === 0x20 ? start : end);

const isTime = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start >= 20 && bytes[start + 4] === 0x2d && bytes[start + 7] === 0x2d && bytes[start + 10] === 0x54;
const isType = (bytes: Uint8Array, start: number, end: number): boolean => end - start <= 8 && bytes[start] >= 0x61 && bytes[start] <= 0x7a;

/**
 * AWS Application Load Balancer, and the Classic one before it (no type in front). The time is that of the answer; the
 * duration is the sum of the three processing times, -1 counting as none.
 */
export const awsAlb: TextFormat = {
  kind: 'text',
  fields: {
    time: ['time'],
    start: ['request_creation_time'],
    duration_ms: ['processing_ms'],
    status: ['elb_status_code'],
    bytes_in: ['received_bytes'],
    bytes_out: ['sent_bytes'],
    address: ['client:port'],
    request: ['request'],
    agent: ['user_agent'],
  },
  identity: rulesOf([]),
  targets: GUESSED_TARGETS,
  // a balancer's log is written every five minutes, but by the time of its requests
  syntax: () => {
    const rewrites = { 'client:port': withoutPort, request };
    const computed = {
      name: 'processing_ms',
      columns: TIMES,
      value: (workspace: Parameters<Rewrite>[0], spans: readonly (readonly [number, number])[]): number => {
        const ms = sumOfSeconds(workspace, spans);
        return ms < 0 ? -1 : putNumber(workspace, ms);
      },
    };
    const typed = columnSyntax({ columns: COLUMNS, separator: 0x20, least: 14, grows: true, rewrites, computed, first: isType });
    const classic = columnSyntax({
      columns: [...BEGINNING, 'ssl_cipher', 'ssl_protocol'],
      separator: 0x20,
      least: 12,
      rewrites,
      computed,
      first: isTime,
    });
    return { variables: typed.variables, bind: (names) => new FirstOf([typed.bind(names), classic.bind(names)]) };
  },
  mark: ({ has }) => (has(/^((http|https|h2|grpcs|ws|wss) )?\d{4}-\d\d-\d\dT[\d:.]+Z \S+ \S+:\d+ \S+ -?[\d.]+ -?[\d.]+ -?[\d.]+ /) ? 1 : 0),
};
