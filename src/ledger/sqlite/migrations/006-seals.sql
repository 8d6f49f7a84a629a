-- Seals: blocks of settled rows whose bytes are chained, so that a later change shows.

CREATE TABLE seals (
  id INTEGER PRIMARY KEY,
  ranges TEXT NOT NULL,   -- JSON: by table, first id and the one after the last
  digests BLOB NOT NULL,  -- 4 bytes a row, to name the first bad one; empty when the rows are pruned
  chain BLOB NOT NULL CHECK (length(chain) = 32),
  sealed_at_ms INTEGER NOT NULL
) STRICT;

-- Corrections come as rows of their own: nothing booked is ever changed.
CREATE TABLE adjustments (
  id INTEGER PRIMARY KEY,
  attempt INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('repriced', 'reconciled')),
  cost_nano_usd INTEGER NOT NULL, -- the difference
  grade TEXT NOT NULL,            -- what the attempt's cost is known by from now on
  price_version TEXT,
  line_items TEXT,
  source TEXT NOT NULL
) STRICT;
CREATE INDEX adjustments_by_attempt ON adjustments (attempt);
