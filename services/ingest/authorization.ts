import type { IdentityOrigin } from '../core/batch.ts';

/** Claims that name the caller, in this order. The gateway has checked the token; here it is only read. */
const CLAIMS = ['sub', 'user_id', 'uid', 'preferred_username', 'username', 'client_id', 'azp'] as const;

export interface Caller {
  name: string;
  origin: IdentityOrigin;
  /** the name is a secret itself: to be hashed */
  secret: boolean;
}

/** Who an Authorization header names: a JWT's subject, Basic's user, else the bearer of a secret; undefined for nobody. */
export function callerOf(header: string): Caller | undefined {
  const match = /^(\S+)\s+(\S+)$/.exec(header.trim());
  const scheme = match === null ? '' : match[1].toLowerCase();
  const value = match === null ? header.trim() : match[2];
  if (value === '' || value === '-') return undefined;
  if (scheme === 'basic') {
    const user = decodeBase64(value)?.split(':')[0];
    return user === undefined || user === '' ? undefined : { name: user, origin: 'remote_user', secret: false };
  }
  const subject = subjectOf(value);
  if (subject !== undefined) return { name: subject, origin: 'jwt', secret: false };
  return { name: value, origin: 'api_key', secret: true };
}

function subjectOf(token: string): string | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const text = decodeBase64(parts[1].replace(/-/g, '+').replace(/_/g, '/'));
  if (text === undefined || !text.startsWith('{')) return undefined;
  let claims: Record<string, unknown>;
  try {
    claims = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined; // not a JWT: it is a secret like any other
  }
  for (const name of CLAIMS) {
    const claim = claims[name];
    if (typeof claim === 'string' && claim !== '') return claim;
    if (typeof claim === 'number') return String(claim);
  }
  return undefined;
}

function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+=*$/.test(text)) return undefined;
  return new TextDecoder().decode(Uint8Array.from(atob(text.replace(/=+$/, '')), (c) => c.charCodeAt(0)));
}
