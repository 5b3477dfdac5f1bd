import { plainText } from './plain-text.ts';

/**
 * Plots as SVG for a page that has the style sheet of evaluation-page.ts: colours are its variables, so that they suit light
 * and dark. Texts are made safe here.
 */

const WIDTH = 640;
const FONT = 12;

/** A value with an interval, in a row of its own. */
export interface DotRow {
  name: string;
  value: number | undefined;
  low: number;
  high: number;
  /** at the right end */
  text: string;
  /** a mark to be compared with */
  goal?: number;
}

export interface Axis {
  name: string;
  from: number;
  to: number;
  ticks: readonly number[];
  text(value: number): string;
  log?: boolean;
}

/** Values with intervals, one row each: a forest plot. */
export function dotPlot(title: string, rows: readonly DotRow[], axis: Axis): string {
  const left = 190;
  const right = WIDTH - 120;
  const rowHeight = 22;
  const top = 12;
  const bottom = top + rows.length * rowHeight + 6;
  const x = scale(axis, left, right);
  const parts = axis.ticks.map((tick) => verticalTick(x(tick), top, bottom, axis.text(tick)));
  rows.forEach((row, i) => {
    const y = top + (i + 0.5) * rowHeight;
    parts.push(text(left - 10, y + 4, row.name, 'end'));
    if (row.value !== undefined) {
      parts.push(`<line class="interval" x1="${px(x(row.low))}" x2="${px(x(row.high))}" y1="${px(y)}" y2="${px(y)}"/>`);
      parts.push(`<circle class="dot" cx="${px(x(row.value))}" cy="${px(y)}" r="4"/>`);
    }
    if (row.goal !== undefined)
      parts.push(`<line class="goal" x1="${px(x(row.goal))}" x2="${px(x(row.goal))}" y1="${px(y - 8)}" y2="${px(y + 8)}"/>`);
    parts.push(text(right + 12, y + 4, row.text, 'start'));
  });
  parts.push(text((left + right) / 2, bottom + 34, axis.name, 'middle', 'quiet'));
  return svg(title, bottom + 44, parts);
}

/** A line, steps, points, or points that a line joins (`path`), over two axes. */
export interface Curve {
  name: string;
  points: readonly { x: number; y: number; low?: number; high?: number }[];
  shape: 'line' | 'steps' | 'points' | 'path';
}

/** Curves over two axes, at most four. */
export function curvePlot(title: string, curves: readonly Curve[], xAxis: Axis, yAxis: Axis, height = 300): string {
  const left = 62;
  const right = WIDTH - 20;
  const top = 14 + (curves.length > 1 ? 22 : 0);
  const bottom = height - 46;
  const x = scale(xAxis, left, right);
  const y = scale(yAxis, bottom, top);
  const parts = xAxis.ticks.map((tick) => verticalTick(x(tick), top, bottom, xAxis.text(tick)));
  for (const tick of yAxis.ticks) {
    parts.push(`<line class="grid" x1="${left}" x2="${right}" y1="${px(y(tick))}" y2="${px(y(tick))}"/>`);
    parts.push(text(left - 8, y(tick) + 4, yAxis.text(tick), 'end', 'quiet'));
  }
  curves.forEach((curve, i) => {
    const points = curve.points.map((point) => `${px(x(point.x))},${px(y(point.y))}`);
    if (curve.shape === 'line' || curve.shape === 'path') parts.push(`<polyline class="line c${i}" points="${points.join(' ')}"/>`);
    if (curve.shape === 'steps') {
      const steps = points.flatMap((point, n) => (n === 0 ? [point] : [`${point.split(',')[0]},${points[n - 1].split(',')[1]}`, point]));
      parts.push(`<polyline class="line c${i}" points="${steps.join(' ')}"/>`);
    }
    if (curve.shape !== 'line')
      for (const point of curve.points) {
        if (point.low !== undefined && point.high !== undefined)
          parts.push(
            `<line class="interval c${i}" x1="${px(x(point.x))}" x2="${px(x(point.x))}" y1="${px(y(point.low))}" y2="${px(y(point.high))}"/>`,
          );
        parts.push(`<circle class="dot c${i}" cx="${px(x(point.x))}" cy="${px(y(point.y))}" r="${curve.shape === 'steps' ? 2.5 : 4}"/>`);
      }
  });
  if (curves.length > 1) {
    let at = left;
    curves.forEach((curve, i) => {
      parts.push(`<circle class="dot c${i}" cx="${at + 5}" cy="12" r="4"/>`, text(at + 14, 16, curve.name, 'start'));
      at += 34 + curve.name.length * 6.6;
    });
  }
  parts.push(text((left + right) / 2, height - 6, xAxis.name, 'middle', 'quiet'));
  parts.push(
    `<text class="quiet" text-anchor="middle" transform="rotate(-90 14 ${(top + bottom) / 2})" x="14" y="${(top + bottom) / 2}">${escaped(yAxis.name)}</text>`,
  );
  return svg(title, height, parts);
}

