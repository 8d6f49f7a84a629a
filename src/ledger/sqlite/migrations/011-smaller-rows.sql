-- Fewer bytes a request. Rows from before stay as they were sealed; readers take either spelling.

-- What `upstream_id` was, as upstream-key.ts spells it; then that one is NULL.
ALTER TABLE attempts ADD COLUMN upstream_key BLOB;
