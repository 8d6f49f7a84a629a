-- Keys that are administered over HTTP (GET /v1/keys), and keys that administer.
ALTER TABLE client_keys ADD COLUMN is_management INTEGER NOT NULL DEFAULT 0 CHECK (is_management IN (0, 1));
ALTER TABLE client_keys ADD COLUMN disabled_at_ms INTEGER; -- NULL: not disabled
ALTER TABLE client_keys ADD COLUMN updated_at_ms INTEGER;  -- NULL: as it was made
-- Kept for who administers, and nothing else: whose key it is, and whether a provider key of its own would count.
ALTER TABLE client_keys ADD COLUMN creator_user TEXT;
ALTER TABLE client_keys ADD COLUMN external_user TEXT;
ALTER TABLE client_keys ADD COLUMN has_byok_in_limit INTEGER NOT NULL DEFAULT 0 CHECK (has_byok_in_limit IN (0, 1));
CREATE INDEX client_keys_in_force ON client_keys (created_at_ms) WHERE revoked_at_ms IS NULL;

-- What somebody said of a generation; the last word counts. Bounded by whoever writes it.
CREATE TABLE generation_feedback (
  exchange INTEGER PRIMARY KEY, -- exchanges
  category TEXT NOT NULL,
  comment TEXT,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX generation_feedback_by_time ON generation_feedback (created_at_ms);
-- Words about a request are gone when its row is.
CREATE TRIGGER feedback_goes_with_its_exchange AFTER DELETE ON exchanges
BEGIN
  DELETE FROM generation_feedback WHERE exchange = OLD.id;
END;
