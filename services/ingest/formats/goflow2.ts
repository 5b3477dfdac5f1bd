import type { JsonFormat } from '../format.ts';

/** The names that goflow2 has had for a field: of its text and JSON output, of protobuf's JSON, and of its first releases. */
function named(name: string): string[] {
  const words = name.split('_');
  const pascal = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  return [name, pascal[0].toLowerCase() + pascal.slice(1), pascal];
}

/**
 * NetFlow, IPFIX and sFlow as goflow2 writes them in JSON. A record is one direction of a connection, or of sFlow one packet, and
 * stands for `sampling_rate` of them: its bytes are multiplied by that. Complete at the flow's end, else when it was received.
 */
export const goflow2: JsonFormat = {
  kind: 'json',
  flows: true,
  oneWay: true,
  spanned: true,
  fields: {
    start: ['time_flow_start_ns', 'time_flow_start_ms', 'time_flow_start'].flatMap(named),
    time: ['time_flow_end_ns', 'time_flow_end_ms', 'time_flow_end', 'time_received_ns', 'time_received'].flatMap(named),
    bytes_in: named('bytes'),
    sampling: named('sampling_rate'),
    address: named('src_addr'),
    port: named('src_port'),
    peer_address: named('dst_addr'),
    peer_port: named('dst_port'),
    protocol: named('proto'),
  },
  identity: [],
  targets: [],
  mark: ({ has }) => (has(/"(sampler_address|SamplerAddress|samplerAddress)"\s*:/) ? 1 : 0),
};
