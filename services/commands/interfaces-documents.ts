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
  void config;
  return new Map();
}
