/** Rows to learn from or to judge by: columns of numbers, NaN where a value is missing. */
export interface Table {
  /** names of the columns, in order */
  readonly features: readonly string[];
  /** one array a feature, `rows` long */
  readonly columns: readonly Float64Array[];
  readonly rows: number;
  /** class labels, sorted; empty without labels */
  readonly classes: readonly string[];
  /** index into `classes` by row */
  readonly labels: Int32Array;
  /** index of the row's group (a tenant, a person): groups are never split between learning and judging; undefined without groups */
  readonly groups?: Int32Array;
  /** weight by row; all 1 when left out */
  readonly weights?: Float64Array;
}
