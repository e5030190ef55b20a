-- Plain SQL tables of the tenants: number series, repeated requests, the
-- audit chain, and the version by which cached rights are checked.

-- +goose Up

-- Number series. A number is taken in the transaction that uses it, so a
-- series has no gap, and a taken number never comes back.
CREATE TABLE sequences (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  scope text NOT NULL,
  next bigint NOT NULL,
  PRIMARY KEY (tenant_id, scope)
);

-- What a mutation with an idempotency key did, so that its repetition answers
-- the same and does nothing.
CREATE TABLE idempotency_keys (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  membership_id uuid NOT NULL,
  key text NOT NULL,
  mutation text NOT NULL,
  input_hash bytea NOT NULL,
  result_id uuid,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, membership_id, key),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);

-- Cached rights are valid for one version of a tenant's people and grants.
CREATE TABLE tenant_versions (
  tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
  rights bigint NOT NULL DEFAULT 1
);

-- +goose StatementBegin
CREATE FUNCTION rights_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
  INSERT INTO tenant_versions (tenant_id) VALUES (t)
  ON CONFLICT (tenant_id) DO UPDATE SET rights = tenant_versions.rights + 1;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE ON grants FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE ON seats FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER UPDATE ON memberships FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE ON units FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();

-- The audit chain of a tenant: hash = SHA-256(previous hash, tenant, number,
-- entry). The searchable columns are generated from the entry, so they cannot
-- say anything else. The nil tenant is the installation's own chain
-- (sign-ins), hence no reference to tenants.
CREATE TABLE audit_log (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  entry text NOT NULL,
  hash bytea NOT NULL,
  at text COLLATE "C" GENERATED ALWAYS AS ((entry::jsonb) ->> 'at') STORED,
  action text GENERATED ALWAYS AS ((entry::jsonb) ->> 'action') STORED,
  actor text GENERATED ALWAYS AS ((entry::jsonb) ->> 'actor') STORED,
  object text GENERATED ALWAYS AS ((entry::jsonb) ->> 'object') STORED,
  PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX ON audit_log (tenant_id, object, seq);
CREATE INDEX ON audit_log (tenant_id, actor, seq);
CREATE INDEX ON audit_log (tenant_id, action, seq);
CREATE INDEX ON audit_log (tenant_id, at, seq);
CREATE TABLE audit_heads (
  tenant_id uuid PRIMARY KEY,
  seq bigint NOT NULL,
  hash bytea NOT NULL
);

-- The only way to write: the serving role may call it, and cannot touch the
-- tables. It takes the tenant from the transaction, never from an argument.
-- +goose StatementBegin
CREATE FUNCTION audit_append(p_entry text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  t uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  h audit_heads;
BEGIN
  IF t IS NULL THEN RAISE EXCEPTION 'audit_append: no tenant'; END IF;
  INSERT INTO audit_heads VALUES (t, 0, sha256('')) ON CONFLICT DO NOTHING;
  SELECT * INTO h FROM audit_heads WHERE tenant_id = t FOR UPDATE;
  h.seq := h.seq + 1;
  h.hash := sha256(h.hash || convert_to(t::text || '|' || h.seq || '|' || p_entry, 'UTF8'));
  INSERT INTO audit_log (tenant_id, seq, entry, hash) VALUES (t, h.seq, p_entry, h.hash);
  UPDATE audit_heads SET seq = h.seq, hash = h.hash WHERE tenant_id = t;
  RETURN h.seq;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION audit_append(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append(text) TO bihuan_app;

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sequences', 'idempotency_keys', 'tenant_versions', 'audit_log', 'audit_heads'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON sequences TO bihuan_app;
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO bihuan_app;
GRANT SELECT ON tenant_versions, audit_log, audit_heads TO bihuan_app;
