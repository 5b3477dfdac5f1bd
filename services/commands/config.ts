import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Document } from 'yaml';
import { LineCounter, parse, parseDocument, Scalar, visit } from 'yaml';
import { ALL_DETECTORS } from '../../models/detectors/index.ts';
import type { Config, IdentityRuleConfig, TlsFiles } from '../../schemas/config.ts';
import { ConfigSchema, TenantConfig } from '../../schemas/config.ts';
import { WeirError } from '../core/errors.ts';
import { describeIssues } from './config-issues.ts';
import { nearest } from './nearest.ts';

export interface LoadedConfig {
  config: Config;
  /** 12 hex digits; the same for configs that give the same results (where files and stores lie does not count) */
  version: string;
  /** absolute path of the file, undefined for the defaults */
  path: string | undefined;
}

/**
 * Reads weir.yaml. Relative paths in it become absolute, from the file's folder. `${NAME}` in a value is replaced by
 * the environment's; `$${` is a plain `${`.
 * @throws WeirError `input_missing` or `input_unreadable` for the file, `config` for what is in it: every mistake at
 * once, each with line, path, value and what is allowed.
 */
export function loadConfig(path: string, environment: NodeJS.ProcessEnv = process.env): LoadedConfig {
  const absolute = resolve(path);
  return { ...parseConfig(readText(path, absolute), path, dirname(absolute), environment), path: absolute };
}

/** Config of a run without weir.yaml: every default, no sources; `folder` is what relative paths start from. */
export function defaultConfig(folder: string): LoadedConfig {
  const { sources: _, ...config } = ConfigSchema.parse({ sources: [{ name: 'default', files: ['-'] }] });
  return finish({ ...config, sources: [] }, folder);
}

/** As `loadConfig`, from text; `name` is what errors call the file, `folder` where relative paths start. */
export function parseConfig(text: string, name: string, folder: string, environment: NodeJS.ProcessEnv): LoadedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const first = document.errors[0]; // what follows a broken place is noise
    throw new WeirError('config', `${name}:${lines.linePos(first.pos[0]).line}: ${first.message}`);
  }
  fillEnvironment(document, environment, (offset) => `${name}:${lines.linePos(offset).line}`);
  const raw: unknown = document.toJS();
  if (raw === null || raw === undefined) throw new WeirError('config', `${name} is empty; it needs at least sources: (see weir init)`);
  const result = ConfigSchema.safeParse(raw);
  if (!result.success) throw new WeirError('config', describeIssues(result.error.issues, raw, document, lines, name));
  checkDetectors(result.data, name);
  return finish(result.data, folder);
}

/** A tenant's config; the defaults for one that only a source or the command line names. */
export function tenantConfig(config: Config, tenant: string): TenantConfig {
  return config.tenants[tenant] ?? TenantConfig.parse({});
}

/** Detectors are declared in models/, which the schema does not see: their names are checked here. */
function checkDetectors(config: Config, name: string): void {
  const known = ALL_DETECTORS.map((detector) => detector.name).sort();
  for (const [tenant, { sensitivity, overrides }] of Object.entries(config.tenants)) {
    const named = [
      ...Object.keys(sensitivity).map((detector) => ({ detector, path: `tenants.${tenant}.sensitivity` })),
      ...overrides.flatMap(({ detector }, i) =>
        detector === undefined ? [] : [{ detector, path: `tenants.${tenant}.overrides[${i}].detector` }],
      ),
    ];
    for (const { detector, path } of named) {
      if (known.includes(detector)) continue;
      const near = nearest(detector, known);
      throw new WeirError(
        'config',
        `${name}: ${path} names ${detector}, which is no detector${near ? `; did you mean ${near}?` : ''} (known: ${known.join(', ')})`,
      );
    }
  }
}

