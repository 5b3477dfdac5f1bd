-- What was seen of interfaces, by hour. Rows of one key are joined, not replaced: a fact that is written again, in pieces or
-- in another order, changes nothing, so these rows need no version. Rows with a type are of sensitive data in requests:
-- how many different ones there were is told by the smallest of their keyed hashes; the data themselves are never stored.

CREATE TABLE IF NOT EXISTS inventory_facts_raw (
  tenant LowCardinality(String),
  interface String,
  hour DateTime64(3, 'UTC'),
  type LowCardinality(String),
  masked Bool,
  mask LowCardinality(String),
  origins SimpleAggregateFunction(groupBitOr, UInt32),
  classes SimpleAggregateFunction(groupBitOr, UInt8),
  hashes SimpleAggregateFunction(groupUniqArrayArray, Array(UInt32)),
  stored_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) DEFAULT now64(3)
) ENGINE = AggregatingMergeTree()
PARTITION BY toYYYYMM(hour)
ORDER BY (tenant, interface, hour, type, masked, mask)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
