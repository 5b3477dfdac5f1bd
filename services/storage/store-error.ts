import { WeirError } from '../core/errors.ts';

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

/**
 * What a failure below means to the user: `usage` for a query that cannot run, `disk` for a full disk, `store_failed`
 * for everything else. Errors that already say it pass.
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
  if (QUERY_FAULTS.has(type)) return new WeirError('usage', `${type}: ${firstLine(message)}`, { cause });
  return new WeirError('store_failed', `the store at ${place} failed: ${type === '' ? '' : `${type}: `}${firstLine(message)}`, { cause });
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0].trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}
