-- The log as it was, with what was adjusted since in its costs and grades.

DROP VIEW request_logs;
CREATE VIEW request_logs AS
WITH ranked AS (
  SELECT g.id AS id, g.text AS text,
    CASE g.text WHEN 'unpriced' THEN 5 WHEN 'bounded' THEN 4 WHEN 'counted' THEN 3 WHEN 'reported' THEN 2 ELSE 1 END AS rank
  FROM names g WHERE g.text IN ('unpriced', 'bounded', 'counted', 'reported', 'free')
),
sums AS (
  SELECT e.id AS row, e.created_at_ms, e.tag, e.ip, e.key, e.requested_model, e.status, e.duration_ms, e.error,
    count(a.id) AS attempts,
    sum(CASE WHEN EXISTS (SELECT 1 FROM adjustments d WHERE d.attempt = a.id)
      THEN coalesce(a.cost_nano_usd, 0) + (SELECT sum(d.cost_nano_usd) FROM adjustments d WHERE d.attempt = a.id)
      ELSE a.cost_nano_usd END) AS cost,
    max(coalesce((SELECT CASE d.grade WHEN 'unpriced' THEN 5 WHEN 'bounded' THEN 4 WHEN 'counted' THEN 3
      WHEN 'free' THEN 1 ELSE 2 END FROM adjustments d WHERE d.attempt = a.id ORDER BY d.id DESC LIMIT 1), r.rank)) AS rank,
    count(coalesce(a.input, a.cache_read, a.cache_write, json_extract(a.other_usage, '$.cache_write_1h'),
      json_extract(a.other_usage, '$.audio_input'), json_extract(a.other_usage, '$.cached_audio_input'),
      json_extract(a.other_usage, '$.image_input'), json_extract(a.other_usage, '$.cached_image_input'),
      json_extract(a.other_usage, '$.video_input'))) AS has_prompt,
    sum(coalesce(a.input, 0) + coalesce(a.cache_read, 0) + coalesce(a.cache_write, 0)
      + coalesce(json_extract(a.other_usage, '$.cache_write_1h'), 0)
      + coalesce(json_extract(a.other_usage, '$.audio_input'), 0)
      + coalesce(json_extract(a.other_usage, '$.cached_audio_input'), 0)
      + coalesce(json_extract(a.other_usage, '$.image_input'), 0)
      + coalesce(json_extract(a.other_usage, '$.cached_image_input'), 0)
      + coalesce(json_extract(a.other_usage, '$.video_input'), 0)) AS prompt,
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
