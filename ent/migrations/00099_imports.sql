-- An import is a file of many people or units, kept line by line with what was
-- found of each, carried out and undone in pieces (docs/adr/0053-imports.md).
-- Additions only; the previous version knows none of it.

-- +goose Up
CREATE TABLE import_batches (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  file_name text NOT NULL,
  sha256 text NOT NULL,
  sheets jsonb NOT NULL,          -- each with its kind, its heads and what column each is
  left_out jsonb NOT NULL,        -- sheets and columns that nobody knows
  total int NOT NULL,
  state text NOT NULL CHECK (state IN ('CHECKING', 'CHECKED', 'RUNNING', 'DONE', 'STOPPED', 'UNDOING', 'UNDONE')),
  message text NOT NULL DEFAULT '', -- why it stopped
  only_valid boolean NOT NULL DEFAULT false,
  uploaded_by uuid NOT NULL,
  uploaded_at timestamptz NOT NULL,
  ordered_by uuid NOT NULL,       -- who asked for what is going on now
  carried_at timestamptz,
  undone_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, uploaded_by) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, ordered_by) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON import_batches (tenant_id, state) WHERE state IN ('CHECKING', 'RUNNING', 'UNDOING');

CREATE TABLE import_rows (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  batch_id uuid NOT NULL,
  no int NOT NULL,                -- the order in which they are carried out, from 1
  sheet text NOT NULL,
  line int NOT NULL,              -- in the spreadsheet
  kind text NOT NULL,
  cells jsonb NOT NULL,           -- as they came, one a head
  flaws jsonb NOT NULL,           -- what is wrong on the paper alone
  decided text NOT NULL DEFAULT '' CHECK (decided IN ('', 'NEW', 'SAME', 'SKIP')),
  verdict text CHECK (verdict IN ('NEW', 'CHANGED', 'UNCHANGED', 'DOUBTFUL', 'WRONG')), -- null: not looked at yet
  problems jsonb NOT NULL DEFAULT '[]',
  changes jsonb NOT NULL DEFAULT '[]',
  state text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'DONE', 'SKIPPED', 'FAILED', 'UNDONE', 'KEPT')),
  message text NOT NULL DEFAULT '', -- why it failed, or was not undone
  subject_id uuid,                -- whom or what it is about
  called text NOT NULL DEFAULT '',
  made jsonb NOT NULL DEFAULT '[]', -- rows that it added, the last first
  version int,                    -- of the subject after it
  PRIMARY KEY (tenant_id, batch_id, no),
  FOREIGN KEY (tenant_id, batch_id) REFERENCES import_batches (tenant_id, id)
);
CREATE INDEX ON import_rows (tenant_id, batch_id, verdict, no);
CREATE INDEX ON import_rows (tenant_id, batch_id, subject_id) WHERE subject_id IS NOT NULL;

ALTER TABLE import_batches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON import_batches USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
ALTER TABLE import_rows ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON import_rows USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON import_batches, import_rows TO bihuan_app;

-- What an import added is the only thing of the roster that is ever deleted, and
-- only while nothing refers to it: the serving role may not delete, and this
-- deletes nothing but what the line of an import says that it made, after the
-- import was uploaded. An account goes with it while nobody has activated it.
-- +goose StatementBegin
CREATE FUNCTION import_unmake(p_batch uuid, p_no int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  here uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  since timestamptz;
  m jsonb;
BEGIN
  SELECT b.uploaded_at INTO since FROM import_batches b JOIN import_rows r ON r.tenant_id = b.tenant_id AND r.batch_id = b.id
    WHERE b.tenant_id = here AND b.id = p_batch AND b.state = 'UNDOING' AND r.no = p_no AND r.state = 'DONE';
  IF since IS NULL THEN
    RAISE EXCEPTION 'no line of an import that is being undone';
  END IF;
  FOR m IN SELECT jsonb_array_elements(r.made) FROM import_rows r WHERE r.tenant_id = here AND r.batch_id = p_batch AND r.no = p_no LOOP
    CASE m->>'table'
    WHEN 'seats' THEN
      DELETE FROM seats WHERE tenant_id = here AND id = (m->>'id')::uuid AND created_at >= since;
    WHEN 'memberships' THEN
      DELETE FROM account_invitations WHERE committee = here AND membership_id = (m->>'id')::uuid AND answered_at IS NULL;
      DELETE FROM memberships WHERE tenant_id = here AND id = (m->>'id')::uuid AND created_at >= since;
      DELETE FROM account_memberships WHERE tenant_id = here AND membership_id = (m->>'id')::uuid;
    WHEN 'units' THEN
      DELETE FROM units WHERE tenant_id = here AND id = (m->>'id')::uuid AND created_at >= since;
    WHEN 'account_invitations' THEN
      DELETE FROM account_invitations WHERE committee = here AND id = (m->>'id')::uuid AND answered_at IS NULL AND invited_at >= since;
    WHEN 'accounts' THEN
      UPDATE memberships SET account_id = NULL WHERE tenant_id = here AND account_id = (m->>'id')::uuid
        AND EXISTS (SELECT FROM accounts a WHERE a.id = account_id AND a.activated_at IS NULL AND a.created_at >= since);
      DELETE FROM accounts a WHERE a.id = (m->>'id')::uuid AND a.activated_at IS NULL AND a.created_at >= since
        AND NOT EXISTS (SELECT FROM account_memberships x WHERE x.account_id = a.id);
    ELSE
      RAISE EXCEPTION 'an import makes no %', m->>'table';
    END CASE;
  END LOOP;
  INSERT INTO tenant_versions (tenant_id) VALUES (here) ON CONFLICT (tenant_id) DO UPDATE SET rights = tenant_versions.rights + 1;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION import_unmake(uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION import_unmake(uuid, int) TO bihuan_app;

-- +goose Down
DROP FUNCTION import_unmake(uuid, int);
DROP TABLE import_rows;
DROP TABLE import_batches;
