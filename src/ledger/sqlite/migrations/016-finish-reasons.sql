-- Why answers ended: a code of finish-code.ts, or the reason and the provider's word for it as JSON where there is none.
-- NULL: not told. Rows from before say nothing.
ALTER TABLE attempts ADD COLUMN finish ANY;
