-- Why: a figure as of a past day is counted from the steps up to that day, so a
-- step says what no other column keeps: which shares' days it moved. Older steps
-- have none; for them the first day, or the present one, is taken. The previous
-- version neither reads nor writes it.

-- +goose Up
ALTER TABLE "steps" ADD COLUMN "dues" jsonb NULL;

-- Who was in office on a day that has passed, whatever became of him since
-- (authz.Served): one who left has a last day.
CREATE FUNCTION served(m memberships, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT (m.status = 'ACTIVE' OR m.status IN ('RESIGNED', 'REVOKED', 'ENDED') AND m.active_to IS NOT NULL) AND in_force(m.active_from, m.active_to, day) $$;

-- +goose Down
DROP FUNCTION served(memberships, date);
ALTER TABLE "steps" DROP COLUMN "dues";
