/** What the bench has measured, as far as a sizing needs it. Costs are for each event. */
export interface Measures {
  /** of a log line */
  lineBytes: number;
  /** CPU µs */
  weir: number;
  broker: number;
  clickhouse: number;
  /** bytes on the broker, one copy, of the topics that `kafka.retention` holds */
  topicBytes: number;
  /** bytes in ClickHouse, after merges */
  storeBytes: number;
  /** bytes of a process without accounts worth mentioning, and of each account beside it */
  processBytes: number;
  accountBytes: number;
}

/** A day of logs, bytes, and how many accounts send them: assumed. */
const PLANS = [
  { name: '200 GB', bytes: 200e9, accounts: 500_000 },
  { name: '2 TB', bytes: 2e12, accounts: 3_000_000 },
  { name: '20 TB', bytes: 20e12, accounts: 20_000_000 },
];
/** The busiest hour against the day's mean. */
const PEAK = 3;
/** How full a core may be at the peak: the rest is for catching up after an outage. */
const BUSY = 0.6;
/** Days that Weir's own topics and the store keep: the defaults. */
const TOPIC_DAYS = 3;
const STORE_DAYS = 60;
const COPIES = 3;

/** The table of docs/deployment.md. */
export function sizingTable(m: Measures): string[] {
  const rows = PLANS.map(({ name, bytes, accounts }) => {
    const events = bytes / m.lineBytes;
    const mean = events / 86_400;
    const peak = mean * PEAK;
    const cores = (peak * m.weir) / 1e6 / BUSY;
    // stages of one process share a thread
    const processes = Math.max(2, Math.ceil(cores));
    const partitions = Math.min(256, Math.max(6, 2 * processes));
    const memory = (m.processBytes + (accounts * m.accountBytes) / processes) / 1e9;
    return [
      name,
      `${round(mean)} / ${round(peak)}`,
      cores.toFixed(1),
      `${processes}`,
      `${partitions}`,
      `${memory.toFixed(1)} GB`,
      (((peak * m.broker) / 1e6 / BUSY) * COPIES).toFixed(1),
      disk(events * m.topicBytes * TOPIC_DAYS * COPIES),
      ((peak * m.clickhouse) / 1e6 / BUSY).toFixed(1),
      disk(events * m.storeBytes * STORE_DAYS),
    ];
  });
  return [
    `Worked out from what \`npm run bench:kafka\` measured for one event of ${Math.round(m.lineBytes)} bytes: ${m.weir.toFixed(1)} µs of CPU in Weir, ${m.broker.toFixed(1)} µs in the broker, ${m.clickhouse.toFixed(1)} µs in ClickHouse; ${round(m.topicBytes)} bytes on the broker and ${m.storeBytes.toFixed(1)} bytes in ClickHouse; ${round(m.processBytes / 1e6)} MB a process and ${round(m.accountBytes)} bytes an account. Assumed: a busiest hour of ${PEAK} times the mean, cores ${BUSY * 100} % busy then, ${COPIES} copies on the brokers, Weir's topics kept ${TOPIC_DAYS} days, the store ${STORE_DAYS}. CPU of live traffic is taken where it was measured: transactions come by the clock then, and cost more than a backlog's. The last two rows are far beyond what was run: they are linear from one machine.`,
    '',
    '| logs a day | events/s, mean / peak | cores for Weir | processes | `kafka.partitions` | memory of each process | broker cores, all | broker disk, all (without your own topics) | ClickHouse cores | ClickHouse disk, one copy |',
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    `Accounts assumed: ${PLANS.map(({ name, accounts }) => `${round(accounts)} for ${name}`).join(', ')}. One process works on one core; its garbage collector and the compiler take a little of another. Give the sources' topics at least as many partitions as there are processes. A partition is the least that can be given to a process: a key that has half of all events costs one process half of its stage's work, whatever the number of partitions.`,
  ];
}

function round(value: number): string {
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return (Math.round(value / digits) * digits).toLocaleString('en');
}

function disk(bytes: number): string {
  return bytes >= 1e12 ? `${(bytes / 1e12).toFixed(1)} TB` : `${round(bytes / 1e9)} GB`;
}
