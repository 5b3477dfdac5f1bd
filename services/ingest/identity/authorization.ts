import type { IdentityOrigin } from '../../core/batch.ts';
import { claimOf, webTokenOf } from './web-token.ts';

/** Claims that name the caller where the source does not say which, in this order. */
export const USUAL_CLAIMS: readonly string[] = ['sub', 'user_id', 'uid', 'preferred_username', 'username', 'client_id', 'azp'];

export interface Caller {
  name: string;
  origin: IdentityOrigin;
  /** the name is a secret itself: to be hashed */
  secret: boolean;
}

/**
 * Who an Authorization header names: a JWT's subject (the gateway has checked the token, here it is only read), Basic's user,
 * else the bearer of a secret; undefined for nobody.
 */
export function callerOf(header: string): Caller | undefined {
  const match = /^(\S+)\s+(\S+)$/.exec(header.trim());
  const scheme = match === null ? '' : match[1].toLowerCase();
  const value = match === null ? header.trim() : match[2];
  if (value === '' || value === '-') return undefined;
  if (scheme === 'basic') {
    const user = decodeBase64(value)?.split(':')[0];
    return user === undefined || user === '' ? undefined : { name: user, origin: 'remote_user', secret: false };
  }
  const token = webTokenOf(value);
  const subject = token && claimOf(token.claims, USUAL_CLAIMS);
  if (subject !== undefined) return { name: subject, origin: 'jwt', secret: false };
  return { name: value, origin: 'api_key', secret: true };
}

function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+=*$/.test(text)) return undefined;
  return new TextDecoder().decode(Uint8Array.from(atob(text.replace(/=+$/, '')), (c) => c.charCodeAt(0)));
}
