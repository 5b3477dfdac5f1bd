import type { Confusion } from '../../models/evaluation/confusion.ts';
import type { Calibration, Judgement } from '../../models/evaluation/judgement.ts';
import type { HitsAtRate } from '../../models/evaluation/ranking.ts';
import type { Proportion } from '../../models/evaluation/wilson.ts';
import type { Terminal } from '../console/output.ts';
import { formatNumber, renderTable, type TableColumn } from '../console/table.ts';

/** Most classes of which the confusion matrix is printed. */
const WIDEST_CONFUSION = 12;

const right = (title: string): TableColumn => ({ title, align: 'right' });

/** A figure to four decimals; a dash where there is none. */
export function figure(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : '-';
}

/** A share in per cent with its interval. */
export function shareText({ share, low, high, of }: Proportion): string {
  if (of === 0) return '-';
  return `${percent(share)} (${percent(low, false)} to ${percent(high)})`;
}

function percent(share: number, unit = true): string {
  const value = 100 * share;
  const text = (value >= 10 && value < 99.95 ? value.toFixed(1) : value.toFixed(2)).replace(/^(0|100)\.00$/, '$1');
  return unit ? `${text} %` : text;
}

/** One line a class: how well it is told from all others. */
export function classTable(judgement: Judgement, { style, width }: Terminal): string {
  const rates = judgement.classes[0]?.atRate ?? [];
  return renderTable(
    [
      { title: 'class', shrinkTo: 8 },
      right('rows'),
      right('ROC AUC'),
      right('average precision'),
      ...rates.map(({ rate }) => right(`TPR at ${formatNumber(100 * rate)} % FPR`)),
      right('precision'),
      right('recall'),
    ],
    judgement.classes.map((one) => [
      one.label,
      one.rows,
      figure(one.rocAuc),
      figure(one.averagePrecision),
      ...one.atRate.map(({ found }) => shareText(found)),
      figure(one.precision),
      figure(one.recall),
    ]),
    { style, width, indent: '  ' },
  );
}

/** Where no false positive is allowed at all, the rate says more about the table than about the model. */
export function rateRemarks(judgement: Judgement): string[] {
  const tight = (at: HitsAtRate): boolean => at.negatives > 0 && at.rate * at.negatives < 1;
  return (judgement.classes[0]?.atRate ?? []).flatMap((_, i) => {
    const these = judgement.classes.filter((one) => one.rows > 0 && tight(one.atRate[i]));
    if (these.length === 0) return [];
    const { rate } = these[0].atRate[i];
    const least = Math.min(...these.map((one) => one.atRate[i].negatives));
    return [
      `at ${formatNumber(100 * rate)} % FPR not one false positive is allowed: that takes ${formatNumber(1 / rate)} rows of other classes, there are ${formatNumber(least)}${these.length > 1 ? ' and more' : ''}`,
    ];
  });
}

/** Bins that hold rows: what was said, and what came. */
export function calibrationTable(calibration: Calibration, { style, width }: Terminal): string {
  return renderTable(
    [{ title: 'probability' }, right('rows'), right('mean'), right('came true')],
    calibration.bins
      .filter((bin) => bin.rows > 0)
      .map((bin) => [`${bin.low.toFixed(1)} to ${bin.high.toFixed(1)}`, bin.rows, percent(bin.expected), shareText(bin.observed)]),
    { style, width, indent: '  ' },
  );
}

/** Rows by true class (down) and predicted class (across); for many classes only the commonest mistakes. */
export function confusionTable(confusion: Confusion, classes: readonly string[], { style, width }: Terminal): string {
  if (classes.length > WIDEST_CONFUSION) {
    const mistakes = confusion.counts
      .flatMap((row, is) => row.map((rows, said) => ({ is, said, rows })))
      .filter(({ is, said, rows }) => is !== said && rows > 0);
    mistakes.sort((a, b) => b.rows - a.rows);
    return renderTable(
      [{ title: 'class' }, { title: 'predicted' }, right('rows')],
      mistakes.slice(0, WIDEST_CONFUSION).map(({ is, said, rows }) => [classes[is], classes[said], rows]),
      { style, width, indent: '  ' },
    );
  }
  return renderTable(
    [{ title: 'class \\ predicted', shrinkTo: 10 }, ...classes.map((label) => right(label))],
    confusion.counts.map((row, c) => [
      classes[c],
      ...row.map((rows, said) => (said === c ? { text: formatNumber(rows), paint: style.bold } : rows)),
    ]),
    { style, width, indent: '  ' },
  );
}
