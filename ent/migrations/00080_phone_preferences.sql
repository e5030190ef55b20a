-- What a person wants on his phone, in one committee: from which level up at
-- once, which kinds not at all, by which channels, in which hours not, and at
-- which hour the rest of the day. Who has no row is told as the committee's
-- policy says. The previous version sends nothing and does not know the table.

-- +goose Up
CREATE TABLE phone_preferences (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  membership_id uuid NOT NULL,
  version int NOT NULL,
  level text NOT NULL,           -- a level of notices; empty: none at once
  muted text[] NOT NULL,         -- kinds of notices
  channels text[] NOT NULL,      -- the first that he can be reached by is used
  quiet_from int NOT NULL CHECK (quiet_from BETWEEN 0 AND 23),
  quiet_to int NOT NULL CHECK (quiet_to BETWEEN 0 AND 23),
  digest_at int CHECK (digest_at BETWEEN 0 AND 23),
  set_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, membership_id),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);
ALTER TABLE phone_preferences ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON phone_preferences USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON phone_preferences TO bihuan_app;

-- 企业微信 knows a person by a name of its own, as a telephone network by a number.
ALTER TABLE memberships ADD COLUMN wecom text NULL;

-- +goose Down
ALTER TABLE memberships DROP COLUMN wecom;
DROP TABLE phone_preferences;
