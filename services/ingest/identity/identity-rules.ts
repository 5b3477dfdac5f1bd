import { RE2JS } from 're2js';
import type { IdentityRuleConfig } from '../../../schemas/config.ts';
import { IDENTITY_ORIGINS, type IdentityOrigin } from '../../core/batch.ts';
import { WeirError } from '../../core/errors.ts';
import { type IdentityRule, originOf } from '../fields.ts';
import { callerOf, USUAL_CLAIMS } from './authorization.ts';
import { certificateName } from './distinguished-name.ts';
import type { RuleKeys } from './token-key-loader.ts';
import { type TokenTimes, TokenVerifier, timesOf } from './token-verifier.ts';
import { claimOf, webTokenOf } from './web-token.ts';

/** Whom a value names, once it has been read. */
export interface Named {
  name: string;
  /** index in IDENTITY_ORIGINS */
  origin: number;
  /** the name is a secret itself */
  secret: boolean;
  /** the times of a token, which have to be checked with every event */
  times?: TokenTimes;
}

/** An identity rule as the stage reads it. */
export interface PlannedRule {
  field: string;
  slot: number;
  /** index in IDENTITY_ORIGINS */
  origin: number;
  /** the value is a secret: it is stored hashed, as `key-` and 16 digits */
  secret: boolean;
  /** the name is stored hashed */
  hashed: boolean;
  /** name of the cookie that the field stands for: cookie_NAME */
  cookie?: Uint8Array;
  /** who the value names, where that has to be read out of it; undefined for nobody. Pure: the same for the same value. */
  read?: (value: string) => Named | undefined;
  /** `read` is for values that look like tokens; others are the name */
  tokensOnly: boolean;
  /** slots in which the gateway says whether the client's certificate is valid */
  verdicts: readonly number[];
}

/** nginx's and Apache's names for the outcome of the check of the client's certificate: SUCCESS, else it proves nothing. */
const VERDICTS = ['ssl_client_verify', 'SSL_CLIENT_VERIFY'];
/** Names of cookies and fields whose values let their bearer in. */
const SECRET_NAME = /sess|(^|[._-])sid$|token|auth|secret|passw|(^|[._-])key$/i;
const encoder = new TextEncoder();

/**
 * Plans a source's rules, or its format's.
 * @param slotOf slot of a field of the record that is wanted by name
 * @throws WeirError `config` where a rule verifies tokens and no keys came with it
 */
export function planRules(
  rules: readonly (IdentityRuleConfig | IdentityRule)[],
  slotOf: (name: string) => number,
  source: string,
  keys: RuleKeys = [],
): PlannedRule[] {
  return rules.map((rule, index) => {
    if (typeof rule === 'string') return plan({ field: rule }, slotOf);
    if ('origin' in rule) return plan({ field: rule.field }, slotOf, rule.origin);
    const place = `sources.${source}.identity[${index}]`;
    const part = rule.pattern === undefined ? undefined : compiled(rule.pattern, `${place}.pattern`);
    if (rule.verify === undefined) return plan(rule, slotOf, undefined, part);
    const own = keys[index];
    // without its keys a rule would let everybody be anybody
    if (own === undefined) throw new WeirError('config', `${place} verifies tokens, and its keys were not loaded`);
    return plan(rule, slotOf, 'jwt_verified', part, new TokenVerifier(own));
  });
}

/** RE2's expressions take time in proportion to the value, and clients choose values. */
function compiled(pattern: string, place: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    throw new WeirError('config', `${place}: ${(cause as Error).message}; patterns are RE2's: no lookahead, no backreferences`, { cause });
  }
}

type Rule = Exclude<IdentityRuleConfig, string>;

function plan(rule: Rule, slotOf: (name: string) => number, origin?: IdentityOrigin, part?: RE2JS, verifier?: TokenVerifier): PlannedRule {
  const { field } = rule;
  const isToken = rule.claim !== undefined;
  const kind = origin ?? rule.as ?? (isToken ? 'jwt' : originOf(field));
  const isCookie = field.startsWith('cookie_');
  const isPlain = rule.claim === undefined && rule.pattern === undefined && kind !== 'certificate';
  const isSecret = kind === 'api_key' || (isPlain && (kind === 'cookie' || kind === 'session') && SECRET_NAME.test(field));
  const planned: PlannedRule = {
    field,
    slot: slotOf(field),
    origin: IDENTITY_ORIGINS.indexOf(kind),
    secret: rule.hashed === undefined && kind === 'api_key',
    hashed: rule.hashed ?? isSecret,
    tokensOnly: false,
    verdicts: kind === 'certificate' ? VERDICTS.map(slotOf) : [],
  };
  if (isCookie) planned.cookie = encoder.encode(field.slice('cookie_'.length));
  planned.read = reader(rule, kind, planned.origin, part, verifier);
  if (planned.read !== undefined && !isToken && rule.pattern === undefined && kind === 'jwt' && !isHeader(field)) planned.tokensOnly = true;
  return planned;
}

function isHeader(field: string): boolean {
  return /authorization$/i.test(field);
}

/** How the account is read out of a value; undefined: the value is the account. */
function reader(
  rule: Rule,
  kind: IdentityOrigin,
  origin: number,
  part: RE2JS | undefined,
  verifier: TokenVerifier | undefined,
): PlannedRule['read'] {
  const narrowed = (name: string | undefined): string | undefined => {
    if (part === undefined || name === undefined) return name;
    const matcher = part.matcher(name);
    return matcher.find() ? (matcher.group(1) ?? undefined) : undefined;
  };
  const named = (name: string | undefined, times?: TokenTimes): Named | undefined =>
    name === undefined || name === '' ? undefined : { name, origin, secret: false, ...(times === undefined ? {} : { times }) };
  if (rule.claim !== undefined || (kind === 'jwt' && part === undefined && !isHeader(rule.field))) {
    const names = rule.claim === undefined ? USUAL_CLAIMS : typeof rule.claim === 'string' ? [rule.claim] : rule.claim;
    return (value) => {
      const token = webTokenOf(value);
      if (token === undefined || (verifier !== undefined && !verifier.isSigned(token))) return undefined;
      return named(narrowed(claimOf(token.claims, names)), verifier === undefined ? undefined : timesOf(token.claims));
    };
  }
  if (part !== undefined) return (value) => named(narrowed(value));
  if (kind === 'certificate') return (value) => named(certificateName(value));
  if (isHeader(rule.field)) {
    return (value) => {
      const caller = callerOf(value);
      return caller && { name: caller.name, origin: IDENTITY_ORIGINS.indexOf(rule.as ?? caller.origin), secret: caller.secret };
    };
  }
  return undefined;
}
