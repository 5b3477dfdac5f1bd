/**
 * A random forest as flat arrays, the form that everything here works on: the trainer makes it, the scorer compiles it,
 * the explanation walks it, the exchange format is written from it.
 *
 * Node n tests `row[feature[n]] <= threshold[n]` and goes to `left[n]`, else to `right[n]`; a missing value (NaN) goes
 * left where `missingLeft[n]` is 1. A leaf has feature -1. Children come after their parent.
 */
export interface ForestModel {
  /** class labels; probabilities come in this order */
  readonly classes: readonly string[];
  /** names of the columns of a row, in order */
  readonly features: readonly string[];
  /** first node of each tree, and the number of nodes at the end: trees + 1 numbers */
  readonly roots: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly missingLeft: Uint8Array;
  /** class shares of the (weighted) training rows that reached each node, inner nodes too: nodes x classes, a node's sum to 1 */
  readonly share: Float64Array;
  /** weight of the training rows that reached each node, > 0 */
  readonly cover: Float64Array;
  /**
   * how trees come together: `mean` averages the leaves' class shares (ours, and scikit-learn's); `majority` counts one
   * vote a tree (ml-random-forest's), ties to the class that is first to reach the winning number, trees in order
   */
  readonly vote: 'mean' | 'majority';
}

/** Number of nodes of all trees. */
export function nodesOf(model: ForestModel): number {
  return model.roots[model.roots.length - 1];
}
