import { plainText } from './plain-text.ts';
import type { Style } from './style.ts';
import { createStyle } from './style.ts';
import { cutText, textWidth } from './text-width.ts';

export interface TableColumn {
  title: string;
  /** numbers go right */
  align?: 'left' | 'right';
  /** the narrowest that this column may become when the table is too wide; columns without it keep their width */
  shrinkTo?: number;
}

/** A cell: text of any origin, made safe here; `paint` colours it afterwards. */
export type TableCell = string | number | { text: string; paint: (text: string) => string };

export interface TableOptions {
  style?: Style;
  /** columns of the terminal; no limit when undefined (output that goes into a file is never cut) */
  width?: number;
  indent?: string;
}

const GAP = '  ';

/** A table as lines: a header, then one line a row. Rows without cells give nothing but the header. */
export function renderTable(columns: readonly TableColumn[], rows: readonly (readonly TableCell[])[], options: TableOptions = {}): string {
  const style = options.style ?? createStyle(false);
  const indent = options.indent ?? '';
  const titles = columns.map((column) => plainText(column.title));
  const texts = rows.map((row) =>
    row.map((cell) => plainText(typeof cell === 'object' ? cell.text : typeof cell === 'number' ? formatNumber(cell) : cell)),
  );
  const widths = titles.map((title, i) => texts.reduce((width, row) => Math.max(width, textWidth(row[i] ?? '')), textWidth(title)));
  if (options.width !== undefined) shrink(columns, widths, options.width - textWidth(indent));
  const line = (cells: string[], paint: (text: string, i: number) => string) =>
    cells
      .map((text, i) => {
        const cut = cutText(text, widths[i]);
        const padding = ' '.repeat(widths[i] - textWidth(cut));
        const painted = paint(cut, i);
        if (columns[i].align === 'right') return padding + painted;
        return i === columns.length - 1 ? painted : painted + padding;
      })
      .join(GAP)
      .trimEnd();
  const header = line(titles, (text) => style.dim(text));
  const body = texts.map((row, r) =>
    line(row, (text, i) => {
      const cell = rows[r][i];
      return typeof cell === 'object' ? cell.paint(text) : text;
    }),
  );
  return [header, ...body].map((text) => `${indent}${text}\n`).join('');
}

/** Takes what is too much from the widest columns that may shrink, until it fits or nothing more can go. */
function shrink(columns: readonly TableColumn[], widths: number[], available: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - available;
  while (excess > 0) {
    let widest = -1;
    for (let i = 0; i < widths.length; i++) {
      const least = columns[i].shrinkTo;
      if (least !== undefined && widths[i] > Math.max(least, 2) && (widest < 0 || widths[i] > widths[widest])) widest = i;
    }
    if (widest < 0) return;
    widths[widest]--;
    excess--;
  }
}

/** For people: integers with separators, others with at most three significant decimals. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
