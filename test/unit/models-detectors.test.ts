import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALL_DETECTORS, DETECTORS } from '../../models/detectors/index.ts';

describe('detectors', () => {
  it('have unique names, titles with a key, and a place in the documentation', () => {
    const names = ALL_DETECTORS.map((detector) => detector.name);
    expect(new Set(names).size).toBe(names.length);
    const docs = readFileSync(new URL('../../docs/detectors.md', import.meta.url), 'utf8');
    for (const detector of ALL_DETECTORS) {
      expect(detector.name).toMatch(/^[a-z][a-z_]+$/);
      expect(detector.title).toContain('{key}');
      expect(detector.gate).toBeGreaterThan(2);
      expect(docs).toContain(`| \`${detector.name}\` | ${detector.view}`);
    }
  });

  it('stand in the list of their view', () => {
    for (const [view, list] of Object.entries(DETECTORS)) for (const detector of list) expect(detector.view).toBe(view);
  });

  it('grow more severe with evidence', () => {
    const ranks = ['info', 'low', 'medium', 'high', 'critical'];
    for (const detector of ALL_DETECTORS) {
      const severities = [detector.gate, 8, 12, 20, 36].map((evidence) => ranks.indexOf(detector.severity(evidence)));
      expect([...severities].sort((a, b) => a - b)).toEqual(severities);
    }
  });
});
