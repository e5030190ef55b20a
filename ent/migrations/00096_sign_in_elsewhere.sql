-- Signing in at a committee's own provider of identities (OpenID Connect). What a
-- provider says of somebody counts for its committee only, and for whom a person
-- has linked it to himself.

-- +goose Up
CREATE TABLE sign_in_providers (
  tenant_id uuid PRIMARY KEY REFERENCES tenants (id),
  issuer text NOT NULL,
  client_id text NOT NULL,
  secret bytea NOT NULL,          -- AES-256-GCM, bound to the committee
  claim text NOT NULL,            -- the claim that names a person
  name text NOT NULL,             -- what people call it
  set_at timestamptz NOT NULL
);
ALTER TABLE sign_in_providers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sign_in_providers USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_providers TO bihuan_app;

CREATE TABLE account_identities (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  committee uuid NOT NULL REFERENCES tenants (id),
  issuer text NOT NULL,
  subject text NOT NULL,          -- what the claim said
  shown text NOT NULL,            -- as its owner knows himself there
  linked_at timestamptz NOT NULL,
  UNIQUE (committee, issuer, subject),
  UNIQUE (account_id, committee)
);
-- One visit to a provider; it is gone when it is used or after an hour.
CREATE TABLE provider_visits (
  id bytea PRIMARY KEY,           -- SHA-256 of the browser's cookie
  committee uuid NOT NULL REFERENCES tenants (id),
  state bytea NOT NULL,           -- SHA-256
  nonce text NOT NULL,
  verifier text NOT NULL,         -- PKCE
  begun_at timestamptz NOT NULL,
  returned_at timestamptz,        -- a code is exchanged once
  issuer text,
  subject text,                   -- null until the provider has said who it is
  shown text
);
GRANT SELECT, INSERT, UPDATE, DELETE ON account_identities, provider_visits TO bihuan_app;
ALTER TABLE account_sessions ADD COLUMN proved text NOT NULL DEFAULT 'PASSWORD'; -- PASSWORD, PROVIDER or PASSKEY
ALTER TABLE account_sessions ADD COLUMN only_tenant uuid REFERENCES tenants (id); -- the one it may enter; null: any

-- +goose Down
ALTER TABLE account_sessions DROP COLUMN only_tenant, DROP COLUMN proved;
DROP TABLE provider_visits;
DROP TABLE account_identities;
DROP TABLE sign_in_providers;