function readText(shown: string, absolute: string): string {
  try {
    return readFileSync(absolute, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT')
      throw new WeirError('input_missing', `config file ${shown} does not exist; weir init SAMPLE.log writes one`, { cause });
    const why = code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'no permission to read it' : String(code);
    throw new WeirError('input_unreadable', `config file ${shown} cannot be read: ${why}`, { cause });
  }
}

function finish(config: Config, folder: string): LoadedConfig {
  const at = (relative: string): string => (relative === '-' ? relative : resolve(folder, relative));
  const tlsAt = (tls: TlsFiles | undefined): TlsFiles | undefined =>
    tls && (Object.fromEntries(Object.entries(tls).map(([name, file]) => [name, file && at(file)])) as TlsFiles);
  const resolved: Config = {
    ...config,
    sources: config.sources.map((source) => ({
      ...source,
      ...(source.files && { files: source.files.map(at) }),
      ...(source.identity && { identity: source.identity.map((rule) => withKeysAt(rule, at)) }),
    })),
    tenants: Object.fromEntries(
      Object.entries(config.tenants).map(([name, tenant]) => [
        name,
        {
          ...tenant,
          documents: tenant.documents.map(at),
          lists: tenant.lists.map((list) => (list.file === undefined ? list : { ...list, file: at(list.file) })),
        },
      ]),
    ),
    address_data: config.address_data && { csv: at(config.address_data.csv) },
    store: 'path' in config.store ? { path: at(config.store.path) } : { ...config.store, tls: tlsAt(config.store.tls) },
    kafka: {
      ...config.kafka,
      state: at(config.kafka.state),
      tls: typeof config.kafka.tls === 'boolean' ? config.kafka.tls : (tlsAt(config.kafka.tls) ?? false),
    },
  };
  return { config: resolved, version: configVersion(config), path: undefined };
}

/** An identity rule whose file of keys has an absolute path. */
function withKeysAt(rule: IdentityRuleConfig, at: (relative: string) => string): IdentityRuleConfig {
  if (typeof rule === 'string' || rule.verify?.keys === undefined) return rule;
  return { ...rule, verify: { ...rule.verify, keys: at(rule.verify.keys) } };
}

/** Hash of what can change a result: tenants, and sources without where their bytes lie. */
export function configVersion(config: Config): string {
  const sources = config.sources.map(({ files: _files, kafka: _kafka, http: _http, ...rest }) => rest);
  // what the files of lists hold is added when they are read (ingest/addresses/address-list-loader.ts)
  const tenants = Object.entries(config.tenants).map(([name, { lists, ...rest }]) => [
    name,
    { ...rest, lists: lists.map(({ file: _file, ...list }) => list) },
  ]);
  const meaning = { tenants: Object.fromEntries(tenants), sources, own_addresses: config.address_data !== undefined };
  return createHash('sha256').update(canonical(meaning)).digest('hex').slice(0, 12);
}

/** JSON with sorted keys and without undefined: one text for one meaning. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;

/** Replaces `${NAME}` in scalars that are values. A plain scalar is typed again afterwards (`alert_budget: ${BUDGET}`), and can become nothing but a scalar. */
function fillEnvironment(document: Document.Parsed, environment: NodeJS.ProcessEnv, place: (offset: number) => string): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const filled = node.value.replace(REFERENCE, (whole, name: string | undefined) => {
        if (whole === '$${') return '${';
        const value = environment[name ?? ''];
        if (value === undefined) {
          throw new WeirError(
            'config',
            `${place(node.range?.[0] ?? 0)}: \${${name}} is not set in the environment ($\${ writes a plain \${)`,
          );
        }
        return value;
      });
      node.value = node.type === Scalar.PLAIN ? typed(filled) : filled;
    },
  });
}

function typed(text: string): string | number | boolean {
  try {
    const value: unknown = parse(text);
    if (typeof value === 'number' || typeof value === 'boolean') return value;
  } catch {
    // not YAML by itself: a plain text such as a URL with odd signs
  }
  return text;
}
