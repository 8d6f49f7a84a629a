-- Answers kept for clients that send a request twice with one Idempotency-Key.

CREATE TABLE idempotent_answers (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),  -- SHA-256 of who asks and the header's value
  request BLOB NOT NULL CHECK (length(request) = 32), -- SHA-256 of method, path and body
  exchange INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  ending TEXT CHECK (ending IN ('whole', 'cut')),     -- NULL: running, or its end is not known
  status INTEGER,
  headers TEXT,          -- JSON array of names and values
  body BLOB              -- NULL: too long to keep, or given up for later ones
) STRICT;
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at_ms);
CREATE INDEX idempotent_bodies_by_age ON idempotent_answers (created_at_ms) WHERE body IS NOT NULL;
