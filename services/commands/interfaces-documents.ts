import { DocumentTemplates } from '../ingest/interfaces/document-templates.ts';
import type { ApiOperation } from '../ingest/interfaces/openapi.ts';
import { loadDocuments } from '../ingest/interfaces/openapi-loader.ts';
import { loadConfig } from './config.ts';

/** An operation of an OpenAPI document. */
export interface DocumentedOperation {
  /** `METHOD host/path/{name}` */
  id: string;
  deprecated: boolean;
  /** what the document asks of callers */
  authentication: 'required' | 'none' | 'unknown';
}

/** The OpenAPI documents of a tenant, as the inventory asks them. */
export interface InterfaceDocuments {
  operations: readonly DocumentedOperation[];
  /** the operation that an interface id, raw or learned, belongs to, and what the interface is called by it: with the host as asked */
  match(id: string): { id: string; operation: DocumentedOperation } | undefined;
}

/** The documents of each tenant that a config names. @param config path of weir.yaml; undefined: none are known */
export async function documentsOf(config: string | undefined): Promise<ReadonlyMap<string, InterfaceDocuments>> {
  if (config === undefined) return new Map();
  const { tenants } = loadConfig(config).config;
  const named = Object.entries(tenants).filter(([, { documents }]) => documents.length > 0);
  return new Map(
    named.map(([tenant, { documents }]) => [tenant, inventoryDocuments(loadDocuments(documents, `tenants.${tenant}.documents`))]),
  );
}

/** Documented operations as the inventory asks them: one id each, with the first host that serves it. */
function inventoryDocuments(operations: readonly ApiOperation[]): InterfaceDocuments {
  const templates = new DocumentTemplates(operations);
  const byOperation = new Map(
    operations.map((operation): [ApiOperation, DocumentedOperation] => {
      const { method, hosts, path, deprecated, authentication } = operation;
      return [operation, { id: `${method} ${hosts[0] ?? ''}${path}`, deprecated, authentication }];
    }),
  );
  return {
    operations: [...byOperation.values()],
    match: (id) => {
      const found = templates.match(id);
      const operation = found === undefined ? undefined : byOperation.get(found.operation);
      return found === undefined || operation === undefined ? undefined : { id: found.id, operation };
    },
  };
}
