import type { Format } from '../../../schemas/config.ts';

/** A request as the generated lines tell of it. */
export interface Request {
  at: number;
  ip: string;
  user: string;
  method: string;
  path: string;
  query: string;
  status: number;
  size: number;
  ms: number;
  agent: string;
  id: string;
}

/** How lines of a format are made, and the regular expression that somebody would write for them; none: JSON.parse reads them. */
export interface GeneratedFormat {
  format: Format;
  line: (request: Request) => string;
  pattern?: RegExp;
}

const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
  'okhttp/4.11.0',
  'shop-app/5.2.1 (Android 13; SM-G998B)',
];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const PATHS = ['orders', 'users', 'items', 'cart', 'search', 'messages'];
const HOST = 'shop.example.com';

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

/** Requests of an hour: 4,000 accounts and addresses, 60 interfaces, half of the paths with ids. */
export function requests(count: number): Request[] {
  const next = random(11);
  const pick = (n: number) => Math.floor(next() * n);
  return Array.from({ length: count }, (_, i) => {
    const account = pick(4000);
    const api = pick(60);
    return {
      at: Date.UTC(2026, 10, 1) + Math.floor((i / count) * 3_600_000),
      ip: `${20 + (account % 180)}.${account % 251}.${account % 13}.${account % 199}`,
      user: `u${100_000 + account}`,
      method: next() < 0.8 ? 'GET' : 'POST',
      path: `/api/v1/${PATHS[api % 6]}${api}${api % 2 === 0 ? `/${pick(1_000_000)}` : ''}`,
      query: api % 5 === 0 ? `page=${pick(9)}&order_id=${pick(100_000)}` : '',
      status: next() < 0.95 ? 200 : 404,
      size: 100 + pick(20_000),
      ms: 1 + pick(900),
      agent: AGENTS[account % AGENTS.length],
      id: `${(pick(1e9) + 1e9).toString(16)}${(pick(1e9) + 1e9).toString(16)}${(pick(1e9) + 1e9).toString(16)}${(pick(1e9) + 1e9).toString(16)}`.slice(
        0,
        32,
      ),
    };
  });
}

const two = (n: number): string => String(n).padStart(2, '0');
const clf = (at: number): string => {
  const d = new Date(at);
  return `${two(d.getUTCDate())}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}:${d.toISOString().slice(11, 19)}`;
};
const iso = (at: number): string => new Date(at).toISOString();
const seconds = (ms: number): string => (ms / 1000).toFixed(3);
const target = ({ path, query }: Request): string => (query === '' ? path : `${path}?${query}`);
const head = (r: Request): string =>
  `${r.ip} - ${r.user} [${clf(r.at)} +0000] "${r.method} ${target(r)} HTTP/1.1" ${r.status} ${r.size} "https://${HOST}/" "${r.agent}"`;
const HEAD = String.raw`^(?<ip>\S+) \S+ (?<user>.*?) \[(?<time>[^\]]+)\] "(?<method>\S+) (?<path>\S+) (?<protocol>[^"]*)" (?<status>\d{3}) (?<size>\d+|-) "(?<referer>(?:[^"\\]|\\.)*)" "(?<agent>(?:[^"\\]|\\.)*)"`;

