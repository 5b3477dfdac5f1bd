/**
 * Live traffic for the bench on Kafka: nginx-json lines whose event times go on with the clock. In every minute of event
 * time passwords are tried at one interface and another one fails, each once in hours, so that each minute brings
 * alerts. That they are unusual is known from some hours of history.
 */

export type HotKey = 'interface' | 'account';

export interface TrafficOptions {
  tenant: string;
  /** events a second */
  rate: number;
  /** one key that half of the events have */
  hot?: HotKey;
  accounts: number;
  interfaces?: number;
  /** ms of event time by which some of the events are older than those before them */
  disorder?: number;
  /** failed logins in each minute, and a fifth as many server errors; 0: none */
  burst?: number;
  seed?: number;
}

const AREAS = ['orders', 'items', 'cart', 'profile', 'search', 'billing', 'reviews', 'stock', 'coupons', 'messages'];
const ASPECTS = ['list', 'summary', 'history', 'options', 'labels', 'notes', 'rates', 'limits', 'parts', 'status'];
const AGENTS = ['Mozilla/5.0 (Linux; Android 14; Pixel 8)', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)', 'okhttp/4.12.0'];
const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Of a tenant; each is attacked once in as many minutes. */
const LOGINS = 100;
/** Requests of an interface in an hour of history. */
const USUAL = 12;
/** Within its minute of event time an attack begins at this and takes this long, ms. */
const BURST_AT = 10_000;
const BURST_FOR = 20_000;

/** Makes the lines of one tenant. Times are given by the caller and go forward. */
export class Traffic {
  private readonly options: Required<Omit<TrafficOptions, 'hot'>> & { hot: HotKey | undefined };
  private state: number;
  private burstSaid = Number.NaN;

  constructor(options: TrafficOptions) {
    this.options = { interfaces: 200, disorder: 3000, burst: 200, seed: 1, hot: undefined, ...options };
    this.state = this.options.seed | 1;
  }

  /** Lines of `count` events between two moments of event time, ms, and of the attacks that fall between them. */
  lines(from: number, to: number, count: number): string[] {
    const lines: string[] = [];
    for (let i = 0; i < count; i++) lines.push(this.line(from + ((to - from) * i) / count));
    const minute = Math.floor(to / MINUTE);
    if (this.options.burst > 0 && this.burstSaid !== minute && to - minute * MINUTE >= BURST_AT + BURST_FOR) {
      this.burstSaid = minute;
      for (let i = 0; i < this.options.burst; i++) lines.push(this.failure(minute, i));
    }
    return lines;
  }

  /** The hours before `end`, ms: every interface as it usually is. */
  history(end: number, hours: number): string[] {
    const lines: string[] = [];
    const { interfaces } = this.options;
    const each = interfaces + LOGINS;
    const count = hours * USUAL * each;
    for (let i = 0; i < count; i++) {
      const at = end - hours * HOUR + (i / count) * hours * HOUR;
      const api = i % each;
      lines.push(
        api < interfaces ? this.request(at, this.account(), 1 + api) : this.login(at, api - interfaces, this.next() < 0.95 ? 200 : 401),
      );
    }
    return lines;
  }

  private next(): number {
    // xorshift32
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) / 4_294_967_296;
  }

  private account(): number {
    return 1 + Math.floor(this.next() ** 1.5 * this.options.accounts);
  }

  private line(time: number): string {
    const { interfaces, hot, disorder } = this.options;
    const isHot = hot !== undefined && this.next() < 0.5;
    const account = isHot && hot === 'account' ? 0 : this.account();
    const api = isHot && hot === 'interface' ? 0 : 1 + Math.floor(this.next() ** 2 * interfaces);
    return this.request(this.next() < 0.3 ? time - this.next() * disorder : time, account, api);
  }

  private request(at: number, account: number, api: number, status = this.next() < 0.985 ? 200 : 404): string {
    const object = 100_000 + ((account * 37 + Math.floor(this.next() * 20)) % 900_000);
    const uri = `/api/v${1 + Math.floor(api / 100)}/${AREAS[api % 10]}/${object}/${ASPECTS[Math.floor(api / 10) % 10]}`;
    return text(at, this.options.tenant, account, 'GET', uri, status, 300 + Math.floor(this.next() * 3000));
  }

  private login(at: number, number: number, status: number): string {
    const uri = `/${AREAS[number % 10]}/${ASPECTS[Math.floor(number / 10) % 10]}/login`;
    return text(at, this.options.tenant, this.account(), 'POST', uri, status, 120);
  }

  private failure(minute: number, i: number): string {
    const at = minute * MINUTE + BURST_AT + (i / this.options.burst) * BURST_FOR;
    if (i % 5 > 0) return this.login(at, minute % LOGINS, 401);
    return this.request(at, this.account(), 1 + (minute % this.options.interfaces), 502);
  }
}

function text(at: number, tenant: string, account: number, method: string, uri: string, status: number, bytes: number): string {
  const ms = Math.floor(at);
  const iso = new Date(ms).toISOString();
  return (
    `{"time_iso8601":"${iso.slice(0, 19)}+00:00","msec":"${Math.floor(ms / 1000)}.${iso.slice(20, 23)}",` +
    `"remote_addr":"198.51.${account % 100}.${1 + (account % 250)}","request_method":"${method}","http_host":"api.${tenant}.example",` +
    `"request_uri":"${uri}","status":${status},"body_bytes_sent":${bytes},"request_length":412,"request_time":"0.0${10 + (bytes % 90)}",` +
    `"http_user_agent":"${AGENTS[account % 3]}","http_x_consumer_id":"u${1_000_000 + account}"}`
  );
}
