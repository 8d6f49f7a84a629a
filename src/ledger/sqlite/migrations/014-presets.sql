-- Parts of requests kept under a name: POST /v1/presets/{slug}/chat/completions. Bounded by whoever writes them.
CREATE TABLE preset_versions (
  slug TEXT NOT NULL,
  version INTEGER NOT NULL, -- from 1; the highest one counts
  system_prompt TEXT,       -- NULL: none
  config TEXT NOT NULL,     -- JSON: members of a request
  creator TEXT,             -- id of the client key; NULL: a program of this machine
  created_at_ms INTEGER NOT NULL,
  PRIMARY KEY (slug, version)
) STRICT, WITHOUT ROWID;
