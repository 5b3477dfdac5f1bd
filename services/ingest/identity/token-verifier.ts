import { constants, createHmac, createPublicKey, createSecretKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { TokenKey } from './token-keys.ts';
import type { WebToken } from './web-token.ts';

/** Seconds by which the clocks of those who issue tokens and those who log requests may differ. */
const LEEWAY = 60;

/** Checks signatures of tokens with keys that are at hand. */
export class TokenVerifier {
  private readonly keys: readonly { kid: string | undefined; algorithms: readonly string[]; key: KeyObject }[];

  constructor(keys: readonly TokenKey[]) {
    this.keys = keys.map(({ kid, algorithms, kind, material }) => ({
      kid,
      algorithms,
      key: kind === 'secret' ? createSecretKey(Buffer.from(material, 'base64')) : createPublicKey(material),
    }));
  }

  /**
   * Whether one of the keys signed the token. A key verifies its own algorithms only, whatever the token says; `none` is
   * nobody's. A token that names its key (`kid`) is checked with that one, and with keys that have no name. A header
   * with `crit` asks for what is not understood here, and is refused as RFC 7515 demands.
   */
  isSigned({ header, signed, signature }: WebToken): boolean {
    const { alg, kid, crit } = header;
    if (typeof alg !== 'string' || crit !== undefined || signature === '') return false;
    const bytes = Buffer.from(signature, 'base64url');
    return this.keys.some(
      (entry) =>
        entry.algorithms.includes(alg) &&
        (kid === undefined || entry.kid === undefined || entry.kid === kid) &&
        isSignature(alg, entry.key, Buffer.from(signed), bytes),
    );
  }
}

/** What a token says of when it holds; anything, as clients write it. */
export interface TokenTimes {
  exp?: unknown;
  nbf?: unknown;
}

export function timesOf({ exp, nbf }: Record<string, unknown>): TokenTimes {
  return { exp, nbf };
}

/** Whether a token holds at a time, ms: the event's own. Tokens without `exp` and `nbf` always do. */
export function holdsAt({ exp, nbf }: TokenTimes, at: number): boolean {
  const seconds = at / 1000;
  if (exp !== undefined && !(typeof exp === 'number' && seconds < exp + LEEWAY)) return false;
  return nbf === undefined || (typeof nbf === 'number' && seconds >= nbf - LEEWAY);
}

function isSignature(alg: string, key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  const hash = `sha${alg.slice(2)}`;
  switch (alg.slice(0, 2)) {
    case 'HS': {
      const own = createHmac(hash, key).update(signed).digest();
      return own.length === signature.length && timingSafeEqual(own, signature);
    }
    case 'RS':
      return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
    case 'PS':
      return verify(
        hash,
        signed,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
        signature,
      );
    case 'ES':
      return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'Ed':
      return verify(null, signed, key, signature);
    default:
      return false;
  }
}
