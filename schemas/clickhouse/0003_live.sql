-- Live runs: each of their tasks counts for itself, dead letters know when they were put back, and the database itself
-- says when it stored a row that comes without a time.

ALTER TABLE ledger_raw ADD COLUMN IF NOT EXISTS task String AFTER reason, MODIFY ORDER BY (run, tenant, source, fate, reason, task);

ALTER TABLE dead_letters_raw ADD COLUMN IF NOT EXISTS redriven_at Nullable(DateTime64(3, 'UTC')) AFTER raw;

ALTER TABLE alerts_raw MODIFY COLUMN stored_at DateTime64(3, 'UTC') DEFAULT now64(3);
ALTER TABLE incidents_raw MODIFY COLUMN stored_at DateTime64(3, 'UTC') DEFAULT now64(3);
ALTER TABLE late_raw MODIFY COLUMN stored_at DateTime64(3, 'UTC') DEFAULT now64(3);
ALTER TABLE dead_letters_raw MODIFY COLUMN stored_at DateTime64(3, 'UTC') DEFAULT now64(3);
ALTER TABLE ledger_raw MODIFY COLUMN stored_at DateTime64(3, 'UTC') DEFAULT now64(3);
ALTER TABLE shadow_scores_raw MODIFY COLUMN stored_at DateTime64(3, 'UTC') DEFAULT now64(3);
ALTER TABLE tenants_raw MODIFY COLUMN stored_at DateTime64(3, 'UTC') DEFAULT now64(3);

-- Who writes as which run: two that open a store at the same moment must not take one number.
CREATE TABLE IF NOT EXISTS run_claims (
  number UInt32,
  claimant String,
  claimed_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(claimed_at) ORDER BY (number, claimant)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Installations of live tasks that have written here, by the prefix of their topics: the offsets of a later one begin at 0
-- again, so its versions get a higher epoch.
CREATE TABLE IF NOT EXISTS live_origins (
  origin String,
  epoch UInt8,
  claimed_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(claimed_at) ORDER BY (origin, epoch)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
