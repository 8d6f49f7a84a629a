-- Client keys: digests only. Lists are JSON arrays; NULL limits nothing. Rows are revoked, never deleted, so that
-- usage keeps its names and a key once required stays required.
CREATE TABLE client_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  revoked_at_ms INTEGER,
  rpm INTEGER CHECK (rpm >= 0),
  max_in_flight INTEGER CHECK (max_in_flight >= 0),
  budget_nano_usd INTEGER CHECK (budget_nano_usd >= 0),
  models TEXT CHECK (json_type(models) = 'array'),
  providers TEXT CHECK (json_type(providers) = 'array'),
  origins TEXT CHECK (json_type(origins) = 'array')
) STRICT;
