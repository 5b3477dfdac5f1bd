import { loadAddressTables } from '../../services/ingest/addresses/address-loader.ts';
import { AddressData, NO_ADDRESS_DATA } from '../../services/ingest/addresses/addresses.ts';
import { createNormaliseStage } from '../../services/ingest/normalise.ts';
import { LineFramer } from '../../services/ingest/records/framing.ts';

/**
 * Cost of the normalise stage per event against JSON.parse of the same lines, in one process, in turns.
 * `node <compiled>/test/bench/ingest.bench.js [events] [rounds]`
 */
const events = Number(process.argv[2] ?? 300_000);
const rounds = Number(process.argv[3] ?? 5);

/** xorshift32: the same lines every time. */
function random(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 4294967296;
  };
}

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
  'okhttp/4.11.0',
  'shop-app/5.2.1 (Android 13; SM-G998B)',
];

/** nginx lines (escape=json) of about 380 bytes: 4,000 accounts and 300 interfaces, half of the paths with ids. */
function nginxLines(count: number): Uint8Array {
  const next = random(7);
  const pick = (n: number) => Math.floor(next() * n);
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const at = Date.UTC(2026, 10, 1) + Math.floor((i / count) * 86_400_000);
    const account = pick(4_000);
    const api = pick(300);
    const path = `/api/v1/${['orders', 'users', 'items', 'cart', 'search', 'messages'][api % 6]}${api}${api % 2 === 0 ? `/${pick(1_000_000)}` : ''}${api % 5 === 0 ? `?page=${pick(9)}&order_id=${pick(100_000)}` : ''}`;
    lines.push(
      `{"time_iso8601":"${new Date(at).toISOString().slice(0, 19)}+00:00","msec":"${(at / 1000).toFixed(3)}","remote_addr":"${20 + (account % 180)}.${account % 251}.${account % 13}.${account % 199}","http_x_forwarded_for":"-","http_x_consumer_id":"u${100_000 + account}","request_method":"${next() < 0.8 ? 'GET' : 'POST'}","host":"shop.example.com","request_uri":"${path}","status":${next() < 0.95 ? 200 : 404},"body_bytes_sent":${100 + pick(20_000)},"request_length":${200 + pick(900)},"request_time":"0.${String(pick(1000)).padStart(3, '0')}","http_user_agent":"${AGENTS[account % AGENTS.length]}"}\n`,
    );
  }
  return new TextEncoder().encode(lines.join(''));
}

/** The same traffic in the combined format. */
function combinedLines(count: number): Uint8Array {
  const next = random(9);
  const pick = (n: number) => Math.floor(next() * n);
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    const second = Math.floor((i / count) * 86_400);
    const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
      .map((part) => String(part).padStart(2, '0'))
      .join(':');
    const account = pick(4_000);
    lines.push(
      `${20 + (account % 180)}.${account % 251}.${account % 13}.${account % 199} - u${account} [01/Nov/2026:${clock} +0000] "GET /api/v1/orders/${pick(1_000_000)} HTTP/1.1" 200 ${pick(20_000)} "https://shop.example.com/" "${AGENTS[account % AGENTS.length]}"\n`,
    );
  }
  return new TextEncoder().encode(lines.join(''));
}

const CHUNK = 1 << 20;

function normalise(bytes: Uint8Array, format: 'nginx-json' | 'combined', addresses: AddressData): number {
  const stage = createNormaliseStage({ tenant: 't', source: 's', format, partitions: 2, upstreams: 1, key: [1, 2, 3, 4] }, { addresses });
  const framer = new LineFramer();
  let rows = 0;
  for (let at = 0; at < bytes.length; at += CHUNK) {
    for (const piece of framer.push(bytes.subarray(at, at + CHUNK))) {
      for (const emit of stage.process({ tenant: 't', source: 's', partition: 'p', ...piece }))
        if (emit.output === 'events') rows += emit.value.n;
    }
  }
  return rows;
}

function parseAlone(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let rows = 0;
  for (let at = 0; at < buffer.length; ) {
    const feed = buffer.indexOf(10, at);
    const record = JSON.parse(buffer.toString('utf8', at, feed)) as { status: number };
    rows += record.status > 0 ? 1 : 0;
    at = feed + 1;
  }
  return rows;
}

/** CPU time of this thread's work, garbage collection included: what other processes do shows less in it. */
function timed(work: () => number): { us: number; rows: number } {
  const before = process.cpuUsage();
  const rows = work();
  const { user, system } = process.cpuUsage(before);
  return { us: (user + system) / rows, rows };
}

const started = performance.now();
const addresses = new AddressData(await loadAddressTables());
console.log(`address data: ${(performance.now() - started).toFixed(0)} ms`);
const json = nginxLines(events);
const text = combinedLines(events);
console.log(`${events} events; nginx-json ${(json.length / events).toFixed(0)} bytes each, combined ${(text.length / events).toFixed(0)}`);
const best = { json: Infinity, combined: Infinity, parse: Infinity };
for (let round = 0; round < rounds; round++) {
  const a = timed(() => normalise(json, 'nginx-json', round % 2 === 0 ? addresses : NO_ADDRESS_DATA));
  const b = timed(() => normalise(text, 'combined', addresses));
  const c = timed(() => parseAlone(json));
  if (a.rows < events - 1 || b.rows < events - 1) throw new Error(`rows are missing: ${a.rows}, ${b.rows} of ${events}`);
  best.json = Math.min(best.json, a.us);
  best.combined = Math.min(best.combined, b.us);
  best.parse = Math.min(best.parse, c.us);
  console.log(
    `round ${round + 1}: nginx-json ${a.us.toFixed(2)} CPU µs/event, combined ${b.us.toFixed(2)}, JSON.parse alone ${c.us.toFixed(2)}`,
  );
}
console.log(
  `best: nginx-json ${best.json.toFixed(2)} CPU µs/event (${(best.parse / best.json).toFixed(2)} times the speed of JSON.parse alone, ${best.parse.toFixed(2)}), combined ${best.combined.toFixed(2)}`,
);
