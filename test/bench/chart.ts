/** A line chart as SVG, for the figures of a bench: one or more series over axes that begin at 0. */
export interface Series {
  name: string;
  points: readonly { x: number; y: number }[];
}

const WIDTH = 560;
const HEIGHT = 320;
const LEFT = 64;
const BOTTOM = 44;
const TOP = 36;
const RIGHT = 24;
const LABEL = 40;
const COLOURS = ['#2458a6', '#b3541e', '#3b7d4f'];

export function lineChart(title: string, xName: string, yName: string, series: readonly Series[]): string {
  const points = series.flatMap((one) => one.points);
  const high = Math.max(...points.map(({ x }) => x));
  const top = niceAbove(Math.max(...points.map(({ y }) => y)));
  const px = (x: number): number => LEFT + (x / (high || 1)) * (WIDTH - LEFT - RIGHT);
  const py = (y: number): number => HEIGHT - BOTTOM - (y / top) * (HEIGHT - BOTTOM - TOP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="14" font-weight="bold">${title}</text>`,
  ];
  for (let i = 0; i <= 4; i++) {
    const y = (top * i) / 4;
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(y)}" y2="${py(y)}" stroke="#ddd"/>`,
      `<text x="${LEFT - 6}" y="${py(y) + 4}" text-anchor="end">${short(y)}</text>`,
    );
  }
  let labelled = Number.NEGATIVE_INFINITY;
  for (const x of [...new Set(points.map((point) => point.x))].sort((a, b) => a - b)) {
    // labels that would run into each other are left out
    if (px(x) - labelled < LABEL) continue;
    labelled = px(x);
    parts.push(`<text x="${px(x)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${short(x)}</text>`);
  }
  parts.push(
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${xName}</text>`,
    `<text x="14" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})">${yName}</text>`,
  );
  series.forEach((one, i) => {
    const colour = COLOURS[i % COLOURS.length];
    parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${one.points.map(({ x, y }) => `${px(x)},${py(y)}`).join(' ')}"/>`,
    );
    for (const { x, y } of one.points) parts.push(`<circle cx="${px(x)}" cy="${py(y)}" r="3.5" fill="${colour}"/>`);
    if (series.length > 1) parts.push(`<text x="${LEFT + 8}" y="${TOP + 14 + 16 * i}" fill="${colour}">${one.name}</text>`);
  });
  return `${parts.join('\n')}\n</svg>\n`;
}

function niceAbove(value: number): number {
  const scale = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 1.5, 2, 3, 4, 5, 8, 10].map((step) => step * scale).find((step) => step >= value) ?? value;
}

function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(2))} M`;
  return value >= 1000 ? `${Number((value / 1000).toPrecision(2))} k` : String(Number(value.toPrecision(2)));
}
