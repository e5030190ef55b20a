-- A city asks the operator to enter, hand over, suspend or resume a committee below
-- it (docs/adr/0070-a-city-and-its-districts.md). A row is the city's, changed when
-- it is settled. Additions only; the previous version knows none of it.

-- +goose Up
CREATE TABLE district_requests (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  what text NOT NULL CHECK (what IN ('CREATE', 'HAND_OVER', 'SUSPEND', 'RESUME')),
  code text NOT NULL,                    -- of the district
  name text NOT NULL,
  short_name text NOT NULL DEFAULT '',   -- of one to be entered
  admin_login text NOT NULL DEFAULT '',  -- of who is to administer it
  admin_name text NOT NULL DEFAULT '',
  reason text NOT NULL,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'DONE', 'REFUSED', 'WITHDRAWN')),
  settled_at timestamptz,
  answer text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX district_requests_waiting ON district_requests (tenant_id, code) WHERE state = 'WAITING';
ALTER TABLE district_requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON district_requests USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE (state, settled_at, answer) ON district_requests TO bihuan_app;
