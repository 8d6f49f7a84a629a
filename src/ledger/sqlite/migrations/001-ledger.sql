-- The ledger. Money is whole nano-USD, times are ms since the epoch, names are stored once and referred to by number.

-- Every short text of the hot rows: addresses, key ids, models, providers, outcomes, grades, error codes. 0 is "none".
CREATE TABLE names (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO names (id, text) VALUES (0, '');

-- What an attempt was sent to, and at which price. '' where there is none.
CREATE TABLE backends (
  id INTEGER PRIMARY KEY,
  provider INTEGER NOT NULL REFERENCES names,
  model INTEGER NOT NULL REFERENCES names,
  model_id TEXT NOT NULL,
  credential TEXT NOT NULL,
  price_version TEXT NOT NULL,
  UNIQUE (provider, model, model_id, credential, price_version)
) STRICT;

-- Equal plans share one row; digest is the first half of the SHA-256 of the text.
CREATE TABLE plans (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE,
  text TEXT NOT NULL
) STRICT;

-- One row per request. The references are not declared on the two hot tables: checking them costs 2 us per request,
-- and `aibroker verify` looks for dangling ones.
CREATE TABLE exchanges (
  id INTEGER PRIMARY KEY,
  created_at_ms INTEGER NOT NULL,
  tag TEXT NOT NULL,
  ip INTEGER NOT NULL,              -- names
  key INTEGER NOT NULL,             -- names; 0: no client key
  task INTEGER NOT NULL,            -- names
  is_stream INTEGER NOT NULL,
  requested_model INTEGER NOT NULL, -- names
  plan INTEGER NOT NULL,            -- plans
  status INTEGER,                   -- NULL: running. 0: the broker stopped before the end, see error
  duration_ms INTEGER,
  error INTEGER                     -- names; NULL: none
) STRICT;

-- One row per call to a backend. The id is the exchange's id * 256 + the number of the attempt, so the attempts of an
-- exchange lie side by side and need no index.
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  exchange INTEGER AS (id >> 8) VIRTUAL,
  number INTEGER AS (id & 255) VIRTUAL,
  started_after_ms INTEGER NOT NULL, -- since exchanges.created_at_ms
  backend INTEGER NOT NULL,          -- backends
  ceiling_nano_usd INTEGER,          -- NULL: price not known
  outcome INTEGER,                   -- names; NULL: running
  upstream_status INTEGER,
  reason TEXT,
  duration_ms INTEGER,
  first_event_ms INTEGER,
  upstream_id TEXT,
  input INTEGER,                     -- counts by kind; NULL: not told
  cache_read INTEGER,
  cache_write INTEGER,
  output INTEGER,
  reasoning INTEGER,
  other_usage TEXT,                  -- the rare kinds as JSON
  cost_nano_usd INTEGER,             -- NULL once closed: unpriced
  grade INTEGER                      -- names
) STRICT;

-- Sums of settled exchanges by hour of creation. Requests count under the model and provider of the last attempt,
-- usage and money under those of the attempt that used them.
CREATE TABLE usage_hourly (
  hour INTEGER NOT NULL, -- since the epoch
  ip INTEGER NOT NULL,
  key INTEGER NOT NULL,
  model INTEGER NOT NULL,
  provider INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  input INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cache_write_1h INTEGER NOT NULL,
  audio_input INTEGER NOT NULL,
  image_input INTEGER NOT NULL,
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  audio_output INTEGER NOT NULL,
  image_output INTEGER NOT NULL,
  characters INTEGER NOT NULL,
  audio_ms INTEGER NOT NULL,
  images INTEGER NOT NULL,
  request_units INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  first_request_at_ms INTEGER NOT NULL,
  last_request_at_ms INTEGER NOT NULL,
  PRIMARY KEY (hour, ip, key, model, provider)
) STRICT, WITHOUT ROWID;

