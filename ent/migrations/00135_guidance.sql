-- A committee publishes templates, checklists, rules and definitions of figures to
-- those below it (docs/adr/0069-what-a-city-publishes-downward.md). The first two
-- tables are the publisher's, the third the taker's. Additions only; the previous
-- version knows none of it.

-- +goose Up

-- What was published: never changed but for its withdrawal.
CREATE TABLE guidance_issued (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  kind text NOT NULL,
  code text NOT NULL,
  version int NOT NULL,                  -- of the publications of this paper
  form int NOT NULL,                     -- of the content
  title text NOT NULL,
  required boolean NOT NULL,
  note text NOT NULL,
  content jsonb NOT NULL,
  issued_at timestamptz NOT NULL,
  issued_by text NOT NULL,
  withdrawn_at timestamptz,
  withdrawn_by text NOT NULL DEFAULT '',
  reason text NOT NULL DEFAULT '',       -- of the withdrawal
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, kind, code, version)
);

-- To whom, and what each told of it.
CREATE TABLE guidance_sent (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  guidance_id uuid NOT NULL,
  agreement_id uuid NOT NULL,
  envelope_id uuid NOT NULL,
  sent_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'TAKEN', 'DECLINED', 'IN_FORCE')),
  became text NOT NULL DEFAULT '',
  answered_at timestamptz,               -- by the taker's clock
  recalled_at timestamptz,               -- told of the withdrawal
  PRIMARY KEY (tenant_id, guidance_id, agreement_id),
  FOREIGN KEY (tenant_id, guidance_id) REFERENCES guidance_issued (tenant_id, id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- What came.
CREATE TABLE guidance_received (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,                      -- the publisher's
  agreement_id uuid NOT NULL,
  envelope_id uuid NOT NULL,
  kind text NOT NULL,
  code text NOT NULL,
  version int NOT NULL,
  form int NOT NULL,
  title text NOT NULL,
  required boolean NOT NULL,
  note text NOT NULL,
  content jsonb,                         -- NULL: its withdrawal came first
  sent_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  withdrawn_at timestamptz,
  withdrawn_for text NOT NULL DEFAULT '',
  state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'TAKEN', 'DECLINED')),
  became text NOT NULL DEFAULT '',       -- here, or why it was declined
  settled_by text NOT NULL DEFAULT '',
  settled_at timestamptz,
  in_force_at timestamptz,               -- seen to be in force as it came
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);
CREATE INDEX ON guidance_received (tenant_id, agreement_id, kind, code, version);
CREATE INDEX ON guidance_received (tenant_id, received_at, id);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['guidance_issued', 'guidance_sent', 'guidance_received'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON guidance_sent, guidance_received TO bihuan_app;
GRANT SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by, reason) ON guidance_issued TO bihuan_app;
