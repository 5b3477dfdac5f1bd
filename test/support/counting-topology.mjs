// A tiny real topology for the driver's tests: lines `<ms> <account> <interface>` are counted per interface and hour.
// An alert is an interface's hour with at least `threshold` events. Late, dead, shared knowledge and snapshots are real.
import { createHash } from 'node:crypto';
import { BatchBuilder, heapString } from '../../dist/services/core/batch.js';
import { keyGroupOf, partitionOf } from '../../dist/services/core/key-groups.js';
import { ledgerCounter } from '../../dist/services/core/topology-contract.js';
import { HOUR, WatermarkTracker, watermarkOf } from '../../dist/services/core/watermark.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const pack = (value) => encoder.encode(JSON.stringify(value));
const unpack = (bytes) => JSON.parse(decoder.decode(bytes));
const group = (entries) => {
  const groups = new Map();
  for (const [key, value] of entries)
    groups.set(keyGroupOf(key.split('\t')[1] ?? key), [...(groups.get(keyGroupOf(key.split('\t')[1] ?? key)) ?? []), [key, value]]);
  return new Map([...groups].map(([number, list]) => [number, pack(list)]));
};
const add = (map, key, n) => map.set(key, (map.get(key) ?? 0) + n);

export function createTopology(config) {
  const lateness = config.lateness ?? 120_000;
  return {
    createNormalise: (input, partitions) => normalise(input, partitions, lateness, config),
    createAccount: (task, partitions) => account(task, partitions),
    createMerge: (task, partitions) => merge(task, partitions),
    createAlert: (partitions) => alert(partitions, config.threshold ?? 100),
  };
}

function normalise(input, partitions, lateness, config) {
  const counters = {};
  let highest = -1;
  let sent = -1;
  const skips = new Set();
  const count = (fate, reason) => {
    const name = ledgerCounter(fate, input.tenant, input.source, reason);
    counters[name] = (counters[name] ?? 0) + 1;
  };
  return {
    name: 'normalise',
    process(chunk) {
      const builder = new BatchBuilder(input.tenant, input.source, input.partition);
      const dead = [];
      let start = 0;
      let line = chunk.line - 1;
      while (start < chunk.bytes.length) {
        let end = chunk.bytes.indexOf(10, start);
        if (end < 0) end = chunk.bytes.length;
        line++;
        const parts = decoder.decode(chunk.bytes.subarray(start, end)).split(' ');
        count('read');
        const skipped = skips.has(chunk.offset + start);
        if (!skipped && config.failOn?.includes(parts[0])) throw new Error(`met ${parts[0]}`);
        if (skipped) {
          count('dead', 'poison');
          dead.push({
            tenant: input.tenant,
            source: input.source,
            partition: input.partition,
            offset: chunk.offset + start,
            line,
            reason: 'poison',
            detail: '',
            raw: '',
          });
        } else if (chunk.skipped !== undefined || parts.length !== 3 || !/^\d+$/.test(parts[0])) {
          count('dead', chunk.skipped !== undefined ? 'line_too_long' : 'not_this_format');
          dead.push({
            tenant: input.tenant,
            source: input.source,
            partition: input.partition,
            offset: chunk.offset + start,
            line,
            reason: 'not_this_format',
            detail: '',
            raw: '',
          });
        } else {
          const row = builder.addRow();
          builder.columns.at[row] = Number(parts[0]);
          highest = Math.max(highest, Number(parts[0]));
          const strings = encoder.encode(parts[1] + parts[2]);
          const split = encoder.encode(parts[1]).length;
          builder.columns.account[row] = builder.addString(strings, 0, split);
          builder.columns.interface[row] = builder.addString(strings, split, strings.length);
          builder.columns.offset[row] = chunk.offset + start;
        }
        start = end + 1;
      }
      const emits = [];
      if (builder.n > 0) emits.push({ output: 'events', tenant: input.tenant, value: builder.build() });
      if (dead.length > 0) emits.push({ output: 'dead', tenant: input.tenant, value: dead });
      const time = watermarkOf(highest, lateness);
      if (time > sent) {
        sent = time;
        emits.push({
          output: 'control',
          tenant: input.tenant,
          value: { kind: 'watermark', tenant: input.tenant, upstream: input.partition, upstreams: input.upstreams, time },
        });
      }
      return emits;
    },
    control(record) {
      if (record.kind !== 'skip') return [{ output: 'control', tenant: input.tenant, value: record }];
      skips.add(record.offset);
      return [];
    },
    snapshot: () => ({ stage: 'normalise', version: 1, groups: new Map(), common: pack({ highest }) }),
    restore(snapshot) {
      ({ highest } = unpack(snapshot.common));
    },
    counters: () => ({ ...counters }),
  };
}

