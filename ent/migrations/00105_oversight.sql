-- A district's figures go to its city, and the city keeps what came
-- (docs/adr/0059-what-a-city-sees.md). The first two tables are the district's,
-- the others the city's. Additions only; the previous version knows none of it.

-- +goose Up

-- What of its figures a committee lets a partner have, and how far that is told.
CREATE TABLE figure_shares (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  codes text[],                          -- NULL: all, later ones too
  splits text[],                         -- NULL: all that are shared at all
  status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'SUSPENDED')),
  reason text NOT NULL DEFAULT '',       -- of the suspension
  version int NOT NULL DEFAULT 1,
  changed_at timestamptz NOT NULL,
  told_version int NOT NULL DEFAULT 0,   -- of these terms that the partner was told
  told_at timestamptz,                   -- the last time that figures were counted for it
  told_on date,                          -- as of which day
  book bigint NOT NULL DEFAULT -1,       -- how far the book was when they were counted
  next_at timestamptz,                   -- not counted again before
  problem text NOT NULL DEFAULT '',      -- why some were not told
  PRIMARY KEY (tenant_id, agreement_id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- What the partner was told last.
CREATE TABLE figures_told (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  scope text NOT NULL,
  year int NOT NULL,
  split text NOT NULL,                   -- empty: the whole
  code text NOT NULL,
  value text NOT NULL,                   -- empty: to be told again
  PRIMARY KEY (tenant_id, agreement_id, scope, year, split, code),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- What a district let the city have, and since when. Never altered.
CREATE TABLE district_terms (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  at timestamptz NOT NULL,               -- by the district
  codes text[],
  splits text[],
  status text NOT NULL CHECK (status IN ('ACTIVE', 'SUSPENDED')),
  reason text NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, agreement_id, at),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- On which days a district said that what it had told stands.
CREATE TABLE district_days (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  as_of date NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, agreement_id, as_of),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- What a district calls its sittings, and their days.
CREATE TABLE district_scopes (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  scope text NOT NULL,
  year int NOT NULL,
  name text NOT NULL,
  opens_on date,
  closes_on date,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, agreement_id, scope, year),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- A district's figures, one row for each day on which one changed.
CREATE TABLE district_figures (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  scope text NOT NULL,
  year int NOT NULL,
  split text NOT NULL,
  code text NOT NULL,
  as_of date NOT NULL,
  definition int NOT NULL,               -- the version by which it was counted
  label text NOT NULL,                   -- as the district calls it
  unit text NOT NULL,
  numerator int NOT NULL,
  denominator int,                       -- NULL of a count
  parts jsonb,                           -- of a split
  at timestamptz NOT NULL,               -- counted
  moved_on date NOT NULL,                -- since when it has been this number
  received_at timestamptz NOT NULL,
  envelope_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, agreement_id, scope, year, split, code, as_of),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['figure_shares', 'figures_told', 'district_terms', 'district_days', 'district_scopes', 'district_figures'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON figure_shares, figures_told, district_terms, district_days, district_scopes, district_figures TO bihuan_app;
