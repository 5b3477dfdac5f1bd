import { type FieldMap, type IdentityRule, rulesOf } from '../fields.ts';
import { fingerprintHeaders } from '../traits/tls-fingerprint.ts';

/** Request headers in which gateways and their plugins say who calls, the strongest evidence first; what any client may write comes last. */
const CALLER_HEADERS = [
  'x-consumer-username',
  'x-consumer-id',
  'x-credential-identifier',
  'x-api-key',
  'apikey',
  'authorization',
  'x-user-id',
  'x-auth-user',
  'x-account-id',
];

/** Rules for the caller's headers. `named`: the field in which a gateway logs the header of a name in lower case. */
export function callerHeaders(named: (header: string) => string): IdentityRule[] {
  return rulesOf(CALLER_HEADERS.map(named));
}

/** Proxies' reports of the client and of its TLS handshake, in the headers of a request. `named` as for `callerHeaders`. */
export function addressHeaders(named: (header: string) => string): FieldMap {
  return {
    forwarded: [named('x-forwarded-for')],
    forwarded_header: [named('forwarded')],
    x_real_ip: [named('x-real-ip')],
    cf_connecting_ip: [named('cf-connecting-ip')],
    true_client_ip: [named('true-client-ip')],
    fingerprint: fingerprintHeaders(named),
  };
}

/** A header's name as Go's programs write it: `x-api-key` is `X-Api-Key`. */
export function canonicalHeader(header: string): string {
  return header.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
