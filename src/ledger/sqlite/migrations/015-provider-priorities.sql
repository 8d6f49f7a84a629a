-- Priorities an operator set while the broker ran: over those of modelsconfig.yml, until they are cleared.
CREATE TABLE provider_priorities (
  provider TEXT PRIMARY KEY,
  priority INTEGER NOT NULL, -- the lowest is first
  set_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
