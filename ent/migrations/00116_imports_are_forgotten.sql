-- Uploaded lines hold telephones and are kept to be undone; after a period
-- nobody undoes them any more, and what they say is forgotten (personal data is
-- kept no longer than it is needed). Counts and verdicts stay. The previous
-- version knows nothing of it.

-- +goose Up
ALTER TABLE import_batches ADD COLUMN forgotten_at timestamptz;

-- +goose Down
ALTER TABLE import_batches DROP COLUMN forgotten_at;
