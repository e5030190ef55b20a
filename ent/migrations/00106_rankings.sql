-- Rankings that a city publishes to its districts, with the copy that each of
-- them has, and what the city's overseers were alerted to
-- (docs/adr/0059-what-a-city-sees.md). Additions only.

-- +goose Up
CREATE TABLE rankings (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,                      -- the city's, also in a copy
  agreement_id uuid,                     -- from whom the copy came; NULL at who published it
  code text NOT NULL,
  label text NOT NULL,
  scope text NOT NULL,
  year int NOT NULL,
  as_of date NOT NULL,
  ascending boolean NOT NULL,            -- the least is the first
  places jsonb NOT NULL,                 -- in their order; those without a place last
  published_at timestamptz NOT NULL,
  withdrawn_at timestamptz,
  reason text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- What has stopped moving in a district, for as long as it stands still.
CREATE TABLE district_alerts (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  agreement_id uuid NOT NULL,
  about text NOT NULL,                   -- SILENT, FIGURES or TASK
  matter_id uuid,                        -- of a task
  text text NOT NULL,
  since date NOT NULL,
  found_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id),
  FOREIGN KEY (tenant_id, matter_id) REFERENCES matters (tenant_id, id)
);
CREATE UNIQUE INDEX ON district_alerts (tenant_id, agreement_id, about, coalesce(matter_id, '00000000-0000-0000-0000-000000000000')) WHERE ended_at IS NULL;

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['rankings', 'district_alerts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON rankings, district_alerts TO bihuan_app;
