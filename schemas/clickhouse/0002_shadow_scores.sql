-- What champion and challenger said of the strongest windows that either would have sent on.

CREATE TABLE IF NOT EXISTS shadow_scores_raw (
  tenant LowCardinality(String),
  detector LowCardinality(String),
  entity_kind LowCardinality(String),
  entity_id String,
  start DateTime64(3, 'UTC'),
  end DateTime64(3, 'UTC'),
  champion LowCardinality(String),
  challenger LowCardinality(String),
  champion_evidence Float64,
  challenger_evidence Float64,
  stored_at DateTime64(3, 'UTC'),
  version UInt64
) ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(start)
ORDER BY (tenant, start, detector, entity_kind, entity_id, champion, challenger)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
