import { WeirError } from '../core/errors.ts';

/** A statement that makes or changes a table or a view, and where its name ends. */
const DEFINITION =
  /^(CREATE\s+TABLE\s+IF\s+NOT\s+EXISTS|CREATE\s+OR\s+REPLACE\s+VIEW|CREATE\s+VIEW\s+IF\s+NOT\s+EXISTS|ALTER\s+TABLE|CREATE\s+DATABASE\s+IF\s+NOT\s+EXISTS)\s+(\{\w+:Identifier\}|\w+)/;
/** Engines under which a row that is written twice counts once. */
const JOINING = ['ReplacingMergeTree', 'AggregatingMergeTree'];
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
    if (engine === null || !JOINING.includes(engine[1]))
      throw new Error(`tables of a cluster are ${JOINING.join(' or ')}: ${statement.slice(0, 60)}`);
    const path = `/clickhouse/tables/${cluster}/{shard}/{database}/{table}`;
    const places = [`'${path}'`, "'{replica}'", ...(engine[2] === '' ? [] : [engine[2]])].join(', ');
    rest = rest.replace(ENGINE, `ENGINE = Replicated${engine[1]}(${places})`);
  }
  return `${head} ON CLUSTER \`${cluster}\`${rest}`;
}

/**
 * Tables are replicated, not distributed: each row is on every host, so whichever host is asked has all of them.
 * @param known the server's clusters, with how many shards each has
 * @throws WeirError `config` for a cluster that the server does not know, or one of several shards
 */
export function checkCluster(cluster: string, known: readonly { cluster: string; shards: number }[], place: string): void {
  const found = known.find((one) => one.cluster === cluster);
  if (found === undefined) {
    const names = known.map((one) => one.cluster).sort();
    throw new WeirError(
      'config',
      `store.cluster: the server at ${place} knows no cluster ${cluster} (it knows ${names.length === 0 ? 'none' : names.join(', ')}); see its remote_servers`,
    );
  }
  if (found.shards > 1) {
    throw new WeirError(
      'config',
      `store.cluster: ${cluster} has ${found.shards} shards, and each would hold a part of the rows only: name a cluster of one shard (its replicas), and give tenants stores of their own to divide them`,
    );
  }
}
