/**
 * The model JSON of ml-random-forest 2.1.0 (`RandomForestClassifier.toJSON()` after `JSON.stringify`), as its sources and
 * those of ml-cart 2.1.1 read it:
 *
 * - a node with `distribution` is a leaf; any other has `splitColumn`, `splitValue`, `left`, `right`. A row goes left where
 *   `row[splitColumn] < splitValue`, so a missing value (NaN) always goes right;
 * - `splitColumn` counts within the tree's own columns: the table's column is `indexes[tree][splitColumn]`;
 * - a tree votes for the class of its leaf's largest share, the first of equals; the forest predicts the class that is
 *   first to reach the winning number of votes, trees in order (ml-array-mode);
 * - classes are 0 .. n-1; a distribution ends with the last class of its leaf;
 * - neither the number of columns nor that of classes is written anywhere.
 */
export interface MlForestJson {
  name: 'RFClassifier';
  baseModel: {
    indexes: number[][];
    n: number;
    replacement: boolean;
    maxFeatures: number;
    nEstimators: number;
    treeOptions: Record<string, unknown>;
    isClassifier: true;
    seed: number;
    estimators: { name: 'DTClassifier'; options: Record<string, unknown>; root: MlNodeJson }[];
    useSampleBagging: boolean;
  };
  /** what the format has no place for; its own reader passes over it */
  weir: MlForestNames & Record<string, unknown>;
}

/** Names that stand beside the model: columns of a row and classes, in order. */
export interface MlForestNames {
  features: readonly string[];
  classes: readonly string[];
}

export type MlNodeJson = MlLeafJson | MlSplitJson;

export interface MlLeafJson {
  /** one row: class shares */
  distribution: number[][];
  /** rows (here: their weight) that reached the node; the library leaves it out of leaves that it never tried to split */
  numberSamples?: number;
}

export interface MlSplitJson {
  splitColumn: number;
  splitValue: number;
  /** fall of the Gini impurity; nothing reads it when the model is loaded again */
  gain: number;
  numberSamples: number;
  left: MlNodeJson;
  right: MlNodeJson;
}
