import { WeirError } from '../../core/errors.ts';
import type { SimulatedEvent, SimulatedFlow, SimulatedRequest } from '../event.ts';
import { apisixLine } from './apisix.ts';
import { combinedLine } from './combined.ts';
import { envoyLine } from './envoy-json.ts';
import { kongLine } from './kong.ts';
import { nginxLine } from './nginx-json.ts';
import { ZEEK_HEADER, zeekLine } from './zeek-conn.ts';

/** Formats by the names that config uses. */
export const FORMATS = ['nginx-json', 'combined', 'apisix', 'kong', 'envoy-json', 'zeek-conn'] as const;
export type SimulatedFormat = (typeof FORMATS)[number];

/** Which optional fields a gateway was told to log; the default is: what the event has. */
export interface LineShape {
  login: boolean;
  session: boolean;
  code: boolean;
  records: boolean;
}

const WRITERS: Record<Exclude<SimulatedFormat, 'zeek-conn'>, (event: SimulatedRequest, shape: LineShape) => string> = {
  'nginx-json': nginxLine,
  combined: combinedLine,
  apisix: apisixLine,
  kong: kongLine,
  'envoy-json': envoyLine,
};

/**
 * One event as a line of a gateway's own log, without the line feed.
 * Throws `usage` when a flow is to be written as a request log, or the other way round.
 */
export function writeLine(format: SimulatedFormat, event: SimulatedEvent, shape?: LineShape): string {
  if (format === 'zeek-conn') {
    if (event.kind !== 'flow') throw wrong(format, event);
    return zeekLine(event);
  }
  if (event.kind === 'flow') throw wrong(format, event);
  return WRITERS[format](
    event,
    shape ?? { login: event.login !== '', session: event.session !== '', code: event.code >= 0, records: event.records > 0 },
  );
}

function wrong(format: SimulatedFormat, event: SimulatedRequest | SimulatedFlow): WeirError {
  return new WeirError(
    'usage',
    `a ${event.kind} of tenant ${event.tenant} cannot be written as ${format}; network tenants are written as zeek-conn, all others as ${FORMATS.slice(0, 5).join(', ')}`,
  );
}

/** What a log of the format begins with: '' or whole lines. */
export function logHeader(format: SimulatedFormat): string {
  return format === 'zeek-conn' ? ZEEK_HEADER : '';
}

/** The interface's id as Weir names it in this format: combined lines name no host, the source's name stands in. */
export function interfaceIn(format: SimulatedFormat, id: string, source: string): string {
  if (format !== 'combined') return id;
  const gap = id.indexOf(' ');
  return `${id.slice(0, gap)} ${source}${id.slice(id.indexOf('/', gap))}`;
}
