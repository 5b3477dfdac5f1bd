import { resolve } from 'node:path';
import { type Config, SourceConfig, TENANT_NAME } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import type { InputSpec } from '../drivers/embedded/driver.ts';
import { filesOf, isPattern } from '../drivers/embedded/file-pattern.ts';

/** Tenant of files that neither the command line nor a config gives to one. */
export const DEFAULT_TENANT = 'default';

export interface DetectInputs {
  inputs: InputSpec[];
  /** sources of all inputs: the config's, or the one that stands for files without a config */
  sources: SourceConfig[];
}

/**
 * Which source each file belongs to: the one of the config that lists it, else the only one there is (of the tenant, when
 * one is given). Without sources all files are one, called like the tenant. Without files, all files of the config are read.
 * @throws WeirError `usage` where it cannot be known
 */
export function detectInputs(files: readonly string[], config: Config, options: { tenant?: string; format?: string }): DetectInputs {
  const { tenant, format } = options;
  if (tenant !== undefined && !TENANT_NAME.test(tenant))
    throw new WeirError('usage', `--tenant ${tenant}: tenant names are 1 to 63 of a-z, 0-9 and -`);
  const named = config.sources.filter((source) => source.files !== undefined && (tenant === undefined || source.tenant === tenant));
  if (files.length === 0) {
    const inputs = named.flatMap((source) => (source.files ?? []).flatMap(filesNow).map((path) => inputOf(path, source, format)));
    if (inputs.length > 0) return { inputs, sources: config.sources };
    throw new WeirError(
      'usage',
      config.sources.length === 0
        ? 'name the log files to read (- is standard input), or a config whose sources have files'
        : 'the config has no source with files; name the files to read',
    );
  }
  if (files.filter((path) => path === '-').length > 1) throw new WeirError('usage', 'standard input (-) can be read once only');
  const sources = [...config.sources];
  const inputs = files.map((path) => {
    const listing = named.find((source) => source.files?.includes(path === '-' ? path : resolve(path)));
    if (listing !== undefined) return inputOf(path, listing, format);
    if (config.sources.length > 0) return inputOf(path, onlySource(path, config, tenant), format);
    // one source for all files of a tenant: its name stands for the host where a log has none, so it must not depend on how the log was split
    const source = SourceConfig.parse({ name: tenant ?? DEFAULT_TENANT, tenant: tenant ?? DEFAULT_TENANT, files: [path], format });
    if (!sources.some((other) => other.name === source.name)) sources.push(source);
    return inputOf(path, source, format);
  });
  return { inputs, sources };
}

/** Sources with files, and their files, of a config that is served live. Patterns stay patterns. */
export function liveInputs(config: Config): DetectInputs {
  const inputs = config.sources.flatMap((source) => (source.files ?? []).map((path) => inputOf(path, source, undefined)));
  return { inputs, sources: config.sources };
}

/** A path, or what a pattern matches now. Throws `input_missing` when that is nothing. */
function filesNow(path: string): string[] {
  if (path === '-' || !isPattern(path)) return [path];
  const files = filesOf(path);
  if (files.length === 0) throw new WeirError('input_missing', `no file matches ${path}`);
  return files;
}

function inputOf(path: string, source: SourceConfig, format: string | undefined): InputSpec {
  return { tenant: source.tenant, source: source.name, path, format: format ?? source.format, lateness: source.lateness };
}

function onlySource(path: string, config: Config, tenant: string | undefined): SourceConfig {
  const fitting = config.sources.filter((source) => tenant === undefined || source.tenant === tenant);
  if (fitting.length === 1) return fitting[0];
  const names = config.sources.map((source) => `${source.name} (tenant ${source.tenant})`).join(', ');
  throw new WeirError(
    'usage',
    `${path} belongs to no single source of the config: it has ${names}; list the file under \`files\` of one, or choose with --tenant`,
  );
}
