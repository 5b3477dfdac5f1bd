/**
 * Precision and recall of learned templates on traffic made from self-written OpenAPI documents, no document being given
 * to the learner. `npm run bench:templates -- [--seeds 1,2] [--requests N] [--callers N] [--days N] [--sets 1,4,5,6] [--uniform] [--wrong]`.
 */
import { parseArgs } from 'node:util';
import { readDocuments } from './templates/api-document.ts';
import { figuresOf, inventoryOf, Observed } from './templates/measure.ts';
import { scansOf, trafficOf } from './templates/traffic.ts';

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: 'test/fixtures/openapi' },
    seeds: { type: 'string', default: '101,102' },
    requests: { type: 'string', default: '30000' },
    callers: { type: 'string', default: '300' },
    days: { type: 'string', default: '5' },
    sets: { type: 'string', default: '1,4,5,6' },
    uniform: { type: 'boolean', default: false },
    noscan: { type: 'boolean', default: false },
    document: { type: 'string' },
    wrong: { type: 'boolean', default: false },
  },
});
const documents = readDocuments(values.documents);

for (const set of values.sets.split(',').map(Number)) {
  let truth = 0;
  let learned = 0;
  let right = 0;
  for (const document of documents) {
    if (document.set !== set || (values.document !== undefined && values.document !== document.name)) continue;
    for (const seed of values.seeds.split(',').map(Number)) {
      const observed = new Observed();
      const plan = {
        seed,
        requests: Number(values.requests),
        callers: Number(values.callers),
        days: Number(values.days),
        uniform: values.uniform,
      };
      for (const request of trafficOf(document, plan)) observed.take(request, document.host);
      const figures = figuresOf(document, observed);
      truth += figures.truth;
      learned += figures.learned;
      right += figures.right;
      if (values.wrong && figures.wrong.length > 0) {
        console.log(`${document.name} (seed ${seed}): ${figures.right} of ${figures.truth}, ${figures.learned} learned`);
        for (const line of figures.wrong.slice(0, 12)) console.log(`    ${line}`);
      }
    }
  }
  if (truth === 0) continue;
  const percent = (a: number, b: number) => `${((100 * a) / b).toFixed(2)} %`;
  console.log(
    `set ${set}: ${truth} interfaces, ${learned} learned, ${right} right; precision ${percent(right, learned)}, recall ${percent(right, truth)}`,
  );
}

// 100,000 random paths that are not there and 10,000 more that a catch-all answers, all from one scanner.
let added = 0;
let missed = 0;
const before = process.memoryUsage().heapUsed;
for (const document of values.noscan
  ? []
  : documents.filter(({ name }, i) => (values.document === undefined ? i < 6 : name === values.document))) {
  const quiet = new Observed();
  const scanned = new Observed();
  for (const request of trafficOf(document, { seed: 1, requests: 20_000, callers: 300, days: 5 })) {
    quiet.take(request, document.host);
    scanned.take(request, document.host);
  }
  for (const request of scansOf(document, 1)) scanned.take(request, document.host);
  // what a placeholder is called does not matter
  const places = (observed: Observed) => new Set(inventoryOf(observed).map((id) => id.replace(/\{\w+\}/g, '{}')));
  const known = places(quiet);
  const now = places(scanned);
  for (const id of now) if (!known.has(id)) added++;
  for (const id of known) if (!now.has(id)) missed++;
  if (values.wrong) for (const id of now) if (!known.has(id)) console.log(`    added: ${id}`);
  if (values.wrong) for (const id of known) if (!now.has(id)) console.log(`    missed: ${id}`);
}
console.log(
  `scans of 6 hosts, 110,000 paths each: ${added} interfaces added, ${missed} lost; ${Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20)} MiB more`,
);
