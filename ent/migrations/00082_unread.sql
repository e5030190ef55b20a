-- What was done about a turn of which nobody has read: one row for each step, so
-- that each is taken once. subject is the share, empty for the matter itself;
-- since, when its people were told. unread_looks is the day on which a committee
-- was looked through last. The previous version takes no such steps.

-- +goose Up
CREATE TABLE escalations (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  matter_id uuid NOT NULL,
  subject text NOT NULL,
  since timestamptz NOT NULL,
  step int NOT NULL CHECK (step BETWEEN 1 AND 3),
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, matter_id, subject, since, step),
  FOREIGN KEY (tenant_id, matter_id) REFERENCES matters (tenant_id, id)
);
ALTER TABLE escalations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON escalations USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON escalations TO bihuan_app;

CREATE TABLE unread_looks (
  tenant_id uuid NOT NULL PRIMARY KEY REFERENCES tenants (id),
  day date NOT NULL
);
ALTER TABLE unread_looks ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON unread_looks USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON unread_looks TO bihuan_app;

-- +goose Down
DROP TABLE unread_looks;
DROP TABLE escalations;
