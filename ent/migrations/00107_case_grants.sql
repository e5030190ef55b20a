-- A district lets its city look at one case, for a purpose and a time; each
-- look stands in both (docs/adr/0060-one-case-by-a-grant.md). Additions only.

-- +goose Up

-- A grant, at the district with its matter and at the city without one.
CREATE TABLE case_grants (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,                      -- the district's, also at the city
  agreement_id uuid NOT NULL,            -- with the other of the two
  matter_id uuid,                        -- of who gave it; NULL: it was given to us
  title text NOT NULL,
  number text NOT NULL,
  purpose text NOT NULL,
  until date NOT NULL,                   -- the last day
  given_by text NOT NULL,
  given_at timestamptz NOT NULL,
  ended_at timestamptz,                  -- before its time
  ended_by text NOT NULL DEFAULT '',
  reason text NOT NULL DEFAULT '',       -- of the end
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id),
  FOREIGN KEY (tenant_id, matter_id) REFERENCES matters (tenant_id, id)
);

-- A look, at the city with what was seen and at the district without.
CREATE TABLE case_looks (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,                      -- the city's, also at the district
  grant_id uuid NOT NULL,
  person text NOT NULL,                  -- who looked
  membership_id uuid,                    -- the same, at the city
  envelope_id uuid,                      -- by which it was asked, at the city
  asked_at timestamptz NOT NULL,
  answered_at timestamptz,
  view jsonb,                            -- at the city
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, grant_id) REFERENCES case_grants (tenant_id, id),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON case_looks (tenant_id, grant_id, asked_at);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['case_grants', 'case_looks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON case_grants, case_looks TO bihuan_app;
