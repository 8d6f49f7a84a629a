-- Budgets: what a scope may use within a window, and what of it is spent and reserved.

-- Amounts are nano-USD, tokens or requests. Rows are closed, never deleted or changed in kind: sums refer to them.
CREATE TABLE budgets (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  scope TEXT NOT NULL CHECK (scope IN ('global', 'key', 'team', 'project', 'model', 'ip')),
  scope_value TEXT NOT NULL, -- '' for global
  unit TEXT NOT NULL CHECK (unit IN ('usd', 'tokens', 'requests')),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  window TEXT NOT NULL CHECK (json_valid(window)),
  reach_ms INTEGER NOT NULL, -- how far apart two starts may lie and still count together; 0: each window by itself
  thresholds TEXT NOT NULL CHECK (json_type(thresholds) = 'array'), -- shares of the amount
  is_soft INTEGER NOT NULL CHECK (is_soft IN (0, 1)),
  may_clamp INTEGER NOT NULL CHECK (may_clamp IN (0, 1)),
  created_at_ms INTEGER NOT NULL,
  closed_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX budgets_by_name ON budgets (name) WHERE closed_at_ms IS NULL;

CREATE TABLE budget_windows (
  budget INTEGER NOT NULL REFERENCES budgets,
  start_ms INTEGER NOT NULL,
  spent INTEGER NOT NULL CHECK (spent >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  told INTEGER NOT NULL DEFAULT 0, -- how many thresholds the operator has heard of
  PRIMARY KEY (budget, start_ms)
) STRICT, WITHOUT ROWID;

-- The last line of defence: whatever a program does, nothing is reserved over an amount. Settling may pass it, because
-- what a provider did charge is the truth.
CREATE TRIGGER reserved_first_within_budget AFTER INSERT ON budget_windows WHEN NEW.reserved > 0
BEGIN
  SELECT RAISE(ABORT, 'a reservation overshoots its budget') FROM budgets b
  WHERE b.id = NEW.budget AND b.is_soft = 0 AND b.amount < (
    SELECT sum(w.spent + w.reserved) FROM budget_windows w
    WHERE w.budget = NEW.budget AND w.start_ms BETWEEN NEW.start_ms - b.reach_ms AND NEW.start_ms + b.reach_ms);
END;
CREATE TRIGGER reserved_more_within_budget AFTER UPDATE OF reserved ON budget_windows WHEN NEW.reserved > OLD.reserved
BEGIN
  SELECT RAISE(ABORT, 'a reservation overshoots its budget') FROM budgets b
  WHERE b.id = NEW.budget AND b.is_soft = 0 AND b.amount < (
    SELECT sum(w.spent + w.reserved) FROM budget_windows w
    WHERE w.budget = NEW.budget AND w.start_ms BETWEEN NEW.start_ms - b.reach_ms AND NEW.start_ms + b.reach_ms);
END;

-- The windows an exchange counts in: JSON [[budget, start_ms], …], ascending. Equal sets share one row.
CREATE TABLE budget_sets (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE CHECK (json_type(text) = 'array')
) STRICT;
ALTER TABLE exchanges ADD COLUMN budgets INTEGER; -- budget_sets; NULL: none
ALTER TABLE attempts ADD COLUMN ceiling_tokens INTEGER; -- NULL: not known, or no budget asks

ALTER TABLE client_keys ADD COLUMN team TEXT;
ALTER TABLE client_keys ADD COLUMN project TEXT;
