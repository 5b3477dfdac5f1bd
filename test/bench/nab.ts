/**
 * The Numenta Anomaly Benchmark: `npm run bench:nab -- NAB_DIR OUT_DIR [--tuning-only]`. Runs the detector of
 * `weir detect --series`, as it is, over every series, writes results as the benchmark's own optimiser and scorer read them,
 * and prints the scores by our own reading of its rules.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { SeriesDetector } from '../../models/series/detector.ts';
import { isTuned, type NabSeries, readCorpus, TUNED_ON } from './nab/corpus.ts';
import { resultFile } from './nab/result-file.ts';
import { bestScore, PROFILES, type ScoredSeries, scoreAt } from './nab/score.ts';

const DETECTOR = 'weir';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'tuning-only': { type: 'boolean', default: false } },
});
const [from, to] = positionals;
if (from === undefined || to === undefined) {
  process.stderr.write('usage: npm run bench:nab -- NAB_DIR OUT_DIR [--tuning-only]\n');
  process.exit(2);
}

interface Judged extends ScoredSeries {
  readonly path: string;
}

// as under the benchmark's own results folder, or right in its folder of this detector
const results = basename(to) === DETECTOR ? to : join(to, DETECTOR);
const begun = performance.now();
const corpus = readCorpus(from, flags['tuning-only'] ? isTuned : undefined);
const judged = corpus.map((series): Judged => ({ path: series.path, windows: series.windows, scores: alarmScores(series) }));
const seconds = (performance.now() - begun) / 1000;
corpus.forEach((series, i) => {
  const file = join(results, dirname(series.path), `${DETECTOR}_${basename(series.path)}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, resultFile(series, judged[i].scores));
});

const rows = corpus.reduce((sum, series) => sum + series.values.length, 0);
console.log(`${corpus.length} series, ${rows} rows in ${seconds.toFixed(1)} s; results in ${results}`);
console.log(
  'One threshold a profile for the whole corpus, the one that is best for its total, as the optimiser of the benchmark takes it.',
);
for (const profile of PROFILES) {
  const whole = bestScore(judged, profile);
  console.log(`\n${profile.name}: threshold ${whole.threshold.toFixed(6)}`);
  const parts: [string, (path: string) => boolean][] = [
    ['all', () => true],
    [`tuned on (${TUNED_ON.join(', ')})`, isTuned],
    ['not tuned on', (path) => !isTuned(path)],
    ...[...new Set(corpus.map(({ path }) => dirname(path)))].map((folder): [string, (path: string) => boolean] => [
      `  ${folder}`,
      (path) => dirname(path) === folder,
    ]),
  ];
  for (const [name, takes] of parts) {
    const part = judged.filter(({ path }) => takes(path));
    const { score, windows, found, false: wrong } = scoreAt(part, profile, whole.threshold);
    if (part.length === 0) continue;
    const shown = Number.isNaN(score) ? '    -' : score.toFixed(1).padStart(5);
    console.log(`${shown}  ${name}: ${found} of ${windows} windows, ${wrong} detections outside, ${part.length} series`);
  }
}

/** The series through the detector, row by row; a row within the quiet that follows an alarm is none. */
function alarmScores(series: NabSeries): Float64Array {
  const detector = new SeriesDetector(1);
  return series.values.map((value, i) => detector.next(series.times[i], [value]).alarmScore);
}
