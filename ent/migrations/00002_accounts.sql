-- Accounts and their sessions belong to persons, not to committees: a person
-- signs in before any tenant is known. These tables are global and owned by
-- package authz. They hold no business data.

-- +goose Up
CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  login text NOT NULL UNIQUE CHECK (login = lower(login) AND length(login) BETWEEN 3 AND 64),
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  password_changed_at timestamptz NOT NULL,
  disabled_at timestamptz
);

-- Which committees a person may choose. A copy of memberships, kept by the
-- trigger below, because at sign-in no tenant is set and the policy of
-- memberships answers nothing.
CREATE TABLE account_memberships (
  membership_id uuid PRIMARY KEY,
  account_id uuid NOT NULL,
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  active boolean NOT NULL
);
CREATE INDEX ON account_memberships (account_id);

-- +goose StatementBegin
CREATE FUNCTION account_memberships_copy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.account_id IS NULL THEN
    DELETE FROM account_memberships WHERE membership_id = NEW.id;
  ELSE
    INSERT INTO account_memberships VALUES (NEW.id, NEW.account_id, NEW.tenant_id, NEW.status = 'ACTIVE')
    ON CONFLICT (membership_id) DO UPDATE SET account_id = EXCLUDED.account_id, active = EXCLUDED.active;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER account_memberships_copy AFTER INSERT OR UPDATE OF account_id, status ON memberships
  FOR EACH ROW EXECUTE FUNCTION account_memberships_copy();

CREATE TABLE account_sessions (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  membership_id uuid,            -- null until a committee is chosen
  chosen_tenant uuid REFERENCES tenants (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_why text,
  client text NOT NULL DEFAULT ''
);
CREATE INDEX ON account_sessions (account_id) WHERE revoked_at IS NULL;

-- A refresh token is used once. One that is used twice was stolen, and ends
-- its session.
CREATE TABLE refresh_tokens (
  hash bytea PRIMARY KEY,        -- SHA-256 of the token; the token itself is stored nowhere
  session_id uuid NOT NULL REFERENCES account_sessions (id),
  issued_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX ON refresh_tokens (session_id);

-- Failed tries, counted by account and by address alike.
CREATE TABLE sign_in_failures (
  key text PRIMARY KEY,          -- 'login:…' or 'address:…'
  failures int NOT NULL,
  last_at timestamptz NOT NULL,
  locked_until timestamptz
);

GRANT SELECT, INSERT, UPDATE ON accounts, account_sessions TO bihuan_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens, sign_in_failures TO bihuan_app;
GRANT SELECT ON account_memberships TO bihuan_app;