/** Bars with intervals, one for each value. */
export function barPlot(
  title: string,
  bars: readonly { name: string; value: number; low: number; high: number }[],
  yAxis: Axis,
  xName: string,
  goal?: number,
): string {
  const height = 240;
  const left = 62;
  const right = WIDTH - 20;
  const top = 14;
  const bottom = height - 46;
  const y = scale(yAxis, bottom, top);
  const step = (right - left) / Math.max(1, bars.length);
  const parts: string[] = [];
  for (const tick of yAxis.ticks) {
    parts.push(`<line class="grid" x1="${left}" x2="${right}" y1="${px(y(tick))}" y2="${px(y(tick))}"/>`);
    parts.push(text(left - 8, y(tick) + 4, yAxis.text(tick), 'end', 'quiet'));
  }
  bars.forEach((bar, i) => {
    const middle = left + (i + 0.5) * step;
    const wide = Math.min(36, step * 0.6);
    const cap = y(bar.value);
    parts.push(
      `<rect class="bar" x="${px(middle - wide / 2)}" y="${px(cap)}" width="${px(wide)}" height="${px(Math.max(0, bottom - cap))}"/>`,
    );
    parts.push(`<line class="whisker" x1="${px(middle)}" x2="${px(middle)}" y1="${px(y(bar.low))}" y2="${px(y(bar.high))}"/>`);
    parts.push(text(middle, bottom + 16, bar.name, 'middle', 'quiet'));
  });
  if (goal !== undefined) parts.push(`<line class="goal across" x1="${left}" x2="${right}" y1="${px(y(goal))}" y2="${px(y(goal))}"/>`);
  parts.push(text((left + right) / 2, height - 6, xName, 'middle', 'quiet'));
  return svg(title, height, parts);
}

/** Ticks of an axis from nought that holds a value: about five, of 1, 2 or 5. */
export function ticksTo(value: number): number[] {
  const most = value > 0 && Number.isFinite(value) ? value : 1;
  const raw = most / 5;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((times) => times * unit >= raw) ?? 10) * unit;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

/** Values outside of an axis are drawn at its ends. */
function scale({ from, to, log }: Axis, first: number, last: number): (value: number) => number {
  const place = (value: number): number => (log ? Math.log(value) : value);
  const span = place(to) - place(from) || 1;
  return (value) => first + ((place(Math.min(to, Math.max(from, value))) - place(from)) / span) * (last - first);
}

function verticalTick(x: number, top: number, bottom: number, label: string): string {
  return `<line class="grid" x1="${px(x)}" x2="${px(x)}" y1="${top}" y2="${bottom}"/>${text(x, bottom + 16, label, 'middle', 'quiet')}`;
}

function text(x: number, y: number, value: string, anchor: 'start' | 'middle' | 'end', kind = ''): string {
  return `<text${kind === '' ? '' : ` class="${kind}"`} x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escaped(plainText(value))}</text>`;
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" font-size="${FONT}" role="img" aria-label="${escaped(title)}">\n${parts.join('\n')}\n</svg>`;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Text for HTML and SVG, in content and in attributes. */
export function escaped(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
