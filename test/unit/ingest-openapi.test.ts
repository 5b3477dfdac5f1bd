import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DocumentTemplates } from '../../services/ingest/interfaces/document-templates.ts';
import { InterfaceTable, METHODS } from '../../services/ingest/interfaces/interface-table.ts';
import { InterfaceTags } from '../../services/ingest/interfaces/interface-tags.ts';
import { operationsOf } from '../../services/ingest/interfaces/openapi.ts';
import { loadDocuments } from '../../services/ingest/interfaces/openapi-loader.ts';
import { Workspace } from '../../services/ingest/records/workspace.ts';

const SHOP = `
openapi: 3.0.3
info: { title: shop, version: '1' }
servers: [ { url: 'https://Shop.Example:443/v1/' }, { url: 'https://{region}.shop.example/v1', variables: { region: { default: eu } } } ]
security: [ { key: [] } ]
components:
  securitySchemes: { key: { type: apiKey, name: X-Key, in: header } }
  pathItems:
    account: { get: { operationId: getAccount }, delete: { deprecated: true } }
paths:
  /accounts/{name}: { $ref: '#/components/pathItems/account' }
  /accounts/me: { get: { security: [] } }
  /accounts/{name}/orders/: { get: { parameters: [ { name: mail, in: query, schema: { type: string, format: email } } ] } }
  /orders/{orderId}: { get: {} }
  /orders/{orderId}.pdf: { get: {} }
  /orders/{orderId}:cancel: { post: {} }
  /orders/2024: { get: {} }
  /Products('{key}'): { get: {} }
  /%E7%94%A8%E6%88%B7/{用户名}: { get: {} }
  /run.do?action=list: { get: {} }
  /files/{a}/{b}: { get: {} }
  /files/{a}/meta: { get: {} }
`;

const shop = operationsOf(parse(SHOP));
const templates = new DocumentTemplates(shop);

