import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IdentityRuleConfig, SourceConfig } from '../../schemas/config.ts';
import { IDENTITY_ORIGINS } from '../../services/core/batch.ts';
import { WeirError } from '../../services/core/errors.ts';
import { certificateName } from '../../services/ingest/identity/distinguished-name.ts';
import { loadTokenKeys } from '../../services/ingest/identity/token-key-loader.ts';
import { publicKeys, secretKey } from '../../services/ingest/identity/token-keys.ts';
import { TokenVerifier } from '../../services/ingest/identity/token-verifier.ts';
import { webTokenOf } from '../../services/ingest/identity/web-token.ts';
import type { NormaliseConfig } from '../../services/ingest/normalise-config.ts';
import { ingest } from '../support/ingest-events.ts';

const AT = Date.UTC(2026, 10, 22, 9);
const SECOND = AT / 1000;

/** Who a record's account is, and how it is known. */
function who(fields: Record<string, unknown>, identity: readonly IdentityRuleConfig[] | undefined, more: Partial<NormaliseConfig> = {}) {
  const record = { time: new Date(AT).toISOString(), remote_addr: '203.0.113.9', request: 'GET /a HTTP/1.1', status: 200, ...fields };
  const { events } = ingest(`${JSON.stringify(record)}\n`, { identity, ...more });
  return [events[0].account, IDENTITY_ORIGINS[events[0].origin]];
}
const NOBODY = ['203.0.113.9', 'address'];

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
type Signer = (signed: string) => Buffer;
function token(header: Record<string, unknown>, claims: Record<string, unknown>, signer: Signer): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${signer(signed).toString('base64url')}`;
}
const hmac =
  (secret: string | Buffer, hash = 'sha256'): Signer =>
  (signed) =>
    createHmac(hash, secret).update(signed).digest();
const asymmetric =
  (key: KeyObject, hash: string | null, padding?: number): Signer =>
  (signed) =>
    sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363', ...(padding === undefined ? {} : { padding }) });

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed = generateKeyPairSync('ed25519');
const jwk = (key: KeyObject, more: Record<string, unknown> = {}) => ({ ...key.export({ format: 'jwk' }), ...more });
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;

describe('rules', () => {
  test('a claim is read out of a token, bare or behind Bearer, without verification', () => {
    const jwt = token({ alg: 'RS256' }, { sub: 's-1', tenant: { user: 'ann' }, uid: 42 }, hmac('x'));
    expect(who({ t: jwt }, [{ field: 't', claim: 'sub' }])).toEqual(['s-1', 'jwt']);
    expect(who({ t: `Bearer ${jwt}` }, [{ field: 't', claim: ['nothing', 'uid'] }])).toEqual(['42', 'jwt']);
    expect(who({ t: jwt }, [{ field: 't', claim: 'tenant.user' }])).toEqual(['ann', 'jwt']);
    expect(who({ t: jwt }, [{ field: 't', claim: 'email' }])).toEqual(NOBODY);
    expect(who({ t: 'no.token.here' }, [{ field: 't', claim: 'sub' }])).toEqual(NOBODY);
    expect(who({ t: token({ alg: 'RS256' }, { sub: 'anonymous' }, hmac('x')) }, [{ field: 't', claim: 'sub' }])).toEqual(NOBODY);
  });

  test('a whole token is never the account: its subject is', () => {
    const jwt = token({ alg: 'RS256' }, { sub: 's-1' }, hmac('x'));
    expect(who({ jwt_token: jwt }, ['jwt_token'])).toEqual(['s-1', 'jwt']);
    expect(who({ jwt_sub: 'ann' }, ['jwt_sub'])).toEqual(['ann', 'jwt']);
    expect(who({ auth: jwt }, [{ field: 'auth', as: 'jwt' }])).toEqual(['s-1', 'jwt']);
  });

  test('the first rule that names somebody wins', () => {
    const rules: IdentityRuleConfig[] = [{ field: 'dn', as: 'certificate' }, { field: 'h', pattern: '^user:(.+)$' }, 'remote_user'];
    expect(who({ dn: 'CN=ann', h: 'user:bob', remote_user: 'cid' }, rules)).toEqual(['ann', 'certificate']);
    expect(who({ dn: 'broken=,=', h: 'user:bob', remote_user: 'cid' }, rules)).toEqual(['bob', 'header']);
    expect(who({ dn: '-', h: 'bob', remote_user: 'cid' }, rules)).toEqual(['cid', 'remote_user']);
  });

  test('a pattern takes its first group, also of a claim and of a subject', () => {
    expect(who({ dn: 'CN=x,OU=team-7' }, [{ field: 'dn', as: 'certificate', pattern: 'OU=([^,]+)' }])).toEqual(['team-7', 'certificate']);
    const jwt = token({ alg: 'RS256' }, { sub: 'auth0|ann' }, hmac('x'));
    expect(who({ t: jwt }, [{ field: 't', claim: 'sub', pattern: '\\|(.*)' }])).toEqual(['ann', 'jwt']);
    expect(who({ h: 'x'.repeat(10_000) }, [{ field: 'h', pattern: '(x+)' }])).toEqual(NOBODY);
    // no value that a client may choose makes a pattern slow
    const began = performance.now();
    expect(who({ h: `${'a'.repeat(5_000)}!` }, [{ field: 'h', pattern: '^((a+)+)$' }])).toEqual(NOBODY);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(() => who({ h: 'a' }, [{ field: 'h', pattern: '(?=a)(a)' }])).toThrow(/identity\[0\]\.pattern: .*RE2/);
  });

  test('`as` says what kind of evidence it is, `hashed` how it is stored', () => {
    expect(who({ h: 'ann' }, [{ field: 'h', as: 'consumer' }])).toEqual(['ann', 'consumer']);
    expect(who({ h: 'sk-1' }, [{ field: 'h', as: 'api_key' }])[0]).toMatch(/^key-[0-9a-f]{16}$/);
    expect(who({ x_api_key: 'partner-7' }, [{ field: 'x_api_key', hashed: false }])).toEqual(['partner-7', 'api_key']);
    expect(who({ h: '110101199003070000' }, [{ field: 'h', hashed: true }])[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  test('cookies: out of any logged Cookie header; those that let their bearer in are hashed', () => {
    expect(who({ http_cookie: 'a=1; member=ann; b=2' }, ['cookie_member'])).toEqual(['ann', 'cookie']);
    expect(who({ cookie_member: 'bob' }, ['cookie_member'])).toEqual(['bob', 'cookie']);
    expect(who({ http_cookie: 'sid=aaaa-bbbb' }, ['cookie_sid'])[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(who({ http_cookie: 'nosid=1; xsid=2' }, ['cookie_sid'])).toEqual(NOBODY);
  });

  test('a certificate that the gateway refused proves nothing', () => {
    const rules: IdentityRuleConfig[] = ['ssl_client_s_dn'];
    expect(who({ ssl_client_s_dn: 'CN=ann', ssl_client_verify: 'SUCCESS' }, rules)).toEqual(['ann', 'certificate']);
    expect(who({ ssl_client_s_dn: 'CN=ann' }, rules)).toEqual(['ann', 'certificate']);
    expect(who({ ssl_client_s_dn: 'CN=ann', ssl_client_verify: 'FAILED:self signed certificate' }, rules)).toEqual(NOBODY);
    expect(who({ ssl_client_s_dn: 'CN=ann', ssl_client_verify: 'NONE' }, rules)).toEqual(NOBODY);
  });

  test('in text logs too', () => {
    const pattern =
      '$remote_addr - $remote_user [$time_local] "$request" $status "$ssl_client_s_dn" $ssl_client_verify "$http_x_user_id" "$http_cookie"';
    const by = (subject: string, verdict: string, identity?: readonly IdentityRuleConfig[]) => {
      const line = `203.0.113.9 - - [22/Nov/2026:09:00:00 +0000] "GET /a HTTP/1.1" 200 "${subject}" ${verdict} "u9" "a=1; member=ann"`;
      const [event] = ingest(`${line}\n`, { format: 'nginx', pattern, identity }).events;
      return [event.account, IDENTITY_ORIGINS[event.origin]];
    };
    expect(by('CN=alice,O=x', 'SUCCESS')).toEqual(['alice', 'certificate']);
    expect(by('CN=alice,O=x', 'FAILED:expired')).toEqual(['u9', 'header']);
    expect(by('-', 'NONE', ['cookie_member'])).toEqual(['ann', 'cookie']);
  });

  test('by default no header that clients write goes before what the gateway has checked', () => {
    const lie = {
      http_x_user_id: 'victim',
      http_x_user: 'victim',
      http_x_account_id: 'victim',
      http_x_auth_user: 'victim',
      http_x_uid: 'victim',
    };
    const bearer = `Bearer ${token({ alg: 'RS256' }, { sub: 'ann' }, hmac('x'))}`;
    for (const checked of [
      { consumer_username: 'ann' },
      { jwt_claim_sub: 'ann' },
      { http_x_consumer_id: 'ann' },
      { ssl_client_s_dn: 'CN=ann', ssl_client_verify: 'SUCCESS' },
      { remote_user: 'ann' },
      { http_authorization: bearer },
    ])
      expect(who({ ...lie, ...checked }, undefined)[0]).toBe('ann');
    expect(who({ ...lie, http_x_api_key: 'sk' }, undefined)[1]).toBe('api_key');
    for (const format of ['kong', 'apisix'] as const) {
      const record = (headers: Record<string, string>, more = {}) =>
        JSON.stringify({
          ...{ started_at: AT, start_time: AT, latencies: { request: 0 }, latency: 0, client_ip: '203.0.113.9' },
          ...{
            request: { method: 'GET', uri: '/a', headers: { host: 'h', 'x-user-id': 'victim', ...headers } },
            response: { status: 200 },
          },
          ...more,
        });
      const account = (line: string) => ingest(`${line}\n`, { format }).events[0].account;
      expect(account(record({}, { consumer: { username: 'ann' } }))).toBe('ann');
      expect(account(record({ 'x-consumer-username': 'ann' }))).toBe('ann');
      expect(account(record({ authorization: bearer }))).toBe('ann');
      expect(account(record({}))).toBe('victim');
    }
  });
});

describe('verified tokens', () => {
  const claims = { sub: 'ann' };
  const rule: IdentityRuleConfig = { field: 't', claim: 'sub', verify: { keys: 'keys.json' } };
  const keys = (text: string) => ({ tokenKeys: [publicKeys(text)] });
  const jwks = JSON.stringify({
    keys: [
      jwk(rsa.publicKey, { kid: 'r', alg: 'RS256', use: 'sig' }),
      jwk(p256.publicKey, { kid: 'e' }),
      jwk(p384.publicKey, { kid: 'e3' }),
      jwk(ed.publicKey, { kid: 'd' }),
      jwk(other.publicKey, { kid: 'enc', use: 'enc' }),
    ],
  });

  test.each([
    ['RS256', { alg: 'RS256', kid: 'r' }, asymmetric(rsa.privateKey, 'sha256')],
    ['ES256', { alg: 'ES256', kid: 'e' }, asymmetric(p256.privateKey, 'sha256')],
    ['ES384', { alg: 'ES384', kid: 'e3' }, asymmetric(p384.privateKey, 'sha384')],
    ['EdDSA', { alg: 'EdDSA', kid: 'd' }, asymmetric(ed.privateKey, null)],
    ['no kid: any key of the algorithm', { alg: 'ES256' }, asymmetric(p256.privateKey, 'sha256')],
  ])('%s', (_name, header, signer) => {
    expect(who({ t: `Bearer ${token(header, claims, signer)}` }, [rule], keys(jwks))).toEqual(['ann', 'jwt_verified']);
  });

  test.each([
    ['another key', { alg: 'RS256', kid: 'r' }, asymmetric(other.privateKey, 'sha256')],
    ['a key that is not for signatures', { alg: 'RS256', kid: 'enc' }, asymmetric(other.privateKey, 'sha256')],
    ['kid of another key', { alg: 'RS256', kid: 'e' }, asymmetric(rsa.privateKey, 'sha256')],
    ['an unknown kid', { alg: 'RS256', kid: 'x' }, asymmetric(rsa.privateKey, 'sha256')],
    ['an algorithm that the key is not for', { alg: 'RS512', kid: 'r' }, asymmetric(rsa.privateKey, 'sha512')],
    ['none', { alg: 'none' }, () => Buffer.alloc(0)],
    ['none with a signature', { alg: 'none', kid: 'r' }, asymmetric(rsa.privateKey, 'sha256')],
    ['None', { alg: 'NONE' }, hmac('')],
    ['the public key as a secret', { alg: 'HS256', kid: 'r' }, hmac(pem(rsa.publicKey))],
    ['the public key as a secret, in DER', { alg: 'HS256' }, hmac(rsa.publicKey.export({ type: 'spki', format: 'der' }))],
    ['an empty secret', { alg: 'HS256' }, hmac('')],
    ['a critical extension', { alg: 'RS256', kid: 'r', crit: ['b64'] }, asymmetric(rsa.privateKey, 'sha256')],
    ['no algorithm', { kid: 'r' }, asymmetric(rsa.privateKey, 'sha256')],
    ['a signature in DER', { alg: 'ES256', kid: 'e' }, (signed: string) => sign('sha256', Buffer.from(signed), p256.privateKey)],
  ])('refused: %s', (_name, header, signer) => {
    expect(who({ t: token(header, claims, signer) }, [rule], keys(jwks))).toEqual(NOBODY);
  });

  test('claims that were changed afterwards are refused', () => {
    const [header, , signature] = token({ alg: 'RS256', kid: 'r' }, claims, asymmetric(rsa.privateKey, 'sha256')).split('.');
    expect(who({ t: `${header}.${part({ sub: 'root' })}.${signature}` }, [rule], keys(jwks))).toEqual(NOBODY);
  });

  test('a refused token leaves it to the next rule', () => {
    const t = token({ alg: 'none' }, { sub: 'root' }, () => Buffer.alloc(0));
    expect(who({ t, remote_user: 'bob' }, [rule, 'remote_user'], keys(jwks))).toEqual(['bob', 'remote_user']);
  });

  test.each([
    ['HS256', 'sha256'],
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ])('a secret: %s', (alg, hash) => {
    const more = { tokenKeys: [[secretKey('grey heron over the weir')]] };
    const secret: IdentityRuleConfig = { field: 't', claim: 'sub', verify: { secret_env: 'X' } };
    expect(who({ t: token({ alg }, claims, hmac('grey heron over the weir', hash)) }, [secret], more)).toEqual(['ann', 'jwt_verified']);
    expect(who({ t: token({ alg }, claims, hmac('grey heron', hash)) }, [secret], more)).toEqual(NOBODY);
    expect(who({ t: token({ alg: 'RS256' }, claims, asymmetric(rsa.privateKey, 'sha256')) }, [secret], more)).toEqual(NOBODY);
  });

  test('exp and nbf are judged at the time of the event, with a minute to spare', () => {
    const at = (times: Record<string, unknown>) =>
      who({ t: token({ alg: 'RS256', kid: 'r' }, { ...claims, ...times }, asymmetric(rsa.privateKey, 'sha256')) }, [rule], keys(jwks))[0];
    expect(at({ exp: SECOND + 1, nbf: SECOND - 1 })).toBe('ann');
    expect(at({ exp: SECOND - 59 })).toBe('ann');
    expect(at({ exp: SECOND - 61 })).toBe(NOBODY[0]);
    expect(at({ nbf: SECOND + 59 })).toBe('ann');
    expect(at({ nbf: SECOND + 61 })).toBe(NOBODY[0]);
    expect(at({ exp: 'never' })).toBe(NOBODY[0]);
  });

  test('one token, many events: each by its own time, whatever was found before', () => {
    const t = token({ alg: 'RS256', kid: 'r' }, { ...claims, exp: SECOND + 3600 }, asymmetric(rsa.privateKey, 'sha256'));
    const line = (hours: number) =>
      JSON.stringify({
        time: new Date(AT + hours * 3_600_000).toISOString(),
        remote_addr: '203.0.113.9',
        request: 'GET /a',
        status: 200,
        t,
      });
    const { events } = ingest(`${[0, 2, 0, 2].map(line).join('\n')}\n`, { identity: [rule], lateness: 86_400_000, ...keys(jwks) });
    expect(events.map(({ account }) => account)).toEqual(['ann', '203.0.113.9', 'ann', '203.0.113.9']);
  });

  test('a rule that verifies does not run without its keys', () => {
    expect(() => who({ t: 'x' }, [rule])).toThrow(/identity\[0\] verifies tokens/);
  });

  test('verification agrees with the tokens of RFC 7515 (A.1) and RFC 8037 (A.4)', () => {
    const a1 =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const k1 = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
    const verifier = new TokenVerifier([{ ...secretKey(''), material: Buffer.from(k1, 'base64url').toString('base64') }]);
    expect(verifier.isSigned(webTokenOf(a1) ?? never())).toBe(true);
    const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    const signature = 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    expect(
      new TokenVerifier(publicKeys(JSON.stringify(okp))).isSigned({
        header: { alg: 'EdDSA' },
        claims: {},
        signed: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
        signature,
      }),
    ).toBe(true);
  });
});

function never(): never {
  throw new Error('it is a token');
}

describe('keys', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-keys-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const source = (verify: Record<string, string>) =>
    SourceConfig.parse({ name: 'gate', files: ['x'], identity: ['remote_user', { field: 't', claim: 'sub', verify }] });
  const load = (verify: Record<string, string>, environment: NodeJS.ProcessEnv = {}) => loadTokenKeys(source(verify), environment);
  const file = (text: string): string => {
    const path = join(folder, 'keys');
    writeFileSync(path, text);
    return path;
  };

  test('out of the environment, a JWKS, or PEM, by the rule they are for', () => {
    expect(load({ secret_env: 'S' }, { S: 'abc' })).toEqual([undefined, [secretKey('abc')]]);
    expect(load({ keys: file(pem(rsa.publicKey) + pem(p256.publicKey)) })[1]?.map(({ algorithms }) => algorithms[0])).toEqual([
      'RS256',
      'ES256',
    ]);
    expect(load({ keys: file(JSON.stringify({ keys: [jwk(ed.publicKey, { kid: 'd' })] })) })[1]).toMatchObject([
      { kid: 'd', kind: 'public' },
    ]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a variable that is not set', () => load({ secret_env: 'S' }), /sources\.gate\.identity\[1\]\.verify\.secret_env: S is not set/],
    ['a missing file', () => load({ keys: join(folder, 'nowhere') }), /nowhere does not exist/],
    ['no keys', () => load({ keys: file('{"keys":[]}') }), /holds no key/],
    ['not a format', () => load({ keys: file('hello') }), /neither a JWKS \(JSON\) nor PEM/],
    ['broken JSON', () => load({ keys: file('{"keys":[') }), /no valid JSON/],
    ['a secret', () => load({ keys: file('{"keys":[{"kty":"oct","k":"AAAA"}]}') }), /keys\[0\] is a secret/],
    ['a private JWK', () => load({ keys: file(JSON.stringify(jwk(p256.privateKey))) }), /keys\[0\] is a private key/],
    ['a private PEM', () => load({ keys: file(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string) }), /is a private key/],
    ['an algorithm of another kind', () => load({ keys: file(JSON.stringify(jwk(p256.publicKey, { alg: 'RS256' }))) }), /is for RS256/],
    [
      'a short RSA key',
      () => load({ keys: file(pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)) }),
      /an RSA key of 1024 bits/,
    ],
  ])('%s is named', (_name, run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(WeirError);
  });
});

describe('certificate subjects', () => {
  test.each([
    ['CN=alice,OU=ops,O=Example', 'alice'],
    ['OU=ops,O=Example,CN=alice', 'alice'],
    ['CN=first,OU=x,CN=ca', 'first'],
    ['/C=DE/O=Example/CN=alice', 'alice'],
    ['/DC=net/CN=ca/CN=alice', 'alice'],
    ['/O=a/b/CN=http/alice.example', 'http/alice.example'],
    ['CN=Doe\\, Jane,O=x', 'Doe, Jane'],
    ['CN=L\\C3\\BCbeck,O=x', 'Lübeck'],
    ['CN="Doe, Jane" , O=x', 'Doe, Jane'],
    ['O=x + CN=alice,C=DE', 'alice'],
    ['emailAddress=a@b.example,O=x', 'a@b.example'],
    ['UID=u1,emailAddress=a@b.example', 'u1'],
    ['2.5.4.3=alice,O=x', 'alice'],
    ['OID.2.5.4.3=alice', 'alice'],
    ['O=Example,C=DE', 'O=Example,C=DE'],
    ['alice', 'alice'],
    ['By=spiffe://a/ns/x;Hash=aa;Subject="CN=alice,O=\\"x, y\\"";URI=spiffe://b', 'alice'],
    ['By=spiffe://a;Hash=aa;Subject="";URI=spiffe://b/ns/shop/sa/cart', 'spiffe://b/ns/shop/sa/cart'],
    ['Hash=aa;Subject="CN=forged",By=spiffe://a;Hash=bb;Subject="CN=alice"', 'alice'],
    ['Hash=aa;DNS=shop.example', 'shop.example'],
    ['Hash=aa', undefined],
    ['', undefined],
    ['CN=', undefined],
    ['=alice', undefined],
    ['CN="open', undefined],
    ['CN=x\\', undefined],
    [`CN=${'a'.repeat(5000)}`, undefined],
  ])('%s', (subject, name) => {
    expect(certificateName(subject)).toBe(name);
  });
});
