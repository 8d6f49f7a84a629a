-- What a key may do with models whose price is not known; NULL: as the broker does.
ALTER TABLE client_keys ADD COLUMN unknown_price TEXT
  CHECK (unknown_price IN ('deny', 'assume_ceiling', 'allow_unmetered'));