describe('OpenAPI documents', () => {
  test('operations with base path, hosts, references, authentication and formats', () => {
    const account = shop.find(({ operationId }) => operationId === 'getAccount');
    expect(account).toEqual({
      method: 'GET',
      hosts: [],
      path: '/v1/accounts/{name}',
      operationId: 'getAccount',
      deprecated: false,
      authentication: 'required',
      sensitive: [],
    });
    expect(shop.find(({ path, method }) => path === '/v1/accounts/{name}' && method === 'DELETE')?.deprecated).toBe(true);
    expect(shop.find(({ path }) => path === '/v1/accounts/me')?.authentication).toBe('none');
    expect(shop.find(({ path }) => path === '/v1/accounts/{name}/orders')?.sensitive).toEqual([['mail', 'email']]);
  });

  test('2.0: host and basePath; without a way of authentication nothing is known of it', () => {
    const document = { swagger: '2.0', host: 'Pets.Example:80', basePath: '/v2', paths: { '/pet/{petId}': { get: {} } } };
    expect(operationsOf(document)).toEqual([
      { method: 'GET', hosts: ['pets.example'], path: '/v2/pet/{petId}', deprecated: false, authentication: 'unknown', sensitive: [] },
    ]);
  });

  const faults: [unknown, string][] = [
    ['text', 'the document is no object'],
    [{}, 'neither openapi nor swagger'],
    [{ swagger: '1.2' }, "swagger: '1.2' is not supported"],
    [{ openapi: '4.0.0' }, "openapi: '4.0.0' is not supported"],
    [{ swagger: '2.0' }, 'paths: missing'],
    [{ openapi: '3.0.0', paths: { pets: {} } }, 'paths.pets: expected a path that begins with /'],
    [{ openapi: '3.0.0', paths: { '/a': { $ref: 'https://x.example/a.yaml' } } }, 'lies outside the document'],
    [{ openapi: '3.0.0', paths: { '/a': { $ref: '#/nowhere' } } }, "paths./a.$ref: there is no '#/nowhere'"],
    [{ openapi: '3.0.0', paths: { '/a': { $ref: '#/paths/~1a' } } }, 'leads in a circle'],
    [{ openapi: '3.0.0', servers: [{}], paths: { '/a': { get: {} } } }, 'servers[0].url: missing'],
    [{ openapi: '3.0.0', servers: [{ url: '/{v}' }], paths: { '/a': { get: {} } } }, 'the variable {v} has no default'],
  ];
  test.each(faults)('%j is refused: %s', (document, message) => {
    expect(() => operationsOf(document)).toThrow(message);
  });

  test('files: YAML and JSON; what is wrong names the file and the place', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-openapi-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const json = file('a.json', JSON.stringify({ openapi: '3.1.0', paths: { '/a': { get: {} } } }));
    expect(loadDocuments([file('shop.yaml', SHOP), json], 'tenants.t.documents')).toHaveLength(shop.length + 1);
    expect(() => loadDocuments([join(folder, 'none.yaml')], 'tenants.t.documents')).toThrow(
      /tenants\.t\.documents\[0\]: .*none\.yaml does not exist/,
    );
    expect(() => loadDocuments([json, file('b.yaml', 'a: [')], 'documents')).toThrow(/documents\[1\]: .*b\.yaml is neither YAML nor JSON/);
    expect(() => loadDocuments([file('c.yaml', 'a: 1')], 'documents')).toThrow(/c\.yaml: neither openapi nor swagger/);
  });

  const matches: [string, string | undefined][] = [
    ['GET shop/v1/accounts/ann', 'GET shop/v1/accounts/{name}'],
    ['GET shop/v1/accounts/{id}', 'GET shop/v1/accounts/{name}'],
    ['GET shop/v1/accounts/{name}', 'GET shop/v1/accounts/{name}'],
    ['GET shop/v1/accounts/me', 'GET shop/v1/accounts/me'],
    ['GET shop/v1/accounts/ann/orders', 'GET shop/v1/accounts/{name}/orders'],
    ['POST shop/v1/accounts/ann', undefined],
    ['GET shop/v2/accounts/ann', undefined],
    ['GET shop/v1/accounts', undefined],
    ['GET shop/v1/orders/{id}.pdf', 'GET shop/v1/orders/{orderId}.pdf'],
    ['POST shop/v1/orders/{uuid}:cancel', 'POST shop/v1/orders/{orderId}:cancel'],
    ['GET shop/v1/Products({id})', "GET shop/v1/Products('{key}')"],
    ['GET shop/v1/用户/张三', 'GET shop/v1/%E7%94%A8%E6%88%B7/{用户名}'],
    ['GET shop/v1/run.do?action=list', 'GET shop/v1/run.do?action=list'],
    ['GET shop/v1/run.do?action=drop', undefined],
    ['GET shop/v1/files/x/meta', 'GET shop/v1/files/{a}/meta'],
    ['GET shop/v1/files/x/y', 'GET shop/v1/files/{a}/{b}'],
    ['GET shop/v1/files/{missing}', undefined],
  ];
  test.each(matches)('%s belongs to %s', (id, expected) => {
    expect(templates.match(id)?.id).toBe(expected);
  });

  test('a document of a host does not speak for the others that are documented', () => {
    const of = (host: string, name: string) => operationsOf({ swagger: '2.0', host, paths: { [`/users/{${name}}`]: { get: {} } } });
    const both = new DocumentTemplates([...of('a.example', 'first'), ...of('b.example', 'second')]);
    expect(both.match('GET a.example/users/x')?.id).toBe('GET a.example/users/{first}');
    expect(both.match('GET b.example/users/x')?.id).toBe('GET b.example/users/{second}');
    expect(both.match('GET gateway/users/x')?.id).toBe('GET gateway/users/{first}');
  });
});

describe('interfaces of a tenant with documents', () => {
  const workspace = new Workspace();
  const table = new InterfaceTable(new InterfaceTags({ sensitive: [], tags: {} }), 'shop', 1, 7, templates);
  const resolve = (path: string, missing = false): { id: string; object: number } => {
    const bytes = new TextEncoder().encode(path);
    workspace.load(bytes);
    table.makeRoom();
    table.resolve(workspace, METHODS.indexOf('GET'), 0, 0, 0, bytes.length, missing);
    return { id: new TextDecoder().decode(table.pool.bytesOf(table.interfaceId)), object: table.object };
  };

  test('a path takes the documented id, and the names in it are objects', () => {
    const ann = resolve('/v1/accounts/ann');
    const bob = resolve('/v1/accounts/bob');
    expect([ann.id, bob.id]).toEqual(['GET shop/v1/accounts/{name}', 'GET shop/v1/accounts/{name}']);
    expect(ann.object).not.toBe(bob.object);
    expect(resolve('/v1/accounts/ann').object).toBe(ann.object);
    expect(ann.object).not.toBe(0);
    expect(resolve('/v1/accounts/me')).toEqual({ id: 'GET shop/v1/accounts/me', object: 0 });
  });

  test('what is documented keeps its interface where it is missing; other names do not', () => {
    expect(resolve('/v1/accounts/nobody', true).id).toBe('GET shop/v1/accounts/{name}');
    expect(resolve('/v1/wp-login.php', true).id).toBe('GET shop/{missing}');
  });
});
