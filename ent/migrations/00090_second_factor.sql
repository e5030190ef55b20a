-- A second factor belongs to an account: the secret of a time-based one-time
-- password (RFC 6238), sealed with the installation's key, and recovery codes as
-- keyed hashes. A factor counts once its owner has shown that he has it.

-- +goose Up
CREATE TABLE account_factors (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  secret bytea NOT NULL,         -- AES-256-GCM: nonce, then what is sealed; the account is bound to it
  created_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  last_step bigint NOT NULL DEFAULT 0 -- of the last code that was used: none is used twice
);
CREATE TABLE recovery_codes (
  account_id uuid NOT NULL REFERENCES accounts (id),
  hash bytea NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (account_id, hash)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON account_factors, recovery_codes TO bihuan_app;

-- +goose Down
DROP TABLE recovery_codes;
DROP TABLE account_factors;
