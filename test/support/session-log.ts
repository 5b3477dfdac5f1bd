import { MINUTE } from '../../services/core/watermark.ts';
import { numbers } from './driver-runs.ts';
import { gatewayLog } from './gateway-log.ts';
import { namedByDefinition, type SessionEvent } from './session-events.ts';

/** Hours after which a client has a new session. */
const SESSION_HOURS = 3;

/**
 * The log of a shop where hardly a request says who made it: most carry a session only, a few log in, some logins are
 * refused, some clients take no cookies, and some sessions are used by two accounts in turn.
 * @returns `lines`: as the gateway writes them, the session in `cookie_sid`; `named`: the same ones with the account that
 *   each is to have, and no session
 */
export function sessionLog(seed: number, events: number, hours: number, wait = 2 * MINUTE): { lines: string[]; named: string[] } {
  const next = numbers(seed + 1000);
  const records: Record<string, unknown>[] = [];
  const plain: SessionEvent[] = gatewayLog(seed, events, hours).map((line, id) => {
    const record = JSON.parse(line);
    records.push(record);
    const at = Date.parse(record.time_iso8601);
    const account: string = record.http_x_consumer_id;
    const number = Number(account.slice('user-'.length));
    const owner = number % 10 === 3 ? `user-${number - 1}` : account;
    const chance = next();
    const session = chance < 0.1 ? '' : `${owner}-${Math.floor(at / (SESSION_HOURS * 3_600_000))}`;
    const names = chance < 0.05 || chance > 0.85;
    if (chance > 0.97) record.status = 401;
    return { id, at, session, account: names ? account : '', status: record.status };
  });
  const accounts = namedByDefinition(plain, wait);
  const log = (of: (event: SessionEvent) => Record<string, string>): string[] =>
    plain.map((event) => JSON.stringify({ ...records[event.id], ...of(event) }));
  return {
    lines: log(({ account, session }) => ({ http_x_consumer_id: account || '-', cookie_sid: session || '-' })),
    named: log(({ id }) => ({ http_x_consumer_id: (accounts.get(id) as string).replace(' by session', '') })),
  };
}
