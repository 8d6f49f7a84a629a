-- Seals: blocks of settled rows whose bytes are chained, so that a later change shows.

-- Each chain is made over the one before, what the seal says, and the rows: see seals.ts. Ids have no gaps.
CREATE TABLE seals (
  id INTEGER PRIMARY KEY,
  ranges TEXT NOT NULL,   -- JSON: the table and its ids, or what was pruned
  digests BLOB NOT NULL,  -- 4 bytes a row, to name the first bad one; SHA-256 over all of them once they are pruned
  chain BLOB NOT NULL CHECK (length(chain) = 32),
  sealed_at_ms INTEGER NOT NULL
) STRICT;

-- Marks of seals: `sealed:<table>` is the first id that is not sealed, `seals` the last seal and `seal_head` the first
-- six bytes of its chain; `pruned_seals` is the last seal whose rows were pruned, `pruned_below` the end of its ids.

-- Prices get a number: seals go by ranges of numbers.
DROP TABLE prices;
CREATE TABLE prices (
  id INTEGER PRIMARY KEY,
  version TEXT NOT NULL UNIQUE, -- first 16 hex digits of the SHA-256 of the document
  document TEXT NOT NULL,       -- canonical JSON
  first_used_at_ms INTEGER NOT NULL
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
