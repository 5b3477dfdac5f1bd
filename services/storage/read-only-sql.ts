import { WeirError } from '../core/errors.ts';

/** Statements that only read. */
const READING = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', '(']);
/** Words that make a reading statement write: into a file, or into a table function, which the engine's read-only mode lets pass. */
const WRITING = /\b(INSERT\s+INTO|INTO\s+OUTFILE)\b/i;
const FORMAT_CLAUSE = /\bFORMAT\s+([A-Za-z][A-Za-z0-9_]*)\s*(SETTINGS\b[\s\S]*)?$/i;

export interface ReadOnlySql {
  sql: string;
  /** format that the query itself asks for */
  format?: string;
}

/**
 * Checks that a user's query is one statement that only reads, and takes its FORMAT clause out.
 * @throws WeirError `usage` otherwise
 */
export function readOnlySql(query: string): ReadOnlySql {
  const blank = blankOut(query);
  const end = blank.replace(/[;\s]+$/, '').length;
  const text = blank.slice(0, end);
  if (text.trim() === '')
    throw new WeirError('usage', 'the query is empty; try weir sql "SELECT tenant, count() FROM alerts GROUP BY tenant"');
  if (text.includes(';')) throw new WeirError('usage', 'one statement at a time: there is a ; in the middle of the query');
  const first = (/^\s*(\(|[A-Za-z]+)/.exec(text)?.[1] ?? '').toUpperCase();
  if (!READING.has(first))
    throw new WeirError(
      'usage',
      `weir sql only reads: a query begins with SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS, not with ${first === '' ? text.trim().slice(0, 20) : first}`,
    );
  const writes = WRITING.exec(text);
  if (writes !== null)
    throw new WeirError(
      'usage',
      `weir sql only reads: ${writes[0].replace(/\s+/g, ' ').toUpperCase()} is not possible (redirect the output instead)`,
    );
  const clause = FORMAT_CLAUSE.exec(text);
  if (clause === null) return { sql: query.slice(0, end) };
  const settings = clause[2] === undefined ? '' : query.slice(end - clause[2].length, end);
  return { sql: `${query.slice(0, clause.index)}${settings}`, format: clause[1] };
}

/** The query with comments, strings and quoted names made blank, every other character where it was. */
function blankOut(query: string): string {
  return query.replace(
    /'(?:[^'\\]|\\[\s\S]|'')*'?|"(?:[^"\\]|\\[\s\S]|"")*"?|`(?:[^`\\]|\\[\s\S]|``)*`?|--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
    (part) => (part.startsWith('-') || part.startsWith('/') || part.startsWith('#') ? ' '.repeat(part.length) : '_'.repeat(part.length)),
  );
}
