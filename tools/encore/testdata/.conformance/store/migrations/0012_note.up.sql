ALTER TABLE thing ADD COLUMN note TEXT;
CREATE INDEX thing_name ON thing (name);
