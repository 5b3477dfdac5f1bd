import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CATALOGUE, type MetricName } from '../../services/telemetry/catalogue.ts';
import { LOG_EVENTS } from '../../services/telemetry/log-events.ts';

/** docs/metrics.md and docs/runbook.md against what the program says. */
const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const METRICS = read('metrics.md');
const RUNBOOK = read('runbook.md');

function rowsOf(heading: string): string[][] {
  const section = METRICS.split(`\n## ${heading}\n`)[1].split('\n## ')[0];
  return [...section.matchAll(/^\| `(.+)$/gm)].map(([, row]) =>
    row
      .replace(/ \|$/, '')
      .split(' | ')
      .map((cell) => cell.replaceAll('`', '')),
  );
}

interface Rule {
  alert: string;
  expr: string;
  annotations: { summary: string; runbook: string };
}

const BLOCKS = [...METRICS.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => parse(text) as Record<string, unknown>);
const RULES = BLOCKS.flatMap((block) => ((block.groups as { rules: Rule[] }[] | undefined) ?? []).flatMap(({ rules }) => rules));

/** Metrics of the process, and Prometheus's own, that rules may ask for. */
const OTHERS = ['up', 'process_start_time_seconds', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'];

function metricsIn(text: string): string[] {
  return [...text.matchAll(/\b(weir_[a-z_]+[a-z])\b/g)].map(([, name]) => name.replace(/_(bucket|sum|count)$/, ''));
}

test('docs/metrics.md has every metric as the catalogue has it, and no other', () => {
  const expected = Object.entries(CATALOGUE).map(([name, { type, labels, help }]) => [name, type, labels.join(', ') || 'none', help]);
  expect(rowsOf('Metrics')).toEqual(expected);
});

test('docs/metrics.md has every event of the log, and no other', () => {
  expect(rowsOf('Log')).toEqual(
    Object.entries(LOG_EVENTS).map(([name, { level, fields, text }]) => [name, level, fields.join(', '), text]),
  );
});

test.each([
  ['metrics.md', METRICS],
  ['runbook.md', RUNBOOK],
])('docs/%s names no metric that does not exist', (_, text) => {
  expect(metricsIn(text).filter((name) => !(name in CATALOGUE))).toEqual([]);
  const events = [...text.matchAll(/`event: ([a-z_]+)`/g)].map(([, name]) => name);
  expect(events.filter((name) => !(name in LOG_EVENTS))).toEqual([]);
});

test('alerting rules ask for metrics and labels that exist', () => {
  expect(RULES.length).toBeGreaterThan(15);
  for (const { alert, expr } of RULES) {
    const names = [...expr.matchAll(/\b([a-z]+_[a-z0-9_]+|up)(?:\{([^}]*)\})?(?=[[\s){<>=]|$)/g)].filter(([, name]) =>
      /^(weir_|process_|nodejs_|up$)/.test(name),
    );
    expect(names.length, `${alert} asks for nothing: ${expr}`).toBeGreaterThan(0);
    for (const [, written, matchers] of names) {
      const name = written.replace(/_(bucket|sum|count)$/, '');
      if (OTHERS.includes(name)) continue;
      expect(name in CATALOGUE, `${alert}: ${name}`).toBe(true);
      const labels: readonly string[] = CATALOGUE[name as MetricName].labels;
      for (const [, label] of (matchers ?? '').matchAll(/(\w+)(?:=~|!~|!=|=)"/g))
        expect(labels, `${alert}: ${name}{${label}}`).toContain(label);
      const by = [...expr.matchAll(/(?:sum|max|min) by \(([^)]*)\) \((?:\w+\()*([a-z_]+)/g)].filter(([, , of]) => of === written);
      for (const [, list] of by)
        for (const label of list.split(/,\s*/)) expect([...labels, 'le', 'instance'], `${alert}: by ${label}`).toContain(label);
    }
  }
});

test('every alerting rule leads to its entry in the runbook, and every entry has its rule', () => {
  const entries = [...(RUNBOOK.split('\n## Alarms\n')[1].split('\n## ')[0] ?? '').matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  expect(RULES.map(({ alert }) => alert).sort()).toEqual([...entries].sort());
  for (const { alert, annotations } of RULES) {
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    expect(annotations.summary).not.toBe('');
  }
  for (const section of RUNBOOK.split('\n## Alarms\n')[1].split('\n## ')[0].split('\n### ').slice(1)) {
    expect(section, section.slice(0, 40)).toMatch(/\nLook at: /);
    expect(section, section.slice(0, 40)).toMatch(/\nDo: /);
  }
});

test('links within the runbook lead to headings', () => {
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-');
  const anchors = [...RUNBOOK.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading));
  const links = [...RUNBOOK.matchAll(/\]\(#([^)]+)\)/g)].map(([, link]) => link);
  expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
});
