import {
  ACCOUNT_FEATURES,
  INTERFACE_FEATURES,
  MINUTE_COUNTERS,
  SOURCE_FEATURES,
  TARGET_FEATURES,
  VIEW_FEATURES,
} from '../../models/windows.ts';
import { IDENTITY_ORIGINS } from '../core/batch.ts';
import { CALLER_SAMPLE, DATA_SAMPLE, STATUS_CLASSES } from '../core/inventory.ts';

/** Days that rows are kept: for all tenants, and for single ones. */
export interface Retention {
  default: number;
  tenants?: Record<string, number>;
}

export const DEFAULT_RETENTION_DAYS = 60;

/** Tables whose rows age; the ledger, marks and runs stay. */
const AGING = ['alerts_raw', 'incidents_raw', 'windows_raw', 'late_raw', 'dead_letters_raw', 'shadow_scores_raw', 'inventory_facts_raw'];

/** Rows of different partitions never have one key. */
const FINAL_SETTING = 'SETTINGS do_not_merge_across_partitions_select_final = 1';

/** Columns that only the store itself needs. */
const HIDDEN = 'EXCEPT (retracted, version)';

function names(list: readonly string[]): string {
  return `[${list.map((name) => `'${name}'`).join(', ')}]`;
}

/** One column a feature, for one view: the shortest way to write a query. */
function featureView(name: string, view: string, size: string, features: readonly string[]): string {
  const columns = features.map((feature, index) => `values[${index + 1}] AS ${feature}`).join(', ');
  return `CREATE OR REPLACE VIEW ${name} AS SELECT tenant, key, start, end, final, run, ${columns}
    FROM windows_raw FINAL WHERE view = '${view}' AND size = '${size}' ${FINAL_SETTING}`;
}

/** For readers that follow what is stored: as the view of the records, but what was taken back is there, and says so. */
function changesView(name: string, table: string, retracted: string): string {
  return `CREATE OR REPLACE VIEW ${name} AS SELECT * ${HIDDEN}, toBool(${retracted}) AS retracted FROM ${table}_raw FINAL ${FINAL_SETTING}`;
}

/** Value of an interface's hour pane. */
function ofInterface(feature: (typeof INTERFACE_FEATURES)[number]): string {
  return `values[${INTERFACE_FEATURES.indexOf(feature) + 1}]`;
}

/** What the hour panes say of every interface. Not seen: how many callers it has over all hours (they are not additive). */
const INVENTORY_VIEW = `CREATE OR REPLACE VIEW inventory AS
  SELECT tenant, key AS interface, min(start) AS first_seen, max(end) AS last_seen,
    toUInt64(sum(${ofInterface('requests')})) AS requests,
    toUInt64(sum(${ofInterface('requests')} - ${(['refused', 'missing', 'client_errors', 'server_errors'] as const).map(ofInterface).join(' - ')})) AS ok,
    toUInt64(sum(${ofInterface('anonymous')})) AS anonymous,
    toUInt64(max(${ofInterface('callers')})) AS most_callers
  FROM windows_raw FINAL WHERE view = 'interface' AND size = '1h' GROUP BY tenant, key ${FINAL_SETTING}`;

/** Names of the bits that are set, in the order of the bits. */
function bitNames(bits: string, list: readonly string[]): string {
  return `arrayMap(bit -> ${names(list)}[bit + 1], bitPositionsToArray(groupBitOr(${bits})))`;
}

/** The smallest hashes of all that was written of one key. */
function sample(size: number): string {
  return `arraySlice(arraySort(groupUniqArrayArray(hashes)), 1, ${size})`;
}

/** What interfaces were seen to do, by hour: every key once, however often and in however many pieces it was written. */
const INVENTORY_FACTS_VIEW = `CREATE OR REPLACE VIEW inventory_facts AS
  SELECT tenant, interface, hour, ${bitNames('origins', IDENTITY_ORIGINS)} AS origins, ${bitNames('classes', STATUS_CLASSES)} AS answers,
    ${sample(CALLER_SAMPLE)} AS callers, max(stored_at) AS stored_at
  FROM inventory_facts_raw WHERE type = '' GROUP BY tenant, interface, hour`;

