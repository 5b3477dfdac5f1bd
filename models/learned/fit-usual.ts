import type { FeatureList } from './feature-list.ts';
import type { ManifestView } from './learned-models.ts';

/**
 * What is usual among clean windows of the features that enter by their value: 1st, 50th and 99th centile, weighted.
 * Features that no window has are left out.
 * @param values rows x features, row-major, NaN where missing
 */
export function fitUsual(list: FeatureList, values: Float64Array, weights: Float64Array): ManifestView['usual'] {
  const width = list.features.length;
  const usual: ManifestView['usual'] = {};
  list.features.forEach(({ name, input }, feature) => {
    if (input !== 'value') return;
    const rows = Array.from(weights.keys()).filter((row) => !Number.isNaN(values[row * width + feature]));
    if (rows.length === 0) return;
    rows.sort((a, b) => values[a * width + feature] - values[b * width + feature]);
    const total = rows.reduce((sum, row) => sum + weights[row], 0);
    const centile = (share: number): number => {
      let mass = 0;
      for (const row of rows) {
        mass += weights[row];
        if (mass >= share * total) return values[row * width + feature];
      }
      return values[rows[rows.length - 1] * width + feature];
    };
    usual[name] = [centile(0.01), centile(0.5), centile(0.99)];
  });
  return usual;
}
