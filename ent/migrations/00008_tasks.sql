-- 六定 tasks: who leads and who does it are three fields of their own even where
-- the person has no account here, and a task can be another committee's
-- (domain.md trap 15, 10.2). The previous version writes none of the columns
-- and reads rows that have them.

-- +goose Up
ALTER TABLE items ADD COLUMN partner text NULL, ADD COLUMN leader_post text NULL, ADD COLUMN officer_post text NULL;

-- +goose Down
ALTER TABLE items DROP COLUMN partner, DROP COLUMN leader_post, DROP COLUMN officer_post;
