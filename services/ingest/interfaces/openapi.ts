/**
 * What an OpenAPI document (2.0, 3.0, 3.1) says of interfaces, as plain data. Only what Weir uses is read, so a document
 * that other tools find faults with still serves; what cannot be understood is an error that names its place.
 */
export interface ApiOperation {
  method: string;
  /** hosts that serve it, lower case, without the port of their scheme; none: whichever host is asked */
  hosts: readonly string[];
  /** base path and path, placeholders as the document names them: `/v2/pets/{petId}`; without a slash at the end */
  path: string;
  operationId?: string;
  deprecated: boolean;
  authentication: 'required' | 'none' | 'unknown';
  /** parameters that the document says hold passwords, addresses of mail and the like: [name, format] */
  sensitive: readonly (readonly [string, string])[];
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];
const SENSITIVE_FORMATS = new Set(['password', 'email', 'idn-email', 'phone', 'tel', 'mobile', 'credit-card', 'iban', 'ssn']);
/** References followed one after another. */
const MOST_STEPS = 8;

type Json = Record<string, unknown>;

/** A fault of a document: where in it, and what would be right. */
export class DocumentFault extends Error {}

/** Operations of a parsed document. @throws DocumentFault */
export function operationsOf(document: unknown): ApiOperation[] {
  if (!isObject(document))
    throw new DocumentFault('the document is no object; expected an OpenAPI document (openapi: 3.x or swagger: "2.0")');
  const version = versionOf(document);
  const { paths } = document;
  if (paths === undefined && version === 3) return []; // 3.1: webhooks or components alone
  if (!isObject(paths)) throw new DocumentFault('paths: missing; expected an object of paths');
  return Object.entries(paths).flatMap(([path, written]) => {
    if (path.startsWith('x-')) return [];
    if (!path.startsWith('/')) throw new DocumentFault(`paths.${path}: expected a path that begins with /`);
    const item = followed(document, written, `paths.${path}`);
    return METHODS.filter((method) => item[method] !== undefined).flatMap((method) => {
      const operation = followed(document, item[method], `paths.${path}.${method}`);
      return basesOf(document, version, item, operation).map(({ hosts, base }) => ({
        method: method.toUpperCase(),
        hosts,
        path: joined(base, path),
        ...(typeof operation.operationId === 'string' ? { operationId: operation.operationId } : {}),
        deprecated: operation.deprecated === true,
        authentication: authenticationOf(document, version, operation),
        sensitive: sensitiveOf(document, [item.parameters, operation.parameters], `paths.${path}`),
      }));
    });
  });
}

function versionOf({ swagger, openapi }: Json): 2 | 3 {
  if (swagger !== undefined) {
    if (String(swagger).startsWith('2')) return 2;
    throw new DocumentFault(`swagger: '${String(swagger)}' is not supported; expected 2.0`);
  }
  if (openapi === undefined) throw new DocumentFault('neither openapi nor swagger is there; expected openapi: 3.x or swagger: "2.0"');
  if (String(openapi).startsWith('3.')) return 3;
  throw new DocumentFault(`openapi: '${String(openapi)}' is not supported; expected 3.x`);
}

interface Base {
  hosts: string[];
  base: string;
}

/** Where an operation is served: by base path, with all hosts that have it. */
function basesOf(document: Json, version: 2 | 3, item: Json, operation: Json): Base[] {
  if (version === 2) {
    const host = typeof document.host === 'string' ? hostOf(document.host) : undefined;
    return [{ hosts: host === undefined ? [] : [host], base: typeof document.basePath === 'string' ? document.basePath : '' }];
  }
  const servers = [operation.servers, item.servers, document.servers].find((list) => Array.isArray(list) && list.length > 0);
  if (servers === undefined) return [{ hosts: [], base: '' }];
  const bases = new Map<string, { hosts: Set<string>; any: boolean }>();
  (servers as unknown[]).forEach((server, index) => {
    if (!isObject(server) || typeof server.url !== 'string')
      throw new DocumentFault(`servers[${index}].url: missing; expected a URL or a path`);
    const { host, base } = serverOf(server.url, server.variables, index);
    let known = bases.get(base);
    if (known === undefined) bases.set(base, (known = { hosts: new Set(), any: false }));
    if (host === undefined) known.any = true;
    else known.hosts.add(host);
  });
  return [...bases].map(([base, { hosts, any }]) => ({ base, hosts: any ? [] : [...hosts] }));
}

