-- Prices as documents, and what each attempt's cost is the sum of.

-- Every price an attempt was booked at, whole, so that its row can be recomputed for ever.
CREATE TABLE prices (
  version TEXT PRIMARY KEY, -- first 16 hex digits of the SHA-256 of the document
  document TEXT NOT NULL,   -- canonical JSON
  first_used_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Lines of the bill; NULL where the cost is no sum of ours: told by the provider, a bound, free.
ALTER TABLE attempts ADD COLUMN line_items TEXT;
-- Our own sum, where the provider told another one, which counts.
ALTER TABLE attempts ADD COLUMN computed_nano_usd INTEGER;
-- What the operator adds to the cost; NULL: nothing.
ALTER TABLE attempts ADD COLUMN markup_nano_usd INTEGER;
-- Bytes of the answer's body the client took; NULL: none.
ALTER TABLE attempts ADD COLUMN delivered_bytes INTEGER;
