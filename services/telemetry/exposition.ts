import { CATALOGUE, type Merge, type MetricSpec } from './catalogue.ts';
import type { HistogramSample, MetricSample, Sample } from './samples.ts';

/** Content type of the text below. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Samples in Prometheus' text format: families by name, series by labels, one line each. Samples of the same series,
 * from several tasks or threads, become one as the catalogue says (a series that is there twice makes Prometheus refuse
 * the whole scrape). Gauges that are not finite numbers are left out: nothing is known of them.
 * @throws Error when samples of one name disagree about type or bounds: a bug of whoever made them
 */
export function exposition(samples: readonly Sample[]): string {
  const families = new Map<string, { help: string; type: Sample['type']; series: Map<string, Sample> }>();
  for (const sample of samples) {
    if (sample.type === 'gauge' && !Number.isFinite(sample.value)) continue;
    let family = families.get(sample.name);
    if (family === undefined) families.set(sample.name, (family = { help: sample.help, type: sample.type, series: new Map() }));
    if (family.type !== sample.type) throw new Error(`${sample.name} is given as ${family.type} and as ${sample.type}`);
    const labels = labelText(sample.labels);
    const other = family.series.get(labels);
    family.series.set(labels, other === undefined ? sample : merged(other, sample));
  }
  return [...families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { help, type, series }]) => {
      const lines = [...series].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([labels, sample]) => linesOf(labels, sample));
      return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function linesOf(labels: string, sample: Sample): string[] {
  const { name } = sample;
  if (sample.type !== 'histogram') return [`${name}${braced(labels)} ${numberText(sample.value)}\n`];
  let total = 0;
  const buckets = sample.counts.map((count, i) => {
    total += count;
    const bound = i < sample.bounds.length ? numberText(sample.bounds[i]) : '+Inf';
    return `${name}_bucket${braced(labels === '' ? `le="${bound}"` : `${labels},le="${bound}"`)} ${total}\n`;
  });
  return [...buckets, `${name}_sum${braced(labels)} ${numberText(sample.sum)}\n`, `${name}_count${braced(labels)} ${total}\n`];
}

function merged(a: Sample, b: Sample): Sample {
  if (a.type === 'histogram' || b.type === 'histogram') return mergedHistogram(a as HistogramSample, b as HistogramSample);
  return { ...a, value: MERGES[mergeOf(a)](a.value, b.value) };
}

const MERGES: Record<Merge, (a: number, b: number) => number> = { sum: (a, b) => a + b, min: Math.min, max: Math.max };

function mergeOf({ name, type }: MetricSample): Merge {
  if (type === 'counter') return 'sum';
  const spec = (CATALOGUE as Record<string, MetricSpec>)[name];
  return spec?.merge ?? 'sum';
}

function mergedHistogram(a: HistogramSample, b: HistogramSample): HistogramSample {
  if (a.bounds.length !== b.bounds.length || a.bounds.some((bound, i) => bound !== b.bounds[i]))
    throw new Error(`${a.name} is given with different bounds: ${a.bounds.join(' ')} and ${b.bounds.join(' ')}`);
  return { ...a, counts: a.counts.map((count, i) => count + b.counts[i]), sum: a.sum + b.sum };
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}="${labels[name].replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`)
    .join(',');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