/** Host (undefined: any) and base path of a server's URL; variables of the path stand at their default. */
function serverOf(url: string, variables: unknown, index: number): { host: string | undefined; base: string } {
  const named = isObject(variables) ? variables : {};
  const full = /^(?:[a-z][a-z0-9+.-]*:|\{[^}]*\}:)?\/\/([^/]*)(\/.*)?$/i.exec(url);
  const host = full === null ? undefined : full[1];
  const base = (full === null ? url : (full[2] ?? '')).replace(/\{([^}]*)\}/g, (_, name: string) => {
    const variable = named[name];
    const value = isObject(variable) ? variable.default : undefined;
    if (value === undefined) throw new DocumentFault(`servers[${index}].url: the variable {${name}} has no default`);
    return String(value);
  });
  // a host that varies is any host
  return {
    host: host === undefined || host.includes('{') ? undefined : hostOf(host),
    base: base.replace(/[?#].*$/, '').replace(/\/+$/, ''),
  };
}

function hostOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/^[^@]*@/, '')
    .replace(/:(80|443)$/, '');
}

function joined(base: string, path: string): string {
  const text = `/${base}/${path}`.replace(/\/{2,}/g, '/');
  return text.length > 1 ? text.replace(/\/$/, '') : text;
}

/** What the document asks of callers: nothing where it declares no kind of authentication at all. */
function authenticationOf(document: Json, version: 2 | 3, operation: Json): ApiOperation['authentication'] {
  const asked = operation.security ?? document.security;
  if (Array.isArray(asked))
    return asked.length > 0 && asked.every((way) => isObject(way) && Object.keys(way).length > 0) ? 'required' : 'none';
  const { components } = document;
  const schemes = version === 2 ? document.securityDefinitions : isObject(components) ? components.securitySchemes : undefined;
  return isObject(schemes) && Object.keys(schemes).length > 0 ? 'none' : 'unknown';
}

function sensitiveOf(document: Json, lists: readonly unknown[], place: string): [string, string][] {
  return lists.flatMap((list) =>
    (Array.isArray(list) ? list : []).flatMap((written, index): [string, string][] => {
      const parameter = followed(document, written, `${place}.parameters[${index}]`);
      const schema = isObject(parameter.schema) ? followed(document, parameter.schema, `${place}.parameters[${index}].schema`) : parameter;
      const { format } = schema;
      const found = typeof parameter.name === 'string' && typeof format === 'string' && SENSITIVE_FORMATS.has(format);
      return found ? [[parameter.name as string, format as string]] : [];
    }),
  );
}

/** The object that stands at a place, or that its $ref points to. Only references inside the document are followed. */
function followed(document: Json, written: unknown, place: string): Json {
  let value = written;
  for (let step = 0; isObject(value) && typeof value.$ref === 'string'; step++) {
    const reference = value.$ref;
    if (step === MOST_STEPS) throw new DocumentFault(`${place}.$ref: '${reference}' leads in a circle`);
    if (!reference.startsWith('#/')) {
      throw new DocumentFault(`${place}.$ref: '${reference}' lies outside the document; only references that begin with #/ are followed`);
    }
    let target: unknown = document;
    for (const part of reference.slice(2).split('/')) {
      const key = decodeURIComponent(part).replace(/~1/g, '/').replace(/~0/g, '~');
      target = Array.isArray(target) ? target[Number(key)] : isObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
    }
    if (target === undefined) throw new DocumentFault(`${place}.$ref: there is no '${reference}' in the document`);
    value = target;
  }
  if (!isObject(value)) throw new DocumentFault(`${place}: expected an object`);
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
