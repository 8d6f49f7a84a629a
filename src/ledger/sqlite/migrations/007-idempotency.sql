-- Answers kept for clients that send a request twice with one Idempotency-Key.

CREATE TABLE idempotent_answers (
  owner TEXT NOT NULL,   -- key id, or address
  name TEXT NOT NULL,    -- the header's value
  request BLOB NOT NULL CHECK (length(request) = 32), -- SHA-256 of path and body
  exchange INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  status INTEGER,        -- NULL: running, or its end is not known
  headers TEXT,          -- JSON
  body BLOB,             -- NULL: too long to keep
  PRIMARY KEY (owner, name)
) STRICT;
CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at_ms);
