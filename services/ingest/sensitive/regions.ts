/**
 * Regions as resident ids and credit codes carry them: six digits of GB/T 2260, province, prefecture, county. Kept down
 * to the prefecture, those of the past included (ids keep the code of the day they were issued); counties by their ranges.
 */

/** By province: the highest city (01 …) and the highest prefecture of old or of today (21 …); 0: none. */
const PROVINCES: Readonly<Record<number, readonly [number, number]>> = {
  11: [2, 0],
  12: [2, 0],
  13: [11, 30],
  14: [11, 27],
  15: [9, 29],
  21: [14, 22],
  22: [8, 26],
  23: [12, 27],
  31: [2, 0],
  32: [13, 27],
  33: [11, 28],
  34: [18, 29],
  35: [9, 28],
  36: [11, 26],
  37: [17, 29],
  41: [17, 30],
  42: [13, 29],
  43: [13, 31],
  44: [29, 0],
  45: [14, 28],
  46: [4, 0],
  50: [3, 0],
  51: [20, 39],
  52: [6, 27],
  53: [9, 35],
  54: [6, 27],
  61: [10, 27],
  62: [12, 30],
  63: [2, 28],
  64: [5, 22],
  65: [5, 43],
  71: [0, 0],
  81: [0, 0],
  82: [0, 0],
  83: [0, 0],
};

/** Prefectures outside these ranges: Chaozhou, Jieyang, Yunfu, and what a province governs itself. */
const OTHERS = [4451, 4452, 4453, 1390, 1490, 2190, 2390, 3290, 3390, 3490, 3590, 3790, 4190, 4290, 4390, 4490, 4690, 5190, 6190, 6590];

const PREFECTURES = new Uint8Array(10_000);
for (const [province, [cities, others]] of Object.entries(PROVINCES)) {
  for (let i = 0; i <= cities; i++) PREFECTURES[Number(province) * 100 + i] = 1;
  for (let i = 21; i <= others; i++) PREFECTURES[Number(province) * 100 + i] = 1;
}
for (const code of OTHERS) PREFECTURES[code] = 1;

const COUNTIES = new Uint8Array(100);
for (const [from, to] of [
  [0, 43],
  [51, 64],
  [71, 74],
  [80, 89],
]) {
  COUNTIES.fill(1, from, to + 1);
}

/** Whether six ASCII digits at `at` are a region's. */
export function isRegion(text: Uint8Array, at: number): boolean {
  return isPrefecture(text, at) && COUNTIES[text[at + 4] * 10 + text[at + 5] - 528] === 1;
}

/** Whether four ASCII digits at `at` are a prefecture's. Other bytes give false. */
export function isPrefecture(text: Uint8Array, at: number): boolean {
  return PREFECTURES[text[at] * 1000 + text[at + 1] * 100 + text[at + 2] * 10 + text[at + 3] - 53_328] === 1;
}
