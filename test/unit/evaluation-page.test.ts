import { describe, expect, it } from 'vitest';
import { evaluationReport } from '../../models/evaluation/evaluation-report.ts';
import type { JudgedTenant } from '../../models/evaluation/judged-tenant.ts';
import { rebuiltIncidents } from '../../models/evaluation/rebuilt-incidents.ts';
import type { ViewFigures } from '../../models/registry/training-figures.ts';
import { evaluationPage } from '../../services/console/evaluation-page.ts';
import { duration, evaluationText, halfText } from '../../services/console/evaluation-text.ts';
import { type Axis, curvePlot, dotPlot, escaped, ticksTo } from '../../services/console/plots.ts';
import { createStyle } from '../../services/console/style.ts';

const HOSTILE = '<img src=x onerror=alert(1)>\u001b[31m"&\'';
const T0 = Date.UTC(2026, 2, 2);
const iso = (hours: number): string => new Date(T0 + hours * 3_600_000).toISOString();

const incidents = rebuiltIncidents([
  {
    alert_id: 'a'.repeat(32),
    incident_id: 'b'.repeat(32),
    tenant: 'shop',
    entity: { kind: 'account', id: HOSTILE },
    related: [{ kind: 'source', id: HOSTILE }],
    window: { start: iso(1), end: iso(2), size: '1h' },
    detected_at: iso(2),
    score: 0.5,
    severity: 'high',
    title: HOSTILE,
    detector: 'bulk_export',
  },
]);
const tenant: JudgedTenant = {
  tenant: 'shop',
  kind: HOSTILE,
  seed: undefined,
  start: T0,
  end: T0 + 86_400_000,
  events: 0,
  incidents,
  alerts: [],
  volume: { alerts: 1, incidents: 1, revisions: 1 },
  campaigns: [
    {
      id: 'c',
      tenant: 'shop',
      scenario: { number: 2, name: HOSTILE },
      start: iso(5),
      end: iso(6),
      interfaces: [],
      targets: [],
      accounts: ['x'],
      sources: [],
    },
  ],
  benign: [
    { id: 'n', tenant: 'shop', name: HOSTILE, start: iso(0), end: iso(9), interfaces: [], accounts: [HOSTILE], sources: [] },
    { id: 'm', tenant: 'shop', name: HOSTILE, start: iso(0), end: iso(9), interfaces: [], accounts: [], sources: [] },
  ],
};
const report = evaluationReport([{ budget: 1, tenants: [tenant] }], { about: [['by', HOSTILE]], remarks: [HOSTILE] });

describe('what logs say', () => {
  it('is text on the page, never markup', () => {
    const page = evaluationPage(report);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('\u001b');
    expect(page).not.toMatch(/<script|\shref=|@import|url\(/);
    expect(page.match(/&#60;img src=x onerror=alert\(1\)&#62;/g)?.length).toBeGreaterThan(8);
  });

  it('moves no cursor on the terminal', () => {
    expect(evaluationText(report, { style: createStyle(false), width: undefined })).not.toContain('\u001b');
  });
});

describe('trained scorers', () => {
  const curve = [10, 20, 40].map((tenants, i) => ({ tenants, auc: 0.9 + 0.04 * i, found: [0.7, 0.4 + 0.1 * i, 0.2] }));
  const view = {
    importance: [
      { feature: HOSTILE, share: 0.6 },
      { feature: 'requests', share: 0.4 },
    ],
    curve,
  };
  const pageWith = (views: { account: ViewFigures; interface: ViewFigures }): string =>
    evaluationPage({ ...report, scorers: { version: '1', card: HOSTILE, training: { format: 1, views } } });

  it('have learning curve and importance as plots, names as text', () => {
    const page = pageWith({ account: view, interface: view });
    expect(page.match(/aria-label="Learning curve of the forest of view (account|interface)"/g)).toHaveLength(2);
    expect(page.match(/aria-label="Importance of features in the forest of view (account|interface)"/g)).toHaveLength(2);
    expect(page).toContain('60.0 %');
    expect(page).not.toContain('<img');
  });

  it('have no curve of one point, and no plots when nothing is known', () => {
    const page = pageWith({ account: { ...view, curve: curve.slice(0, 1) }, interface: { importance: [], curve: [] } });
    expect(page).not.toContain('aria-label="Learning curve');
    expect(evaluationPage({ ...report, scorers: { version: '1', card: '' } })).not.toContain('aria-label="Importance');
  });
});

it('a report survives JSON: what is read back makes the same page', () => {
  expect(evaluationPage(JSON.parse(JSON.stringify(report)))).toBe(evaluationPage(report));
});

describe('plots', () => {
  const axis: Axis = { name: 'x', from: 1, to: 100, ticks: [1, 10, 100], text: String, log: true };
  const circles = (svg: string) =>
    [...svg.matchAll(/<circle [^>]*cx="([\d.]+)"[^>]*cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

  it('put values where the axis says, those beyond at its ends', () => {
    const row = (value: number) => ({ name: 'r', value, low: value, high: value, text: '' });
    const [[a], [b], [c], [beyond]] = circles(dotPlot('t', [row(1), row(10), row(100), row(9999)], axis));
    expect(b - a).toBeCloseTo(c - b, 6);
    expect(beyond).toBe(c);
  });

  it('draw higher values higher', () => {
    const unit: Axis = { name: 'y', from: 0, to: 1, ticks: [0, 1], text: String };
    const [[, low], [, middle], [, high]] = circles(
      curvePlot('t', [{ name: 'c', shape: 'points', points: [0, 0.5, 1].map((y) => ({ x: 10, y })) }], axis, unit),
    );
    expect(low - middle).toBeCloseTo(middle - high, 6);
    expect(low).toBeGreaterThan(high);
  });

  it('have round ticks that hold the value', () => {
    expect(ticksTo(0.88)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksTo(47)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(ticksTo(0)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });

  it('escape every sign that means something', () => {
    expect(escaped(`<a b="c" d='e'>&`)).toBe('&#60;a b=&#34;c&#34; d=&#39;e&#39;&#62;&#38;');
  });
});

it('times and halves are short', () => {
  expect([30_000, 900_000, 7_200_000, 90 * 3_600_000].map(duration)).toEqual(['1 min', '15 min', '2 h', '3.8 d']);
  expect(halfText({ at: 0.31, low: 0.2, high: undefined, stays: undefined, middle: 0.31, slope: 1 })).toBe('0.31 [0.2, …]');
  expect(halfText(undefined)).toBe('one intensity tells nothing');
});
