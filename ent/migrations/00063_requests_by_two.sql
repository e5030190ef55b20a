-- What one person asks for and another must confirm, where no table of its own
-- keeps that (S2, S6): attaching an account to who holds roles, opening one
-- again, ending an administrator or the last auditor, the keys of an agreement.
-- The input is what the act gets when it is confirmed. Rows are never deleted.

-- +goose Up
CREATE TABLE requests_by_two (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  kind text NOT NULL,
  about uuid NOT NULL,           -- the object that the act changes
  says text NOT NULL,            -- what it changes and whom it affects, for the second person
  reason text NOT NULL,
  input jsonb NOT NULL,
  asked_by uuid NOT NULL,
  asked_at timestamptz NOT NULL,
  settled_by uuid,               -- who confirmed it or took it back
  settled_at timestamptz,
  confirmed boolean,
  PRIMARY KEY (tenant_id, id),
  CHECK ((settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (confirmed IS NULL)),
  FOREIGN KEY (tenant_id, asked_by) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, settled_by) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON requests_by_two (tenant_id, about, asked_at);
ALTER TABLE requests_by_two ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON requests_by_two USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON requests_by_two TO bihuan_app;

-- +goose Down
DROP TABLE requests_by_two;
