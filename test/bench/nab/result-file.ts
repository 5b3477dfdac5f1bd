import type { NabSeries } from './corpus.ts';

/** A result file as the benchmark reads it: timestamp, value, anomaly_score and label (1 within a window) of each row. */
export function resultFile(series: NabSeries, scores: ArrayLike<number>): string {
  const labels = new Uint8Array(series.times.length);
  for (const { from, to } of series.windows) labels.fill(1, from, to + 1);
  const lines = series.timestamps.map((timestamp, i) => `${timestamp},${series.texts[i]},${scores[i]},${labels[i]}\n`);
  return `timestamp,value,anomaly_score,label\n${lines.join('')}`;
}
