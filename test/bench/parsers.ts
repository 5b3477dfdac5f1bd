import { parseArgs } from 'node:util';
import { caseFiles } from './parsers/case-files.ts';
import { judge, type Verdict } from './parsers/judge.ts';
import { speedTable } from './parsers/speed.ts';

/**
 * How well logs are read, by what others' parsers expect of them, and how fast: `npm run bench:parsers -- DIR`. DIR has tests
 * of CrowdSec's hub (a folder with parser.assert, config.yaml and the log), logs of Filebeat's modules (`x.log` beside
 * `x.log-expected.json`) and records as NDJSON, in folders of any depth. Counted are expectations of the request, status,
 * size, time, address, agent and user; a connection without a request passes when it is a flow or a dead letter.
 * Ends with 1 where one fails. `--no-speed` leaves the second part out.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { speed: { type: 'boolean', default: true }, 'no-speed': { type: 'boolean', default: false } },
});
const print = (line = ''): void => void process.stdout.write(`${line}\n`);

const [folder] = positionals;
if (folder === undefined) {
  process.stderr.write('which folder has the logs? npm run bench:parsers -- DIR\n');
  process.exit(2);
}
const { files, problems } = caseFiles(folder);
const failures: string[] = [];
const rows = new Map<string, { cases: number; assertions: number; passed: number }>();
for (const file of files) {
  const verdicts = judge(file);
  count(verdicts);
  for (const { passed, line, assertion, got } of verdicts)
    if (!passed)
      failures.push(`${file.name}:${line + 1}: ${assertion.name} (${assertion.aspect}) is '${assertion.expected}', read was '${got}'`);
}

print('| format | cases | assertions | passed |');
print('|---|---|---|---|');
const total = { cases: 0, assertions: 0, passed: 0 };
for (const [format, row] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
  print(`| ${format} | ${row.cases} | ${row.assertions} | ${row.passed} |`);
  total.cases += row.cases;
  total.assertions += row.assertions;
  total.passed += row.passed;
}
print(`| all | ${total.cases} | ${total.assertions} | ${total.passed} |`);
print();
for (const line of [...problems, ...failures]) print(line);
if (failures.length === 0) print('every assertion holds');
if (!flags['no-speed']) for (const line of await speedTable()) print(line);
process.exitCode = failures.length + problems.length > 0 || total.assertions === 0 ? 1 : 0;

function count(verdicts: readonly Verdict[]): void {
  const lines = new Set<number>();
  for (const { format, line, passed } of verdicts) {
    const row = rows.get(format) ?? { cases: 0, assertions: 0, passed: 0 };
    rows.set(format, row);
    row.assertions++;
    if (passed) row.passed++;
    if (!lines.has(line)) row.cases++;
    lines.add(line);
  }
}
