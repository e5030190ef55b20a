-- A notice says why it came, how much it weighs and what a page opens, so that a
-- person can sort them, hear of some on the phone, and go where he is awaited.
-- Only additions: what was written before is a step that was told, of its matter.

-- +goose Up
ALTER TABLE notices ADD COLUMN about varchar NOT NULL DEFAULT 'TOLD';
ALTER TABLE notices ADD COLUMN level varchar NOT NULL DEFAULT 'ORDINARY';
ALTER TABLE notices ADD COLUMN object_type text NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN object_id uuid NULL;
ALTER TABLE notices ADD COLUMN action text NOT NULL DEFAULT '';