-- settled_below: every exchange with a smaller id is settled. Recovery after a crash starts here.
CREATE TABLE marks (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO marks (name, value) VALUES ('settled_below', 1);

-- One flat row per request, for people and spreadsheets. Money is made text by whole-number arithmetic. Only the model
-- can be a text of the client's choice (when no backend was found); a leading quote keeps spreadsheets from running it.
CREATE VIEW request_logs AS
WITH ranked AS (
  SELECT g.id AS id, g.text AS text,
    CASE g.text WHEN 'unpriced' THEN 5 WHEN 'bounded' THEN 4 WHEN 'counted' THEN 3 WHEN 'reported' THEN 2 ELSE 1 END AS rank
  FROM names g WHERE g.text IN ('unpriced', 'bounded', 'counted', 'reported', 'free')
),
sums AS (
  SELECT e.id AS row, e.created_at_ms, e.tag, e.ip, e.key, e.requested_model, e.status, e.duration_ms, e.error,
    count(a.id) AS attempts,
    sum(a.cost_nano_usd) AS cost, max(r.rank) AS rank,
    count(coalesce(a.input, a.cache_read, a.cache_write, json_extract(a.other_usage, '$.cache_write_1h'),
      json_extract(a.other_usage, '$.audio_input'), json_extract(a.other_usage, '$.image_input'))) AS has_prompt,
    sum(coalesce(a.input, 0) + coalesce(a.cache_read, 0) + coalesce(a.cache_write, 0)
      + coalesce(json_extract(a.other_usage, '$.cache_write_1h'), 0)
      + coalesce(json_extract(a.other_usage, '$.audio_input'), 0)
      + coalesce(json_extract(a.other_usage, '$.image_input'), 0)) AS prompt,
    count(coalesce(a.output, a.reasoning, json_extract(a.other_usage, '$.audio_output'),
      json_extract(a.other_usage, '$.image_output'))) AS has_completion,
    sum(coalesce(a.output, 0) + coalesce(a.reasoning, 0)
      + coalesce(json_extract(a.other_usage, '$.audio_output'), 0)
      + coalesce(json_extract(a.other_usage, '$.image_output'), 0)) AS completion
  FROM exchanges e
  LEFT JOIN attempts a ON a.id BETWEEN e.id * 256 AND e.id * 256 + 255
  LEFT JOIN ranked r ON r.id = a.grade
  GROUP BY e.id
)
SELECT
  strftime('%Y-%m-%dT%H:%M:%S', s.created_at_ms / 1000, 'unixepoch') || printf('.%03dZ', s.created_at_ms % 1000) AS time,
  'gen-' || (s.created_at_ms / 1000) || '-'
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row / 78364164096 % 36, 1)
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row / 2176782336 % 36, 1)
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row / 60466176 % 36, 1)
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row / 1679616 % 36, 1)
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row / 46656 % 36, 1)
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row / 1296 % 36, 1)
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row / 36 % 36, 1)
    || substr('0123456789abcdefghijklmnopqrstuvwxyz', 1 + s.row % 36, 1)
    || s.tag AS id,
  (SELECT text FROM names WHERE id = s.ip) AS ip,
  (SELECT text FROM names WHERE id = s.key) AS key,
  CASE WHEN b.id IS NOT NULL THEN (SELECT text FROM names WHERE id = b.model)
    ELSE (SELECT CASE WHEN substr(text, 1, 1) IN ('=', '+', '-', '@', char(9), char(13)) THEN '''' ELSE '' END || text
      FROM names WHERE id = s.requested_model) END AS model,
  coalesce((SELECT text FROM names WHERE id = b.provider), '') AS provider,
  CASE WHEN s.has_prompt > 0 THEN s.prompt END AS prompt_tokens,
  CASE WHEN s.has_completion > 0 THEN s.completion END AS completion_tokens,
  CASE WHEN s.has_prompt + s.has_completion > 0 THEN s.prompt + s.completion END AS total_tokens,
  CASE WHEN s.cost IS NOT NULL THEN printf('%d.%09d', s.cost / 1000000000, s.cost % 1000000000)
    WHEN s.attempts = 0 AND s.status IS NOT NULL THEN '0.000000000' END AS cost_usd,
  CASE s.rank WHEN 5 THEN 'unpriced' WHEN 4 THEN 'bounded' WHEN 3 THEN 'counted' WHEN 2 THEN 'reported'
    WHEN 1 THEN 'free' END AS cost_grade,
  s.duration_ms AS duration_ms,
  s.status AS status,
  (SELECT text FROM names WHERE id = s.error) AS error,
  s.attempts AS attempts
FROM sums s
LEFT JOIN attempts l ON l.id = s.row * 256 + s.attempts -- the last one
LEFT JOIN backends b ON b.id = l.backend;
