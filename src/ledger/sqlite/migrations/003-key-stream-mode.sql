-- What becomes of the broken streams of a key's requests when they choose nothing themselves; NULL: the model decides.
ALTER TABLE client_keys ADD COLUMN stream_mode TEXT CHECK (stream_mode IN ('live', 'resume', 'atomic'));
