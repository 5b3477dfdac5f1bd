import { numbers } from './driver-runs.ts';

export const LOG_START = Date.UTC(2026, 2, 2);

/** One nginx-json line. */
function line(at: number, account: string, address: string, request: string, status: number, bytes: number): string {
  return JSON.stringify({
    time_iso8601: new Date(at).toISOString().replace('Z', '+00:00'),
    remote_addr: address,
    http_x_consumer_id: account,
    host: 'api.shop.example',
    request: `${request} HTTP/1.1`,
    status,
    body_bytes_sent: bytes,
    request_time: '0.042',
    http_user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
  });
}

/**
 * A shop's gateway log in order of time: accounts that look at orders and items by day, and in hour `attackHour` one of
 * them that walks through the orders of all others.
 */
export function gatewayLog(seed: number, events: number, hours: number, attackHour = hours - 4): string[] {
  const next = numbers(seed);
  const entries: { at: number; text: string }[] = [];
  const span = hours * 3_600_000;
  for (let i = 0; i < events; i++) {
    const offset = Math.floor(((i + next()) / events) * span);
    const account = Math.floor(next() ** 2 * 80);
    const address = `198.51.${account % 100}.${1 + (account % 250)}`;
    const order = account * 40 + Math.floor(next() * 25);
    const request =
      next() < 0.5
        ? `GET /api/v1/orders/${order}`
        : next() < 0.9
          ? `GET /api/v1/items?page=${Math.floor(next() * 9)}`
          : 'POST /api/v1/cart';
    entries.push({
      at: offset,
      text: line(LOG_START + offset, `user-${account}`, address, request, next() < 0.98 ? 200 : 404, 400 + Math.floor(next() * 900)),
    });
  }
  for (let i = 0; i < 900; i++) {
    const offset = attackHour * 3_600_000 + i * 3_000;
    entries.push({ at: offset, text: line(LOG_START + offset, 'user-7', '203.0.113.9', `GET /api/v1/orders/${5000 + i}`, 200, 700) });
  }
  return entries.sort((a, b) => a.at - b.at).map((entry) => entry.text);
}

/** The log with each line moved by less than `by` ms of event time. */
export function disordered(lines: readonly string[], seed: number, by: number): string[] {
  const next = numbers(seed);
  return lines
    .map((text) => ({ text, at: Date.parse(JSON.parse(text).time_iso8601) + next() * by }))
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => text);
}

/** The log with a phone number, in clear or masked, in the query of every few requests for items. */
export function withPhones(lines: readonly string[]): string[] {
  return lines.map((line, i) => {
    if (i % 9 !== 0) return line;
    const end = String(1000 + (i % 37));
    return line.replace('/api/v1/items?page=', `/api/v1/items?phone=${i % 2 === 0 ? `1380013${end}` : `138****${end}`}&page=`);
  });
}
