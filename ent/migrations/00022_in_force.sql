-- What is in force on a day was asked in fourteen places, and eight of them
-- forgot that a period also begins: a seat of next year decided the 界别 today.
-- The sentence stands here once for SQL; package authz has it for Go, and a
-- test compares the two. The planner puts the functions' bodies in place of
-- the calls, so they cost nothing; they read nothing but their arguments.
-- The previous version does not call them.

-- +goose Up
CREATE FUNCTION in_force(since date, until date, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT (since IS NULL OR since <= day) AND (until IS NULL OR until >= day) $$;
CREATE FUNCTION in_force(g grants, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT g.revoked_at IS NULL AND in_force(g.valid_from, g.valid_to, day) $$;
CREATE FUNCTION in_force(s seats, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT in_force(s.seat_from, s.seat_to, day) $$;
CREATE FUNCTION in_force(m memberships, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT m.status = 'ACTIVE' AND in_force(m.active_from, m.active_to, day) $$;
CREATE FUNCTION in_force(u units, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT in_force(u.active_from, u.active_to, day) $$;
CREATE FUNCTION in_force(t terms, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT in_force(t.starts_on, t.ends_on, day) $$;
