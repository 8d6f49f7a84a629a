-- Budgets: what a scope may use within a window, and what of it is spent and reserved.

-- Amounts are nano-USD, tokens or requests. Rows are closed, never deleted or changed in kind: sums refer to them.
CREATE TABLE budgets (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('global', 'key', 'team', 'project', 'model', 'ip')),
  scope_value TEXT NOT NULL, -- '' for global
  unit TEXT NOT NULL CHECK (unit IN ('usd', 'tokens', 'requests')),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  window TEXT NOT NULL,      -- JSON
  thresholds TEXT NOT NULL,  -- JSON array of shares of the amount
  can_clamp INTEGER NOT NULL CHECK (can_clamp IN (0, 1)),
  created_at_ms INTEGER NOT NULL,
  closed_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX budgets_by_name ON budgets (name) WHERE closed_at_ms IS NULL;

CREATE TABLE budget_windows (
  budget INTEGER NOT NULL REFERENCES budgets,
  start_ms INTEGER NOT NULL,
  spent INTEGER NOT NULL CHECK (spent >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  PRIMARY KEY (budget, start_ms)
) STRICT, WITHOUT ROWID;

-- The budgets an exchange counts under: sorted ids. Equal sets share one row.
CREATE TABLE budget_sets (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
ALTER TABLE exchanges ADD COLUMN budgets INTEGER; -- budget_sets; NULL: none

ALTER TABLE client_keys ADD COLUMN team TEXT;
ALTER TABLE client_keys ADD COLUMN project TEXT;
