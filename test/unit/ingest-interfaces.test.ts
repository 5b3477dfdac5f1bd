import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLAG } from '../../services/core/batch.ts';
import { InterfaceTable, METHODS } from '../../services/ingest/interfaces/interface-table.ts';
import { InterfaceTags, interfacePattern, tagNames } from '../../services/ingest/interfaces/interface-tags.ts';
import { Workspace } from '../../services/ingest/records/workspace.ts';

const NO_RULES = { sensitive: [], tags: {} };
const workspace = new Workspace();
const decoder = new TextDecoder();

interface Resolved {
  id: string;
  flags: number;
  object: number;
  objectNumber: number;
}

function resolver(
  rules: ConstructorParameters<typeof InterfaceTags>[0] = NO_RULES,
): (path: string, method?: string, host?: string) => Resolved {
  const table = new InterfaceTable(new InterfaceTags(rules), 'gateway', 1, 7);
  return (path, method = 'GET', host = '') => {
    const pathBytes = new TextEncoder().encode(path);
    const hostBytes = new TextEncoder().encode(host);
    const all = new Uint8Array(pathBytes.length + hostBytes.length);
    all.set(pathBytes);
    all.set(hostBytes, pathBytes.length);
    workspace.load(all);
    table.makeRoom();
    table.resolve(
      workspace,
      Math.max(0, (METHODS as readonly string[]).indexOf(method)),
      pathBytes.length,
      all.length,
      0,
      pathBytes.length,
    );
    return {
      id: decoder.decode(table.pool.bytesOf(table.interfaceId)),
      flags: table.flags,
      object: table.object,
      objectNumber: table.objectNumber,
    };
  };
}

const resolve = resolver();
/** Template of a path, without method and host. */
const template = (path: string) => resolve(path).id.replace('GET gateway', '');

