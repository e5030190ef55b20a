-- What is to reach a phone, written with the notice in one statement, and the
-- codes by which somebody shows that a number is his. A row has the id of its
-- notice, so that none is there twice. A code stands nowhere: it is computed
-- from its row's id and the installation's secret when it is sent and compared.
--
-- A row waits until its next_at; who takes it sets lease_until, and who dies over
-- it is taken over after that. SENT, DROPPED (nothing to send, and why) and DEAD
-- (given up) are for good; an administrator may let a dead one wait again. What
-- has ended is forgotten after some weeks. The previous version writes no rows:
-- what it tells meanwhile reaches no phone.

-- +goose Up
CREATE TABLE phone_codes (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  membership_id uuid NOT NULL,
  channel text NOT NULL,
  address text NOT NULL,         -- to be his
  asked_at timestamptz NOT NULL,
  tries int NOT NULL DEFAULT 0,  -- wrong ones
  ended_at timestamptz,          -- used, or another was asked for
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON phone_codes (tenant_id, membership_id, asked_at);
CREATE INDEX ON phone_codes (tenant_id, address, asked_at);
ALTER TABLE phone_codes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON phone_codes USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON phone_codes TO bihuan_app;

CREATE TABLE phone_outbox (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  membership_id uuid NOT NULL,
  notice_id uuid,
  code_id uuid,
  status text NOT NULL DEFAULT 'WAITING' CHECK (status IN ('WAITING', 'SENT', 'DROPPED', 'DEAD')),
  digest boolean NOT NULL DEFAULT false,   -- with the others of its person, at next_at
  next_at timestamptz NOT NULL,
  lease_until timestamptz,
  attempts int NOT NULL DEFAULT 0,         -- failures
  channel text NOT NULL DEFAULT '',        -- by which it went, or was last tried
  code text NOT NULL DEFAULT '',           -- what the carrier answered
  reason text NOT NULL DEFAULT '',         -- in Chinese
  receipt text NOT NULL DEFAULT '',        -- what the carrier calls it
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  CHECK (notice_id IS NOT NULL OR code_id IS NOT NULL),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, notice_id) REFERENCES notices (tenant_id, id),
  FOREIGN KEY (tenant_id, code_id) REFERENCES phone_codes (tenant_id, id)
);
CREATE INDEX ON phone_outbox (tenant_id, next_at, id) WHERE status = 'WAITING';
CREATE INDEX ON phone_outbox (tenant_id, id) WHERE status = 'DEAD';
CREATE INDEX ON phone_outbox (tenant_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ON phone_outbox (tenant_id, code_id) WHERE code_id IS NOT NULL;
ALTER TABLE phone_outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON phone_outbox USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON phone_outbox TO bihuan_app;

-- +goose Down
DROP TABLE phone_outbox;
DROP TABLE phone_codes;
