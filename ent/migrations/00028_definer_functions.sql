-- A function that runs with its owner's rights is called by whom it is for and
-- by nobody else. PostgreSQL gives EXECUTE on a new function to everybody, and
-- who may execute a trigger function may hang it on a table of his own, a
-- temporary one say, and have it write what he puts into the row:
-- account_memberships_copy() then rewrites who belongs to which committee. The
-- triggers that exist go on working: the right is asked when a trigger is made.
-- Nobody's temporary tables are needed either; migrations.Up takes that right
-- away each time, because a restored database has it again.

-- +goose Up
REVOKE ALL ON FUNCTION account_memberships_copy(), rights_changed() FROM PUBLIC;
