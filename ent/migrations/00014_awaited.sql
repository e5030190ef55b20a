-- Whom each open matter and each share of one waits for, so that a to-do list,
-- a notice "it is your turn" and the search for what waits for nobody are read
-- from one place. Derived from the matters: what is not here yet is written by
-- the next sweep, or by the next action; a running installation starts at once.
-- An addition only: the previous version runs beside it and asks as before.

-- +goose Up

-- A row means: the membership; or the holders of the role, all of them or those
-- with a seat in the unit or above it. One with neither waits for a day, or for
-- another committee.
CREATE TABLE awaited (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  matter_id uuid NOT NULL,
  key text NOT NULL,                     -- who, of which share, and whether instead of somebody: the same person is awaited once
  assignment_id uuid,                    -- the share; NULL: the matter itself
  turn text NOT NULL,                    -- a code of the definition's turns
  role text,
  unit_id uuid,
  seated boolean NOT NULL DEFAULT false, -- only those with a seat in the unit itself
  membership_id uuid,
  roles text[],                          -- of the membership: it must hold one of them; NULL: none is asked for
  due_on date,                           -- of what is owed here; NULL: there is no day
  since timestamptz NOT NULL,
  instead boolean NOT NULL DEFAULT false, -- of those whose turn it is, since nobody of them is there
  reason text NOT NULL DEFAULT '',       -- why it stands still, in Chinese; empty where somebody standing in is as it should be
  PRIMARY KEY (tenant_id, matter_id, key),
  FOREIGN KEY (tenant_id, matter_id) REFERENCES matters (tenant_id, id),
  FOREIGN KEY (tenant_id, assignment_id) REFERENCES assignments (tenant_id, id),
  FOREIGN KEY (tenant_id, unit_id) REFERENCES units (tenant_id, id),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON awaited (tenant_id, membership_id) WHERE membership_id IS NOT NULL;
CREATE INDEX ON awaited (tenant_id, role, unit_id) WHERE role IS NOT NULL;
CREATE INDEX ON awaited (tenant_id, unit_id) WHERE unit_id IS NOT NULL;
CREATE INDEX ON awaited (tenant_id, since, matter_id) WHERE reason <> '';
ALTER TABLE awaited ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON awaited USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON awaited TO bihuan_app;