describe('path templates', () => {
  const cases: [string, string][] = [
    ['/', '/'],
    ['', '/'],
    ['/orders/123', '/orders/{id}'],
    ['/orders/123/', '/orders/{id}'],
    ['//orders///123//', '/orders/{id}'],
    ['/orders/123?x=1/2', '/orders/{id}'],
    ['/api/v1/users/42/contact', '/api/v1/users/{id}/contact'],
    ['/api/v12.3/x', '/api/v12.3/x'],
    ['/api/2.0/x', '/api/2.0/x'],
    ['/rest/api/3/issue/7', '/rest/api/3/issue/{id}'],
    ['/api/12/issue', '/api/{id}/issue'],
    ['/admin/api/2026-01/orders/5.json', '/admin/api/2026-01/orders/{id}.json'],
    ['/days/2026-01/3', '/days/{date}/{id}'],
    ['/u/550e8400-e29b-41d4-a716-446655440000', '/u/{uuid}'],
    ['/f/d41d8cd98f00b204e9800998ecf8427e', '/f/{hash}'],
    ['/o/507f1f77bcf86cd799439011/items', '/o/{hash}/items'],
    ['/t/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9', '/t/{hash}'],
    ['/t/FMuukC2JOJ5HKmLBujjE_BkDo', '/t/{hash}'],
    ['/t/qWeRtYuIoPaSdFgHjKlZ', '/t/{hash}'],
    ['/days/2026-03-02', '/days/{date}'],
    ['/days/2026-03-02T10:00:00Z', '/days/{date}'],
    ['/days/2026-03', '/days/{date}'],
    ['/mail/jane.doe@example.com', '/mail/{email}'],
    ['/mail/jane.doe%40example.com', '/mail/{email}'],
    ['/tel/+8613800138000', '/tel/{id}'],
    ['/tel/138-0013-8000', '/tel/{id}'],
    ['/用户/列表', '/用户/列表'],
    ['/%E7%94%A8%E6%88%B7/7', '/用户/{id}'],
    ['/blog/how-to-build-a-house', '/blog/{slug}'],
    ['/blog/iphone-15-pro-max', '/blog/{slug}'],
    ['/users/forgot-password', '/users/forgot-password'],
    ['/users/getUserInfoByPhoneNumber', '/users/getUserInfoByPhoneNumber'],
    ['/rpc/get_user_info_by_id', '/rpc/get_user_info_by_id'],
    ['/sku/SKU-8837', '/sku/{id}'],
    ['/sku/user-7', '/sku/{id}'],
    ['/sku/u10023', '/sku/{id}'],
    ['/sku/ORD20261122001', '/sku/{id}'],
    ['/sku/A1B2C3', '/sku/{id}'],
    ['/sku/ORD123', '/sku/{id}'],
    ['/api/items32/top100', '/api/items32/top100'],
    ['/api/queryTop10List', '/api/queryTop10List'],
    ['/watch/dQw4w9WgXcQ', '/watch/{id}'],
    ['/oauth2/token', '/oauth2/token'],
    ['/hash/sha256', '/hash/sha256'],
    ['/index.php', '/index.php'],
    ['/reports/2026-03.pdf', '/reports/{date}.pdf'],
    ['/reports/8d777f385d3dfec8815d20f7496026dc.csv', '/reports/{hash}.csv'],
    ['/static/app.3f2a9c.js', '/static/{file}'],
    ['/static/css/main.css?v=3', '/static/css/{file}'],
    ['/a/b/c/d/e/logo.PNG', '/a/b/{file}'],
    ['/favicon.ico', '/{file}'],
    ['/cart;jsessionid=ABC123', '/cart'],
    ['/a/./b', '/a/b'],
    ['/cars/;color=red/parts', '/cars/{id}/parts'],
    ['/vms/web-7:start', '/vms/{id}:start'],
    ['/vms/quiet-fox:start', '/vms/quiet-fox:start'],
    ['/ip/2001:db8::beef', '/ip/{id}'],
    ['/mac/aa:bb:cc:dd:ee:f0', '/mac/{id}'],
    ['/odata/Products(5)', '/odata/Products({id})'],
    ["/odata/Customers('ann')/Orders", '/odata/Customers({id})/Orders'],
    ["/odata/Items(Order=1,Line='a')", '/odata/Items(Order={id},Line={id})'],
    ['/wiki/Mars_(planet)', '/wiki/Mars_(planet)'],
    ['/@ann/posts', '/@{name}/posts'],
    ['/users/@me', '/users/@me'],
    ['/firmware/2.14.0', '/firmware/{id}'],
    ['/v1/customers/cus_NffrFeUfNVHib', '/v1/customers/{hash}'],
    ['/u/oeKhSdmLAkssTKDrkrAn', '/u/{hash}'],
    ['/caf%C3%A9/menu', '/café/menu'],
    ['/tel/%2B8613800138000', '/tel/{id}'],
    ['/车/京A12345', '/车/{text}'],
    ['/search/%E4%BD%A0%E5%A5%BD%20world', '/search/{text}'],
    ['/repos/ann/shoe.js/issues', '/repos/ann/shoe.js/issues'],
    ['/api.php?action=listUsers&x=1', '/api.php?action=listUsers'],
    ['/api.php?x=1&cmd=get', '/api.php?cmd=get'],
    ['/api.php?action=%2e%2e', '/api.php'],
    ['/api.php?action=12345', '/api.php'],
    ['/graphql?operationName=Checkout', '/graphql#Checkout'],
    ['/orders?page=2&interaction=x', '/orders'],
    ['/.env', '/.env'],
    ['/a"b<c>', '/{text}'],
    ['/1/2/3/4/5/6/7/8/9/10/11/12', '/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{id}/{rest}'],
  ];
  test.each(cases)('%s is %s', (path, expected) => {
    expect(template(path)).toBe(expected);
  });

  test('method and host are part of the id: host lower case, without the port of its scheme, else the source’s name', () => {
    expect(resolve('/a', 'POST', 'Shop.Example.COM:443').id).toBe('POST shop.example.com/a');
    expect(resolve('/a', 'GET', 'shop.example.com:8080').id).toBe('GET shop.example.com:8080/a');
    expect(resolve('/a', 'GET', '').id).toBe('GET gateway/a');
    expect(resolve('/a', 'GET', 'a b"c').id).toBe('GET gateway/a');
    expect(resolve('/a', 'FOO', '').id).toBe('OTHER gateway/a');
  });

  test('a template’s template is itself', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const once = template(path);
        expect(template(once)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  test('other values in the same places give the same interface and other objects', () => {
    const value: Record<string, fc.Arbitrary<string>> = {
      // a single digit behind `api` is a version
      '{id}': fc.integer({ min: 10, max: 2 ** 31 - 1 }).map(String),
      '{uuid}': fc.uuid(),
      '{hash}': fc
        .tuple(fc.constantFrom('0', '7'), fc.stringMatching(/^[0-9a-f]{31}$/), fc.constantFrom('a', 'f'))
        .map((parts) => parts.join('')),
      '{date}': fc
        .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10)),
      '{slug}': fc.array(fc.stringMatching(/^[a-z]{2,7}$/), { minLength: 5, maxLength: 8 }).map((words) => words.join('-')),
      '{text}': fc.stringMatching(/^[\u4e00-\u9fa5]{1,6} [\u4e00-\u9fa5]{1,6}$/).map(encodeURIComponent),
      '{email}': fc
        .tuple(fc.stringMatching(/^[a-z]{2,8}$/), fc.stringMatching(/^[a-z]{2,8}$/))
        .map(([user, domain]) => `${user}@${domain}.example`),
    };
    const part = fc.oneof(fc.constantFrom('orders', 'users', 'app', 'v2'), fc.constantFrom(...Object.keys(value)));
    const instances = fc.array(part, { minLength: 1, maxLength: 6 }).chain((parts) => {
      const filled = fc.tuple(...parts.map((each) => value[each] ?? fc.constant(each)));
      return fc.tuple(fc.constant(`/${parts.join('/')}`), filled, filled);
    });
    fc.assert(
      fc.property(instances, ([expected, one, other]) => {
        const a = resolve(`/${one.join('/')}`);
        const b = resolve(`/${other.join('/')}`);
        expect(a.id).toBe(`GET gateway${expected}`);
        expect(b.id).toBe(a.id);
        expect(a.object === b.object).toBe(one.join('/') === other.join('/'));
        expect(a.object === 0).toBe(!expected.includes('{'));
      }),
      { numRuns: 1000 },
    );
  });

  test('the object is that of the thing, whatever is done with it', () => {
    expect(resolve('/orders/5', 'DELETE').object).toBe(resolve('/orders/5', 'GET').object);
    expect(resolve('/orders/5').object).not.toBe(resolve('/users/5').object);
    expect(resolve('/orders/5').objectNumber).toBe(5);
    expect(resolve('/orders/5/items/77').objectNumber).toBe(77);
    expect(resolve('/orders/99999999999').objectNumber).toBe(-1);
    expect(resolve('/orders').objectNumber).toBe(-1);
  });

  test('static assets are flagged and have no object', () => {
    expect(resolve('/img/777.png')).toMatchObject({ flags: FLAG.asset, object: 0, objectNumber: -1 });
  });

  test('random paths do not exhaust memory, and what was known stays the same', () => {
    const own = resolver();
    const before = own('/api/orders/1');
    for (let i = 0; i < 90_000; i++)
      own(`/x${String.fromCharCode(97 + (i % 26))}${i.toString(36).replace(/[0-9]/g, (digit) => 'ghijklmnop'[Number(digit)])}`);
    expect(own('/api/orders/1')).toEqual(before);
  });
});