const SENSITIVE_DATA_VIEW = `CREATE OR REPLACE VIEW sensitive_data AS
  SELECT tenant, interface, hour, type, masked, mask, ${sample(DATA_SAMPLE)} AS hashes, max(stored_at) AS stored_at
  FROM inventory_facts_raw WHERE type != '' GROUP BY tenant, interface, hour, type, masked, mask`;

/**
 * Of each task of a run the last cut alone: what an earlier one counted and the last does not name is no longer so. Read in
 * one go: a cut that comes in between two reads of the table would leave its task out.
 */
const LEDGER_VIEW = `CREATE OR REPLACE VIEW ledger AS SELECT * EXCEPT (version, newest)
  FROM (SELECT *, max(version) OVER (PARTITION BY run, task) AS newest FROM ledger_raw FINAL) WHERE version = newest`;

/**
 * The views that people query. They show every record once, in its latest state, and none that was retracted. Feature
 * columns come from the feature lists, so they are declared from code instead of by a numbered migration.
 */
export function viewStatements(): string[] {
  const view = (name: string, columns: string, rest: string) =>
    `CREATE OR REPLACE VIEW ${name} AS SELECT ${columns} FROM ${name}_raw FINAL ${rest} ${FINAL_SETTING}`;
  const features = `multiIf(size = '1m', ${names(MINUTE_COUNTERS)}, view = 'account', ${names(VIEW_FEATURES.account)}, view = 'interface', ${names(VIEW_FEATURES.interface)},
      view = 'source', ${names(VIEW_FEATURES.source)}, ${names(VIEW_FEATURES.target)})`;
  return [
    view('runs', '* EXCEPT (version)', ''),
    view('tenants', '* EXCEPT (version)', ''),
    view('alerts', `* ${HIDDEN}`, 'WHERE NOT retracted'),
    view('incidents', `* ${HIDDEN}`, "WHERE NOT retracted AND status != 'retracted'"),
    changesView('alert_changes', 'alerts', 'retracted'),
    changesView('incident_changes', 'incidents', "retracted OR status = 'retracted'"),
    view('late', '* EXCEPT (version)', ''),
    view('dead_letters', '* EXCEPT (version)', ''),
    LEDGER_VIEW,
    INVENTORY_VIEW,
    INVENTORY_FACTS_VIEW,
    SENSITIVE_DATA_VIEW,
    view('feedback', `* ${HIDDEN}`, 'WHERE NOT retracted'),
    view('shadow_scores', '* EXCEPT (version)', ''),
    `CREATE OR REPLACE VIEW windows AS
      SELECT tenant, view, size, key, start, end, final, run, stored_at, mapFromArrays(arraySlice(${features} AS names, 1, length(values)), arraySlice(values, 1, length(names))) AS values
      FROM windows_raw FINAL ${FINAL_SETTING}`,
    featureView('account_windows', 'account', '1h', ACCOUNT_FEATURES),
    featureView('interface_windows', 'interface', '1h', INTERFACE_FEATURES),
    featureView('source_windows', 'source', '1h', SOURCE_FEATURES),
    featureView('target_windows', 'target', '1h', TARGET_FEATURES),
    featureView('account_minutes', 'account', '1m', MINUTE_COUNTERS),
    featureView('interface_minutes', 'interface', '1m', MINUTE_COUNTERS),
  ];
}

/** Retention counts from when a row was stored, so that logs of last year are not deleted as they are read. */
export function retentionStatements(retention: Retention): string[] {
  const byDays = new Map<number, string[]>();
  for (const [tenant, days] of Object.entries(retention.tenants ?? {}).sort()) {
    if (days !== retention.default) byDays.set(days, [...(byDays.get(days) ?? []), `'${tenant.replace(/[\\']/g, '\\$&')}'`]);
  }
  const expire = (days: number) => `toDateTime(stored_at) + INTERVAL ${days} DAY DELETE`;
  const special = [...byDays.values()].flat();
  const clauses = [
    special.length === 0 ? expire(retention.default) : `${expire(retention.default)} WHERE tenant NOT IN (${special.join(', ')})`,
    ...[...byDays].map(([days, tenants]) => `${expire(days)} WHERE tenant IN (${tenants.join(', ')})`),
  ];
  return AGING.map((table) => `ALTER TABLE ${table} MODIFY TTL ${clauses.join(', ')}`);
}
