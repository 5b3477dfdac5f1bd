-- Tables of the store. `X_raw` holds every row written; the view `X` shows each record once, in its latest state.
-- Rows are replaced by key: the row with the highest `version` wins. The partition key is a function of the sorting key,
-- so that a repeat always meets its earlier row. Retention counts from `stored_at`; the store sets it when it opens.
-- Inserts are synced before they are acknowledged: a manifest must not outlive the rows that it counts.

CREATE TABLE IF NOT EXISTS runs_raw (
  number UInt32,
  opened_at DateTime64(3, 'UTC'),
  closed_at Nullable(DateTime64(3, 'UTC')),
  version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS tenants_raw (
  tenant String,
  time_zone String,
  stored_at DateTime64(3, 'UTC'),
  version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY tenant
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS alerts_raw (
  schema_version UInt16,
  alert_id String,
  incident_id String,
  tenant LowCardinality(String),
  detector LowCardinality(String),
  title String,
  entity Tuple(kind LowCardinality(String), id String),
  related Array(Tuple(kind LowCardinality(String), id String)),
  identity Tuple(origin LowCardinality(String), confidence Float64),
  window Tuple(start DateTime64(3, 'UTC'), end DateTime64(3, 'UTC'), size LowCardinality(String)),
  detected_at DateTime64(3, 'UTC'),
  final Bool,
  score Float64,
  severity Enum8('info' = 1, 'low' = 2, 'medium' = 3, 'high' = 4, 'critical' = 5),
  bias Float64,
  reasons Array(Tuple(
    feature String,
    value Float64,
    expected Tuple(low Float64, high Float64),
    baseline Tuple(scope LowCardinality(String), size Float64),
    contribution Float64,
    text String
  )),
  counterfactual Array(Tuple(feature String, from Float64, to Float64, step Float64, score Float64)),
  evidence Array(Tuple(source String, partition String, offset UInt64, at DateTime64(3, 'UTC'), summary String)),
  model Tuple(name LowCardinality(String), version LowCardinality(String)),
  config_version LowCardinality(String),
  stored_at DateTime64(3, 'UTC'),
  retracted Bool,
  version UInt64,
  started_at DateTime64(3, 'UTC') MATERIALIZED window.start
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(started_at)
ORDER BY (tenant, started_at, alert_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS incidents_raw (
  schema_version UInt16,
  incident_id String,
  revision UInt32,
  tenant LowCardinality(String),
  title String,
  severity Enum8('info' = 1, 'low' = 2, 'medium' = 3, 'high' = 4, 'critical' = 5),
  score Float64,
  status Enum8('open' = 1, 'closed' = 2, 'retracted' = 3),
  entity Tuple(kind LowCardinality(String), id String),
  actors Array(Tuple(kind LowCardinality(String), id String, contribution Float64)),
  actor_count UInt32,
  detectors Array(String),
  alert_ids Array(String),
  started_at DateTime64(3, 'UTC'),
  ended_at DateTime64(3, 'UTC'),
  detected_at DateTime64(3, 'UTC'),
  final Bool,
  summary String,
  config_version LowCardinality(String),
  stored_at DateTime64(3, 'UTC'),
  retracted Bool,
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, incident_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS windows_raw (
  tenant LowCardinality(String),
  view LowCardinality(String),
  size LowCardinality(String),
  key String,
  start DateTime64(3, 'UTC'),
  end DateTime64(3, 'UTC'),
  final Bool,
  values Array(Float64),
  run LowCardinality(String),
  version UInt64,
  stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(start)
ORDER BY (tenant, view, size, key, start, run)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS late_raw (
  tenant LowCardinality(String),
  source LowCardinality(String),
  partition String,
  offset UInt64,
  `index` UInt16,
  at DateTime64(3, 'UTC'),
  delay UInt64,
  account String,
  interface String,
  stored_at DateTime64(3, 'UTC'),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(at)
ORDER BY (tenant, source, partition, offset, index, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS dead_letters_raw (
  tenant LowCardinality(String),
  source LowCardinality(String),
  partition String,
  offset UInt64,
  `index` UInt16,
  line UInt64,
  reason LowCardinality(String),
  detail String,
  raw String,
  stored_at DateTime64(3, 'UTC'),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, source, partition, offset, index)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS ledger_raw (
  run String,
  tenant LowCardinality(String),
  source LowCardinality(String),
  fate LowCardinality(String),
  reason LowCardinality(String),
  count UInt64,
  stored_at DateTime64(3, 'UTC'),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (run, tenant, source, fate, reason)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE IF NOT EXISTS feedback_raw (
  tenant LowCardinality(String),
  incident_id String,
  mark Enum8('attack' = 1, 'benign' = 2, 'expected' = 3),
  until Nullable(DateTime64(3, 'UTC')),
  author String,
  note String,
  stored_at DateTime64(3, 'UTC'),
  retracted Bool,
  version UInt64
) ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, incident_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