function account(task, partitions) {
  const tracker = new WatermarkTracker();
  const panes = new Map(); // account \t hour ... keyed tenant|hour|interface \t account
  const counters = {};
  let shared = 0;
  const flush = (tenant, time, end) => {
    const emits = [];
    const perMerge = new Map();
    for (const [key, n] of [...panes]) {
      const { tenant: of, hour, interface: api } = JSON.parse(key.split('\t')[0]);
      if (of !== tenant || hour + HOUR > time) continue;
      panes.delete(key);
      const to = partitionOf(keyGroupOf(api), partitions);
      perMerge.set(to, [...(perMerge.get(to) ?? []), [tenant, hour, api, n]]);
    }
    for (const [partition, rows] of perMerge) emits.push({ output: 'partials', tenant, partition, value: pack(rows) });
    if (end !== undefined) emits.push({ output: 'control', tenant, value: { ...end, upstream: `account-${task}` } });
    else
      emits.push({
        output: 'control',
        tenant,
        value: { kind: 'watermark', tenant, upstream: `account-${task}`, upstreams: partitions, time },
      });
    return emits;
  };
  return {
    name: 'account',
    process(batch) {
      const late = [];
      for (let row = 0; row < batch.n; row++) {
        const at = batch.columns.at[row];
        const hour = Math.floor(at / HOUR) * HOUR;
        const who = heapString(batch.heap, batch.columns.account[row]);
        const api = heapString(batch.heap, batch.columns.interface[row]);
        const fate = at < tracker.time(batch.tenant) ? 'late' : 'windowed';
        const name = ledgerCounter(fate, batch.tenant, batch.source);
        counters[name] = (counters[name] ?? 0) + 1;
        if (fate === 'late')
          late.push({
            tenant: batch.tenant,
            source: batch.source,
            partition: batch.partition,
            offset: batch.columns.offset[row],
            index: 0,
            at,
            delay: 0,
            account: who,
            interface: api,
          });
        else add(panes, `${JSON.stringify({ tenant: batch.tenant, hour, interface: api })}\t${who}`, 1);
      }
      return late.length > 0 ? [{ output: 'late', tenant: batch.tenant, value: late }] : [];
    },
    control(record) {
      if (record.kind === 'shared') {
        shared++;
        return [];
      }
      if (record.kind === 'restart') {
        tracker.reopen();
        return [];
      }
      if (record.kind === 'end') {
        tracker.end(record.tenant, record.upstream);
        return tracker.allEnded(record.tenant) ? flush(record.tenant, Infinity, record) : [];
      }
      const moved =
        record.kind === 'watermark'
          ? tracker.report(record)
          : record.kind === 'idle'
            ? tracker.idle(record.tenant, record.upstream)
            : record.kind === 'silence'
              ? tracker.raise(record.tenant, record.time)
              : undefined;
      return moved === undefined ? [] : flush(record.tenant, moved);
    },
    snapshot: () => ({ stage: 'account', version: 1, groups: group(panes), common: pack({ times: tracker.save(), shared }) }),
    restore(snapshot) {
      for (const bytes of snapshot.groups.values()) for (const [key, n] of unpack(bytes)) panes.set(key, n);
      tracker.restore(unpack(snapshot.common).times);
    },
    counters: () => ({ ...counters, shared }),
  };
}

function merge(task, partitions) {
  const tracker = new WatermarkTracker();
  const panes = new Map();
  const flush = (tenant, time, end) => {
    const rows = [];
    for (const [key, n] of [...panes]) {
      const { tenant: of, hour } = JSON.parse(key.split('\t')[0]);
      if (of !== tenant || hour + HOUR > time) continue;
      panes.delete(key);
      rows.push([tenant, hour, key.split('\t')[1], n, end !== undefined]);
    }
    rows.sort((a, b) => a[1] - b[1] || (a[2] < b[2] ? -1 : 1));
    const emits = [];
    if (rows.length > 0) {
      emits.push({ output: 'candidates', tenant, value: pack(rows) });
      emits.push({ output: 'windows', tenant, value: encoder.encode(rows.map((row) => `${row.slice(0, 4).join('\t')}\n`).join('')) });
    }
    emits.push({
      output: 'control',
      tenant,
      value: end ?? { kind: 'watermark', tenant, upstream: `merge-${task}`, upstreams: partitions, time },
    });
    return emits;
  };
  return {
    name: 'merge',
    process(bytes) {
      for (const [tenant, hour, api, n] of unpack(bytes)) {
        if (hour < tracker.time(tenant) - HOUR) throw new Error('late partial');
        add(panes, `${JSON.stringify({ tenant, hour })}\t${api}`, n);
      }
      return [];
    },
    control(record) {
      if (record.kind === 'restart') tracker.reopen();
      if (record.tenant !== undefined) tracker.expect(record.tenant, partitions);
      if (record.kind === 'end') {
        tracker.end(record.tenant, record.upstream);
        return tracker.allEnded(record.tenant) ? flush(record.tenant, Infinity, record) : [];
      }
      const moved = record.kind === 'watermark' ? tracker.report(record) : undefined;
      return moved === undefined ? [] : flush(record.tenant, moved);
    },
    snapshot: () => ({ stage: 'merge', version: 1, groups: group(panes), common: pack({ times: tracker.save() }) }),
    restore(snapshot) {
      for (const bytes of snapshot.groups.values()) for (const [key, n] of unpack(bytes)) panes.set(key, n);
      tracker.restore(unpack(snapshot.common).times);
    },
    counters: () => ({}),
  };
}

function alert(_partitions, threshold) {
  let reports = 0;
  return {
    name: 'alert',
    process(bytes) {
      const emits = [];
      for (const [tenant, hour, api, n, provisional] of unpack(bytes)) {
        if (n < threshold) continue;
        reports++;
        const id = createHash('sha256').update(`${tenant}|${hour}|${api}`).digest('hex').slice(0, 32);
        const value = [
          {
            alert_id: id,
            tenant,
            entity: { kind: 'interface', id: api },
            window: { start: new Date(hour).toISOString() },
            value: n,
            final: !provisional,
          },
        ];
        emits.push(
          { output: 'alerts', tenant, value },
          { output: 'shared', tenant, value: { epoch: hour / HOUR, knowledge: pack({ hour }) } },
        );
      }
      return emits;
    },
    control: () => [],
    snapshot: () => ({ stage: 'alert', version: 1, groups: new Map(), common: pack({ reports }) }),
    restore(snapshot) {
      ({ reports } = unpack(snapshot.common));
    },
    counters: () => ({ reports }),
  };
}
