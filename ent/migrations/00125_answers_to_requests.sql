-- What one person asked for and another refused keeps the reason, which the
-- first reads. An addition with a default; the previous version refuses nothing.

-- +goose Up
ALTER TABLE requests_by_two ADD COLUMN answer text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE requests_by_two DROP COLUMN answer;
