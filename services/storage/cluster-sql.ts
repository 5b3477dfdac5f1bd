/** A statement that makes or changes a table or a view, and where its name ends. */
const DEFINITION =
  /^(CREATE\s+TABLE\s+IF\s+NOT\s+EXISTS|CREATE\s+OR\s+REPLACE\s+VIEW|ALTER\s+TABLE|CREATE\s+DATABASE\s+IF\s+NOT\s+EXISTS)\s+(\{\w+:Identifier\}|\w+)/;
const ENGINE = /\bENGINE\s*=\s*(\w+)\(([^)]*)\)/;

/**
 * A statement of the schema as a cluster has to run it: on every host, its tables replicated.
 *
 * The path in Keeper is written out instead of being left to the server's default, whose `{uuid}` is drawn anew by every
 * CREATE TABLE … ON CLUSTER: a replica that is added or rebuilt later, and gets its tables from the same statement, would
 * silently begin a table of its own. With a path of names it joins the replicas that are there. The price: after DROP TABLE
 * the path is free only when the drop is complete (`DROP … SYNC`). The cluster's name keeps two clusters on one Keeper apart.
 * @throws Error for a statement that it does not know: a migration that would run on one host only
 */
export function onCluster(statement: string, cluster: string | undefined): string {
  if (cluster === undefined) return statement;
  const definition = DEFINITION.exec(statement);
  if (definition === null) throw new Error(`no form for a cluster is known of: ${statement.slice(0, 60)}`);
  const [head] = definition;
  let rest = statement.slice(head.length);
  if (/^CREATE\s+TABLE/.test(head)) {
    const engine = ENGINE.exec(rest);
    if (engine === null || engine[1] !== 'ReplacingMergeTree')
      throw new Error(`tables of a cluster are ReplacingMergeTree: ${statement.slice(0, 60)}`);
    const path = `/clickhouse/tables/${cluster}/{shard}/{database}/{table}`;
    rest = rest.replace(ENGINE, `ENGINE = ReplicatedReplacingMergeTree('${path}', '{replica}', ${engine[2]})`);
  }
  return `${head} ON CLUSTER \`${cluster}\`${rest}`;
}
