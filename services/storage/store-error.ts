import { WeirError } from '../core/errors.ts';
import { CONNECTION_ERRORS } from './transient.ts';

/** ClickHouse error types that are the fault of the query's text, not of the store. */
const QUERY_FAULTS = new Set([
  'SYNTAX_ERROR',
  'UNKNOWN_IDENTIFIER',
  'UNKNOWN_TABLE',
  'UNKNOWN_FUNCTION',
  'UNKNOWN_DATABASE',
  'UNKNOWN_FORMAT',
  'UNKNOWN_SETTING',
  'ILLEGAL_TYPE_OF_ARGUMENT',
  'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
  'TYPE_MISMATCH',
  'NO_COMMON_TYPE',
  'ILLEGAL_AGGREGATION',
  'NOT_AN_AGGREGATE',
  'READONLY',
  'ACCESS_DENIED',
  'CANNOT_PARSE_TEXT',
  'CANNOT_PARSE_DATETIME',
  'CANNOT_PARSE_NUMBER',
  'BAD_ARGUMENTS',
  'MULTIPLE_EXPRESSIONS_FOR_ALIAS',
  'AMBIGUOUS_IDENTIFIER',
  'NO_SUCH_COLUMN_IN_TABLE',
  'UNSUPPORTED_METHOD',
  'NOT_IMPLEMENTED',
  'ILLEGAL_COLUMN',
  'ARGUMENT_OUT_OF_BOUND',
  'DIVISION_BY_ZERO',
  'FORMAT_IS_NOT_SUITABLE_FOR_OUTPUT',
  'CANNOT_CONVERT_TYPE',
]);

/** The server does not know us. */
const REFUSED = new Set(['AUTHENTICATION_FAILED', 'REQUIRED_PASSWORD', 'WRONG_PASSWORD', 'UNKNOWN_USER', 'IP_ADDRESS_NOT_ALLOWED']);
/** We do not know the server, or it does not speak as the address says. */
const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_\w+|ERR_OSSL_\w+|EPROTO)$/;

/**
 * What a failure below means to the user: `usage` for a query that cannot run, `config` for a server that refuses the user
 * or whose certificate is not trusted, `disk` for a full disk, `store_failed` for everything else. Errors that already say it pass.
 */
export function storeError(cause: unknown, place: string): WeirError {
  if (cause instanceof WeirError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const type = typeof cause === 'object' && cause !== null && 'type' in cause ? String(cause.type) : '';
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  if (
    type === 'NOT_ENOUGH_SPACE' ||
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    /No space left on device|NOT_ENOUGH_SPACE|ENOSPC|Disk quota exceeded/.test(message)
  ) {
    return new WeirError(
      'disk',
      `the disk of ${place} is full (${firstLine(message)}); free some space and start again: nothing acknowledged is lost`,
      { cause },
    );
  }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new WeirError(
      'disk',
      `${place} cannot be written (${firstLine(message)}); check its owner and mode, or name another folder with --data`,
      { cause },
    );
  }
  if (REFUSED.has(type)) {
    return new WeirError(
      'config',
      `the store at ${place} refuses the login (${type}): wrong user name or password; see store.username and store.password_env`,
      { cause },
    );
  }
  if (type === '' && CONNECTION_ERRORS.has(code)) {
    return new WeirError('store_failed', `the store at ${place} cannot be reached: ${firstLine(message)}`, { cause });
  }
  if (UNTRUSTED.test(code)) {
    return new WeirError(
      'config',
      `no trusted connection to the store at ${place} (${code}: ${firstLine(message)}); see store.url and store.tls`,
      { cause },
    );
  }
  if (QUERY_FAULTS.has(type)) return new WeirError('usage', `${type}: ${firstLine(message)}`, { cause });
  return new WeirError('store_failed', `the store at ${place} failed: ${type === '' ? '' : `${type}: `}${firstLine(message)}`, { cause });
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0].trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}
