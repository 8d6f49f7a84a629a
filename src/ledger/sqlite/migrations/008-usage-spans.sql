-- Sums of sums, so that a report over months reads thousands of rows and not millions. Made from usage_hourly in the
-- background, never the other way round: all of it can be deleted and is made again.

-- level 1: 6 hours, 2: a day, 3: 5 days, 4: 30 days; start in hours since the epoch, a multiple of the length.
-- 10 more: the same without addresses and keys (0), 20 more: without addresses.
CREATE TABLE usage_spans (
  level INTEGER NOT NULL,
  start INTEGER NOT NULL,
  ip INTEGER NOT NULL, -- names, as in usage_hourly
  key INTEGER NOT NULL,
  model INTEGER NOT NULL,
  provider INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  prompt INTEGER NOT NULL,
  completion INTEGER NOT NULL,
  cached INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  usd INTEGER NOT NULL,      -- whole dollars; a span of many hours may not fit 64 bits of nano-USD
  nano_usd INTEGER NOT NULL, -- the sum of the rests
  first_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (level, start, ip, key, model, provider)
) STRICT, WITHOUT ROWID;

-- The spans whose sums are complete. A request that is booked into one of them takes it off this list.
CREATE TABLE usage_span_list (
  start INTEGER NOT NULL,
  level INTEGER NOT NULL,
  hours INTEGER NOT NULL,
  PRIMARY KEY (start, level)
) STRICT, WITHOUT ROWID;
