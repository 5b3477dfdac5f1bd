/** A JSON Web Token in its compact form (RFC 7519, RFC 7515), read and not verified. */
export interface WebToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** header and claims as they were signed */
  signed: string;
  /** the signature, base64url */
  signature: string;
}

const PART = /^[A-Za-z0-9_-]+$/;
const SIGNATURE = /^[A-Za-z0-9_-]*$/;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The token in a text: bare, or behind `Bearer`, `JWT` or `Token`; undefined when it is none. */
export function webTokenOf(text: string): WebToken | undefined {
  const bare = text.trim().replace(/^(?:bearer|jwt|token)\s+/i, '');
  const parts = bare.split('.');
  if (parts.length !== 3 || !PART.test(parts[0]) || !PART.test(parts[1]) || !SIGNATURE.test(parts[2])) return undefined;
  const header = objectOf(parts[0]);
  const claims = objectOf(parts[1]);
  if (header === undefined || claims === undefined) return undefined;
  return { header, claims, signed: `${parts[0]}.${parts[1]}`, signature: parts[2] };
}

function objectOf(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(Buffer.from(part, 'base64url')));
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // no JSON: a secret like any other
  }
}

/** The first of the claims that names somebody: its own name, else dots going into objects. */
export function claimOf(claims: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = Object.hasOwn(claims, name) ? claims[name] : inside(claims, name);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

function inside(claims: Record<string, unknown>, path: string): unknown {
  let value: unknown = claims;
  for (const key of path.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