describe('tags', () => {
  const guessed: [string, string, string[]][] = [
    ['POST', '/api/login', ['login']],
    ['GET', '/login', []],
    ['POST', '/user/signIn', ['login']],
    ['POST', '/oauth2/token', ['login']],
    ['POST', '/login/sms', ['login']],
    ['POST', '/logout', []],
    ['POST', '/auth/reset-password', []],
    ['POST', '/login/send-code', ['send_code']],
    ['POST', '/api/sms', ['send_code']],
    ['GET', '/api/sms/send', ['send_code']],
    ['POST', '/api/sms/verify', []],
    ['POST', '/api/verify/sms', ['send_code']],
    ['GET', '/captcha', []],
    ['POST', '/api/users/register', ['register']],
    ['POST', '/signup', ['register']],
    ['POST', '/coupons/8/redeem', ['benefit']],
    ['GET', '/coupons', []],
    ['GET', '/reports/export', ['export']],
    ['GET', '/files/7/download', ['export']],
    ['GET', '/blog/the-sms-download.html', []],
    ['GET', '/orders/7', []],
  ];
  test.each(guessed)('%s %s is %j', (method, path, tags) => {
    expect(tagNames(resolve(path, method).flags)).toEqual(tags);
  });

  test('a configured list replaces the guess, an empty one means none', () => {
    const own = resolver({ sensitive: ['GET */api/v1/users/{id}/contact'], tags: { login: ['POST|PUT */enter'], export: [] } });
    expect(tagNames(own('/enter', 'PUT').flags)).toEqual(['login']);
    expect(tagNames(own('/login', 'POST').flags)).toEqual([]);
    expect(tagNames(own('/export').flags)).toEqual([]);
    expect(own('/api/v1/users/42/contact', 'GET', 'shop.example.com').flags & FLAG.sensitive).toBe(FLAG.sensitive);
    expect(own('/api/v1/users/550e8400-e29b-41d4-a716-446655440000/contact').flags & FLAG.sensitive).toBe(FLAG.sensitive);
    expect(own('/api/v1/users/42/contact', 'POST').flags & FLAG.sensitive).toBe(0);
    expect(own('/api/v1/users/me/contact').flags & FLAG.sensitive).toBe(0);
  });

  test('patterns match whole ids', () => {
    expect(interfacePattern('GET shop.example.com/a').test('GET shop.example.com/ab')).toBe(false);
    expect(interfacePattern('* */a/*').test('DELETE h/x/a/b/c')).toBe(true);
    expect(interfacePattern('GET /a/{x}/').test('GET any.host/a/{uuid}')).toBe(true);
    expect(interfacePattern('GET h/a.b').test('GET h/aXb')).toBe(false);
    expect(interfacePattern('GET */users/{name}/records').test('GET h/v1/users/alice/records')).toBe(true);
    expect(interfacePattern('GET */users/{name}/records').test('GET h/v1/users/{id}/records')).toBe(true);
    expect(interfacePattern('GET */users/{name}/records').test('GET h/v1/users/alice/old/records')).toBe(false);
    expect(interfacePattern('GET */users/{id}/records').test('GET h/v1/users/alice/records')).toBe(false);
  });
});
