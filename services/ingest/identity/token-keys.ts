import { createPublicKey, type KeyObject } from 'node:crypto';

/**
 * A key that tokens are verified with, as plain data: it crosses to other threads. What a token says of its algorithm never
 * decides how a key is used: a key has its own algorithms, and a secret's are none of a public key's.
 */
export interface TokenKey {
  /** which tokens name it; left out: any token may be of it */
  kid?: string;
  /** `alg` of the tokens that it verifies */
  algorithms: readonly string[];
  kind: 'secret' | 'public';
  /** a secret in base64, a public key as PEM (SPKI) */
  material: string;
}

/** Shorter RSA keys are broken by whoever wants to (RFC 7518 refuses them too). */
const LEAST_RSA_BITS = 2048;
const HMAC = ['HS256', 'HS384', 'HS512'];
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const BY_CURVE: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };
const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

export function secretKey(secret: string): TokenKey {
  return { algorithms: HMAC, kind: 'secret', material: Buffer.from(secret, 'utf8').toString('base64') };
}

/**
 * Public keys out of a JWKS, a single JWK or PEM blocks (public keys and certificates).
 * @throws Error that says what is wrong with the text
 */
export function publicKeys(text: string): TokenKey[] {
  const keys = text.trimStart().startsWith('{') ? fromJson(text) : fromPem(text);
  if (keys.length === 0) throw new Error('it holds no key for signatures');
  return keys;
}

function fromJson(text: string): TokenKey[] {
  let document: Record<string, unknown>;
  try {
    document = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(`it is no valid JSON (${(cause as Error).message})`, { cause });
  }
  const entries = Array.isArray(document.keys) ? (document.keys as Record<string, unknown>[]) : [document];
  return entries.flatMap((jwk, index) => {
    const where = `keys[${index}]`;
    if (jwk === null || typeof jwk !== 'object') throw new Error(`${where} is no JWK`);
    if (jwk.use === 'enc') return [];
    if (jwk.kty === 'oct') throw new Error(`${where} is a secret (kty oct): secrets are given as secret_env, public keys here`);
    if (jwk.d !== undefined) throw new Error(`${where} is a private key: only its public part belongs here`);
    let key: KeyObject;
    try {
      key = createPublicKey({ key: jwk as never, format: 'jwk' });
    } catch (cause) {
      throw new Error(`${where} is no JWK that can be read (${(cause as Error).message})`, { cause });
    }
    const algorithms = algorithmsOf(key, where);
    if (jwk.alg !== undefined && !algorithms.includes(String(jwk.alg)))
      throw new Error(`${where} is for ${String(jwk.alg)}, which a key of its kind cannot verify (${algorithms.join(', ')})`);
    return [planned(key, jwk.alg === undefined ? algorithms : [String(jwk.alg)], typeof jwk.kid === 'string' ? jwk.kid : undefined)];
  });
}

function fromPem(text: string): TokenKey[] {
  const blocks = [...text.matchAll(PEM)];
  if (blocks.length === 0) throw new Error('it is neither a JWKS (JSON) nor PEM');
  return blocks.map(([block, label], index) => {
    const where = `block ${index + 1} (${label})`;
    if (label.includes('PRIVATE')) throw new Error(`${where} is a private key: only its public part belongs here`);
    let key: KeyObject;
    try {
      key = createPublicKey(block);
    } catch (cause) {
      throw new Error(`${where} is no public key that can be read (${(cause as Error).message})`, { cause });
    }
    return planned(key, algorithmsOf(key, where), undefined);
  });
}

function planned(key: KeyObject, algorithms: readonly string[], kid: string | undefined): TokenKey {
  return {
    ...(kid === undefined ? {} : { kid }),
    algorithms,
    kind: 'public',
    material: key.export({ type: 'spki', format: 'pem' }) as string,
  };
}

function algorithmsOf(key: KeyObject, where: string): readonly string[] {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if ((details.modulusLength ?? 0) < LEAST_RSA_BITS)
        throw new Error(`${where} is an RSA key of ${details.modulusLength} bits; ${LEAST_RSA_BITS} are the least`);
      return RSA;
    case 'ec': {
      const algorithm = BY_CURVE[details.namedCurve ?? ''];
      if (algorithm === undefined) throw new Error(`${where} is on the curve ${details.namedCurve}; P-256, P-384 and P-521 are known`);
      return [algorithm];
    }
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    case 'ed448':
      return ['EdDSA', 'Ed448'];
    default:
      throw new Error(`${where} is a key of kind ${key.asymmetricKeyType}; RSA, EC and Ed25519 are known`);
  }
}
