-- A committee defines figures of its own (docs/adr/0058). A row is one version of
-- a definition, never changed but for when it was retired. What a row adds to a
-- sum is kept with the rows of a report. Additions only; the previous version knows
-- none of it.

-- +goose Up
CREATE TABLE figure_definitions (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  code text NOT NULL,
  version int NOT NULL,
  definition jsonb NOT NULL,
  reason text NOT NULL,
  published_by_id uuid NOT NULL,
  published_at timestamptz NOT NULL,
  retired_at timestamptz,
  retired_by_id uuid,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, code, version),
  FOREIGN KEY (tenant_id, published_by_id) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, retired_by_id) REFERENCES memberships (tenant_id, id)
);
CREATE UNIQUE INDEX figure_definitions_in_force ON figure_definitions (tenant_id, code) WHERE retired_at IS NULL;
ALTER TABLE figure_definitions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON figure_definitions USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE (retired_at, retired_by_id) ON figure_definitions TO bihuan_app;

ALTER TABLE report_rows ADD COLUMN amount bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE report_rows DROP COLUMN amount;
DROP TABLE figure_definitions;
