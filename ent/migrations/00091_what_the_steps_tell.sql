-- Why: a figure as of a past day is counted from the steps up to that day, so a
-- step says what no other column keeps: which shares' days it moved. Older steps
-- have none; for them the first day, or the present one, is taken. The previous
-- version neither reads nor writes it.

-- +goose Up
ALTER TABLE "steps" ADD COLUMN "dues" jsonb NULL;

-- +goose Down
ALTER TABLE "steps" DROP COLUMN "dues";
