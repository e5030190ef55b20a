-- What a committee asks of its people year after year (docs/adr/0061). A row is
-- one version of a definition, never changed but for when it was retired. What
-- somebody has done stands in no table: it is counted. Excuses are kept, and which
-- reminders went out, so that each goes out once. Additions only; the previous
-- version knows none of it.

-- +goose Up
CREATE TABLE obligations (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  code text NOT NULL,
  version int NOT NULL,
  definition jsonb NOT NULL,
  applies_on date NOT NULL,
  reason text NOT NULL,
  published_by_id uuid NOT NULL,
  published_at timestamptz NOT NULL,
  retired_on date,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, code, version),
  FOREIGN KEY (tenant_id, published_by_id) REFERENCES memberships (tenant_id, id)
);

CREATE TABLE obligation_excuses (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  code text NOT NULL,
  period_from date NOT NULL,
  membership_id uuid NOT NULL,
  reason text NOT NULL,
  by_id uuid NOT NULL,
  at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_by_id uuid,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, by_id) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, ended_by_id) REFERENCES memberships (tenant_id, id)
);
CREATE UNIQUE INDEX obligation_excuses_one ON obligation_excuses (tenant_id, code, period_from, membership_id) WHERE ended_at IS NULL;

-- which reminders somebody has had: the days before, or the day of an urging
CREATE TABLE obligation_told (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  code text NOT NULL,
  period_from date NOT NULL,
  membership_id uuid NOT NULL,
  mark text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, code, period_from, membership_id, mark),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);

ALTER TABLE obligations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON obligations USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
ALTER TABLE obligation_excuses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON obligation_excuses USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
ALTER TABLE obligation_told ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON obligation_told USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON obligations, obligation_excuses TO bihuan_app;
GRANT SELECT, INSERT ON obligation_told TO bihuan_app;

-- Since when somebody is a member or sits somewhere, long ago where nobody wrote
-- it down, and whether a seat reaches a day or goes beyond it.
CREATE FUNCTION begins(m memberships) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(m.active_from, '1949-01-01'::date) $$;
CREATE FUNCTION begins(s seats) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT coalesce(s.seat_from, '1949-01-01'::date) $$;
CREATE FUNCTION reaches(s seats, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT s.seat_to IS NULL OR s.seat_to >= day $$;

-- +goose Down
DROP FUNCTION reaches(seats, date);
DROP FUNCTION begins(seats);
DROP FUNCTION begins(memberships);
DROP TABLE obligation_told;
DROP TABLE obligation_excuses;
DROP TABLE obligations;
