// The counting topology with models: each window row says which champion judged it, by the switches that the topology is
// made with; each alert says how many marks the alert stage had taken before it.
import { HOUR } from '../../dist/services/core/watermark.js';
import { createTopology as createCounting } from './counting-topology.mjs';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function createTopology(config) {
  const base = createCounting(config);
  return {
    ...base,
    createMerge: (task, partitions) => judging(base.createMerge(task, partitions), config.switches ?? []),
    createAlert: (partitions) => marking(base.createAlert(partitions)),
  };
}

function championAt(switches, start) {
  return switches.findLast(({ tenant, from }) => tenant === '*' && from <= start)?.champion ?? '';
}

function judging(stage, switches) {
  const judged = (emits) =>
    emits.map((emit) => {
      if (emit.output !== 'windows') return emit;
      const rows = decoder.decode(emit.value).split('\n').filter(Boolean);
      const text = rows.map((row) => `${row}\t${championAt(switches, Number(row.split('\t')[1]))}\n`).join('');
      return { ...emit, value: encoder.encode(text) };
    });
  return { ...stage, process: (batch) => judged(stage.process(batch)), control: (record) => judged(stage.control(record)) };
}

function marking(stage) {
  let marks = [];
  return {
    ...stage,
    process: (bytes) =>
      stage.process(bytes).map((emit) => {
        if (emit.output !== 'alerts') return emit;
        return { ...emit, value: emit.value.map((alert) => ({ ...alert, marks: [...marks] })) };
      }),
    control(record) {
      if (record.kind === 'feedback') marks.push(record.incident);
      return stage.control(record);
    },
    snapshot: () => {
      const inner = stage.snapshot();
      return { ...inner, common: encoder.encode(JSON.stringify({ inner: decoder.decode(inner.common), marks })) };
    },
    restore(snapshot) {
      const saved = JSON.parse(decoder.decode(snapshot.common));
      marks = saved.marks;
      stage.restore({ ...snapshot, common: encoder.encode(saved.inner) });
    },
  };
}

/** Start of the hour that holds a time. */
export const hourOf = (time) => Math.floor(time / HOUR) * HOUR;
