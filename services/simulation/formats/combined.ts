import type { SimulatedRequest } from '../event.ts';
import { hops, seconds, uri } from './nginx-json.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** nginx's and Apache's combined format; behind it the duration in seconds and, behind a proxy, the quoted X-Forwarded-For. */
export function combinedLine(event: SimulatedRequest): string {
  const { peer, forwarded } = hops(event);
  const at = new Date(event.at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
  const account = event.account === '' ? '-' : event.account;
  const referer = event.referer === '' ? '-' : event.referer;
  const agent = event.agent === '' ? '-' : event.agent;
  return `${peer} - ${account} [${time}] "${event.method} ${uri(event)} HTTP/1.1" ${event.status} ${event.bytesOut} "${referer}" "${agent}" ${seconds(event.duration)}${forwarded === '' ? '' : ` "${forwarded}"`}`;
}
