-- Hourly sums in two thirds of the bytes. Kinds of usage that few requests have are in one text, and each is a column
-- that is worked out of it, as the times are: for whoever reads, the table is what it was.

CREATE TABLE smaller_hourly (
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
  output INTEGER NOT NULL,
  reasoning INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  first_after_ms INTEGER NOT NULL, -- since the hour began
  last_after_ms INTEGER NOT NULL,
  rare TEXT, -- JSON of the counts of further kinds; NULL: none
  first_request_at_ms INTEGER AS (hour * 3600000 + first_after_ms) VIRTUAL,
  last_request_at_ms INTEGER AS (hour * 3600000 + last_after_ms) VIRTUAL,
  cache_write_1h INTEGER AS (coalesce(rare ->> '$.cache_write_1h', 0)) VIRTUAL,
  audio_input INTEGER AS (coalesce(rare ->> '$.audio_input', 0)) VIRTUAL,
  cached_audio_input INTEGER AS (coalesce(rare ->> '$.cached_audio_input', 0)) VIRTUAL,
  image_input INTEGER AS (coalesce(rare ->> '$.image_input', 0)) VIRTUAL,
  cached_image_input INTEGER AS (coalesce(rare ->> '$.cached_image_input', 0)) VIRTUAL,
  video_input INTEGER AS (coalesce(rare ->> '$.video_input', 0)) VIRTUAL,
  audio_output INTEGER AS (coalesce(rare ->> '$.audio_output', 0)) VIRTUAL,
  image_output INTEGER AS (coalesce(rare ->> '$.image_output', 0)) VIRTUAL,
  characters INTEGER AS (coalesce(rare ->> '$.characters', 0)) VIRTUAL,
  audio_ms INTEGER AS (coalesce(rare ->> '$.audio_ms', 0)) VIRTUAL,
  images INTEGER AS (coalesce(rare ->> '$.images', 0)) VIRTUAL,
  pages INTEGER AS (coalesce(rare ->> '$.pages', 0)) VIRTUAL,
  search_units INTEGER AS (coalesce(rare ->> '$.search_units', 0)) VIRTUAL,
  searches INTEGER AS (coalesce(rare ->> '$.searches', 0)) VIRTUAL,
  tool_calls INTEGER AS (coalesce(rare ->> '$.tool_calls', 0)) VIRTUAL,
  request_units INTEGER AS (coalesce(rare ->> '$.request_units', 0)) VIRTUAL,
  PRIMARY KEY (hour, ip, key, model, provider)
) STRICT, WITHOUT ROWID;

INSERT INTO smaller_hourly (hour, ip, key, model, provider, requests, errors, unpriced,
  input, cache_read, cache_write, output, reasoning, cost_nano_usd, first_after_ms, last_after_ms, rare)
SELECT hour, ip, key, model, provider, requests, errors, unpriced,
  input, cache_read, cache_write, output, reasoning, cost_nano_usd,
  first_request_at_ms - hour * 3600000, last_request_at_ms - hour * 3600000,
  nullif(json_patch('{}', json_object(
    'cache_write_1h', nullif(cache_write_1h, 0), 'audio_input', nullif(audio_input, 0),
    'cached_audio_input', nullif(cached_audio_input, 0), 'image_input', nullif(image_input, 0),
    'cached_image_input', nullif(cached_image_input, 0), 'video_input', nullif(video_input, 0),
    'audio_output', nullif(audio_output, 0), 'image_output', nullif(image_output, 0),
    'characters', nullif(characters, 0), 'audio_ms', nullif(audio_ms, 0), 'images', nullif(images, 0),
    'pages', nullif(pages, 0), 'search_units', nullif(search_units, 0), 'searches', nullif(searches, 0),
    'tool_calls', nullif(tool_calls, 0), 'request_units', nullif(request_units, 0))), '{}')
FROM usage_hourly ORDER BY hour, ip, key, model, provider;

DROP TABLE usage_hourly;
ALTER TABLE smaller_hourly RENAME TO usage_hourly;
