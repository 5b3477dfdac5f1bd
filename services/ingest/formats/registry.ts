import { FORMATS } from '../../../schemas/config.ts';
import { WeirError } from '../../core/errors.ts';
import type { RecordFormat } from '../format.ts';
import type { FormatName } from '../normalise-config.ts';
import { apisix } from './apisix.ts';
import { combined } from './combined.ts';
import { envoyJson } from './envoy-json.ts';
import { kong } from './kong.ts';
import { nginxJson } from './nginx-json.ts';
import { zeekConn } from './zeek-conn.ts';

/** Every format that records can have. One line each: adding one touches nothing else. */
const REGISTRY: Partial<Record<FormatName, RecordFormat>> = {
  // JSON
  'nginx-json': nginxJson,
  apisix,
  kong,
  'envoy-json': envoyJson,
  'zeek-conn': zeekConn,
  // text
  combined,
};

/** What the format of this name is. */
export function formatOf(name: FormatName): RecordFormat {
  const format = REGISTRY[name];
  if (format === undefined) throw new WeirError('config', `format ${name} cannot be read yet`);
  return format;
}

/** Formats that `detectFormat` looks for, in the order of schemas/config.ts. */
export const DETECTABLE: readonly FormatName[] = FORMATS.filter(
  (name) => REGISTRY[name] !== undefined && REGISTRY[name].undetectable !== true,
);