/** Formats whose reading is measured. */
export const GENERATED: readonly GeneratedFormat[] = [
  { format: 'combined', line: head, pattern: new RegExp(`${HEAD}$`) },
  { format: 'nginx', line: head, pattern: new RegExp(`${HEAD}$`) },
  {
    format: 'apache',
    line: (r) => `${head(r)} ${r.ms * 1000}`,
    pattern: new RegExp(String.raw`${HEAD} (?<us>\d+)$`),
  },
  {
    format: 'ingress-nginx',
    line: (r) => `${head(r)} 310 ${seconds(r.ms)} [default-shop-80] [] 10.0.0.5:8080 ${r.size} ${seconds(r.ms)} ${r.status} ${r.id}`,
    pattern: new RegExp(
      String.raw`${HEAD} (?<length>\d+) (?<seconds>[\d.]+) \[(?<upstream>[^\]]*)\] \[(?<other>[^\]]*)\] (?<addr>\S+) (?<len>\S+) (?<rt>\S+) (?<ust>\S+) (?<id>\S+)$`,
    ),
  },
  {
    format: 'envoy',
    line: (r) =>
      `[${iso(r.at)}] "${r.method} ${target(r)} HTTP/2" ${r.status} - 310 ${r.size} ${r.ms} ${r.ms} "${r.ip}" "${r.agent}" "${r.id}" "${HOST}" "10.0.0.5:8080"`,
    pattern:
      /^\[(?<time>[^\]]+)\] "(?<method>\S+) (?<path>\S+) (?<protocol>\S+)" (?<status>\d+) (?<flags>\S+) (?<in>\d+) (?<out>\d+) (?<ms>\d+) (?<up>\S+) "(?<xff>[^"]*)" "(?<agent>[^"]*)" "(?<id>[^"]*)" "(?<host>[^"]*)" "(?<upstream>[^"]*)"$/,
  },
  {
    format: 'traefik',
    line: (r) => `${head(r)} 17 "shop@docker" "http://10.0.0.5:8080" ${r.ms}ms`,
    pattern: new RegExp(String.raw`${HEAD} (?<count>\d+) "(?<router>[^"]*)" "(?<server>[^"]*)" (?<ms>\d+)ms$`),
  },
  {
    format: 'haproxy',
    line: (r) =>
      `${r.ip}:40123 [${clf(r.at)}.125] in~ api/s1 1/0/1/${r.ms}/${r.ms + 2} ${r.status} ${r.size} - - ---- 6/6/0/0/0 0/0 {${HOST}|} "${r.method} ${target(r)} HTTP/1.1"`,
    pattern:
      /^(?<ip>\S+):(?<port>\d+) \[(?<time>[^\]]+)\] (?<fe>\S+) (?<be>[^/]+)\/(?<srv>\S+) (?<timers>[-+\d/]+) (?<status>-?\d+) (?<size>\+?\d+) (?<cc>\S+) (?<cs>\S+) (?<tsc>\S+) (?<conn>\S+) (?<queue>\S+) (?:\{(?<req>[^}]*)\} )?(?:\{(?<res>[^}]*)\} )?"(?<method>\S+) (?<path>\S+) (?<protocol>[^"]*)"$/,
  },
  {
    format: 'aws-alb',
    line: (r) =>
      `https ${iso(r.at)} app/shop/50dc6c495c0c9188 ${r.ip}:44740 10.0.0.1:80 0.001 ${seconds(r.ms)} 0.000 ${r.status} ${r.status} 310 ${r.size} "${r.method} https://${HOST}:443${target(r)} HTTP/1.1" "${r.agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:1:targetgroup/t/1 "Root=1-${r.id}" "${HOST}" "arn:aws:acm:us-east-2:1:certificate/1" 1 ${iso(r.at - r.ms)} "forward" "-" "-" "10.0.0.1:80" "${r.status}" "-" "-"`,
    pattern:
      /^(?<type>\S+) (?<time>\S+) (?<elb>\S+) (?<ip>\S+):(?<port>\d+) (?<target>\S+) (?<rpt>\S+) (?<tpt>\S+) (?<rspt>\S+) (?<status>\S+) (?<tstatus>\S+) (?<in>\d+) (?<out>\d+) "(?<method>\S+) (?<url>\S+) (?<protocol>[^"]*)" "(?<agent>[^"]*)" (?<cipher>\S+) (?<tls>\S+) (?<group>\S+) "(?<trace>[^"]*)" "(?<domain>[^"]*)" "(?<cert>[^"]*)" (?<rule>\S+) (?<created>\S+) "(?<actions>[^"]*)" "(?<redirect>[^"]*)" "(?<error>[^"]*)"/,
  },
  {
    format: 'aws-cloudfront',
    line: (r) =>
      [
        iso(r.at).slice(0, 10),
        iso(r.at).slice(11, 19),
        'FRA56-P2',
        r.size,
        r.ip,
        r.method,
        'd1.cloudfront.net',
        r.path,
        r.status,
        '-',
        r.agent.replaceAll(' ', '%20'),
        r.query || '-',
        '-',
        'Hit',
        r.id,
        HOST,
        'https',
        310,
        seconds(r.ms),
        '-',
        'TLSv1.3',
        'TLS_AES_128_GCM_SHA256',
        'Hit',
        'HTTP/2.0',
        '-',
        '-',
        11040,
        '0.001',
        'Hit',
        'application/json',
        r.size,
        '-',
        '-',
      ].join('\t'),
    pattern:
      /^(?<date>[^\t]+)\t(?<time>[^\t]+)\t(?<edge>[^\t]+)\t(?<size>[^\t]+)\t(?<ip>[^\t]+)\t(?<method>[^\t]+)\t(?<cf>[^\t]+)\t(?<path>[^\t]+)\t(?<status>[^\t]+)\t(?<referer>[^\t]+)\t(?<agent>[^\t]+)\t(?<query>[^\t]+)\t(?<cookie>[^\t]+)\t(?<type>[^\t]+)\t(?<id>[^\t]+)\t(?<host>[^\t]+)\t(?<scheme>[^\t]+)\t(?<in>[^\t]+)\t(?<taken>[^\t]+)\t/,
  },
  {
    format: 'iis',
    line: (r) =>
      `${iso(r.at).slice(0, 10)} ${iso(r.at).slice(11, 19)} 10.0.0.5 ${r.method} ${r.path} ${r.query || '-'} 443 ${r.user} ${r.ip} ${r.agent.replaceAll(' ', '+')} - ${r.status} 0 0 ${r.ms}`,
    pattern:
      /^(?<date>\S+) (?<time>\S+) (?<server>\S+) (?<method>\S+) (?<path>\S+) (?<query>\S+) (?<port>\d+) (?<user>\S+) (?<ip>\S+) (?<agent>\S+) (?<referer>\S+) (?<status>\d+) (?<sub>\d+) (?<win>\d+) (?<ms>\d+)$/,
  },
  {
    format: 'aws-vpc-flow',
    line: (r) =>
      `2 123456789010 eni-1235b8ca123456789 ${r.ip} 10.0.0.5 ${40000 + (r.size % 20000)} 443 6 20 ${r.size} ${Math.floor(r.at / 1000) - 60} ${Math.floor(r.at / 1000)} ACCEPT OK`,
    pattern:
      /^(?<version>\d+) (?<account>\S+) (?<eni>\S+) (?<src>\S+) (?<dst>\S+) (?<sport>\S+) (?<dport>\S+) (?<protocol>\S+) (?<packets>\S+) (?<bytes>\S+) (?<start>\S+) (?<end>\S+) (?<action>\S+) (?<log>\S+)$/,
  },
  {
    format: 'nginx-json',
    line: (r) =>
      `{"time_iso8601":"${iso(r.at).slice(0, 19)}+00:00","remote_addr":"${r.ip}","http_x_consumer_id":"${r.user}","request_method":"${r.method}","host":"${HOST}","request_uri":"${target(r)}","status":${r.status},"body_bytes_sent":${r.size},"request_time":"${seconds(r.ms)}","http_user_agent":"${r.agent}"}`,
  },
  {
    format: 'envoy-json',
    line: (r) =>
      `{":authority":"${HOST}","bytes_received":310,"bytes_sent":${r.size},"downstream_remote_address":"${r.ip}:443","duration":${r.ms},"method":"${r.method}","path":"${target(r)}","protocol":"HTTP/2","response_code":${r.status},"response_flags":"-","start_time":"${iso(r.at)}","user-agent":"${r.agent}","x-request-id":"${r.id}"}`,
  },
  {
    format: 'apisix',
    line: (r) =>
      `{"client_ip":"${r.ip}","route_id":"1","start_time":${r.at},"latency":${r.ms}.5,"request":{"method":"${r.method}","uri":"${target(r)}","url":"http://${HOST}${target(r)}","size":310,"headers":{"host":"${HOST}","user-agent":"${r.agent}"},"querystring":{}},"response":{"status":${r.status},"size":${r.size},"headers":{"server":"APISIX"}},"consumer":{"username":"${r.user}"}}`,
  },
  {
    format: 'kong',
    line: (r) =>
      `{"started_at":${r.at},"client_ip":"${r.ip}","latencies":{"request":${r.ms},"kong":1,"proxy":${r.ms}},"request":{"method":"${r.method}","uri":"${target(r)}","size":310,"headers":{"host":"${HOST}","user-agent":"${r.agent}"},"querystring":{}},"response":{"status":${r.status},"size":${r.size},"headers":{}},"consumer":{"username":"${r.user}"}}`,
  },
  {
    format: 'caddy',
    line: (r) =>
      `{"level":"info","ts":${(r.at / 1000).toFixed(6)},"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"${r.ip}","client_ip":"${r.ip}","proto":"HTTP/2.0","method":"${r.method}","host":"${HOST}","uri":"${target(r)}","headers":{"User-Agent":["${r.agent}"]}},"bytes_read":310,"user_id":"${r.user}","duration":${seconds(r.ms)},"size":${r.size},"status":${r.status}}`,
  },
];
