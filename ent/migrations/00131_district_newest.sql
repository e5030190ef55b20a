-- The newest of each figure that a district told, beside the row for each day on
-- which it changed: a city that compares its districts reads neighbours in one
-- index instead of going down another one for each number. It says nothing that
-- district_figures does not say, and is filled from that. The previous version
-- writes no row here; what it takes in is missing until that figure changes again.

-- +goose Up
CREATE TABLE district_newest (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  scope text NOT NULL,
  year int NOT NULL,
  split text NOT NULL,
  code text NOT NULL,
  as_of date NOT NULL,
  definition int NOT NULL,
  label text NOT NULL,
  unit text NOT NULL,
  numerator int NOT NULL,
  denominator int,
  parts jsonb,
  at timestamptz NOT NULL,
  moved_on date NOT NULL,
  PRIMARY KEY (tenant_id, scope, year, split, code, agreement_id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);
ALTER TABLE district_newest ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON district_newest USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON district_newest TO bihuan_app;
INSERT INTO district_newest
SELECT DISTINCT ON (tenant_id, agreement_id, scope, year, split, code)
  tenant_id, agreement_id, scope, year, split, code, as_of, definition, label, unit, numerator, denominator, parts, at, moved_on
FROM district_figures ORDER BY tenant_id, agreement_id, scope, year, split, code, as_of DESC;

-- +goose Down
DROP TABLE district_newest;
