-- What crosses from one committee to another: envelopes on their way out and
-- in, the end of the chain with each partner, and which of the partner's
-- objects became which of ours. Additions only: the previous version runs
-- beside it.

-- +goose Up

-- The end of the chain to (OUT) and from (IN) a partner. Its row is the lock
-- under which an envelope gets its number, or is taken in.
CREATE TABLE exchange_heads (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  direction text NOT NULL CHECK (direction IN ('OUT', 'IN')),
  seq bigint NOT NULL DEFAULT 0,         -- 0: nothing yet
  hash bytea NOT NULL DEFAULT '',        -- of envelope seq; empty for 0
  PRIMARY KEY (tenant_id, agreement_id, direction),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

CREATE TABLE exchange_outbox (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,                      -- of the envelope, UUIDv7
  agreement_id uuid NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  kind text NOT NULL,
  version int NOT NULL,                  -- of the body's schema
  about_type text NOT NULL DEFAULT '',   -- the sender's object, such as Matter; empty: none
  about_id uuid,
  body text NOT NULL,                    -- canonical JSON
  created_at timestamptz NOT NULL,
  prev bytea NOT NULL,
  hash bytea NOT NULL,
  signature bytea NOT NULL,
  status text NOT NULL DEFAULT 'WAITING' CHECK (status IN ('WAITING', 'DELIVERED', 'REFUSED', 'DEAD')),
  attempts int NOT NULL DEFAULT 0,       -- that failed
  next_at timestamptz NOT NULL,          -- not tried before
  code text NOT NULL DEFAULT '',         -- why it waits, was refused or is dead
  reason text NOT NULL DEFAULT '',       -- the same for people
  exported_at timestamptz,               -- first time in a file
  settled_at timestamptz,                -- since when not WAITING
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, agreement_id, seq),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);
CREATE INDEX ON exchange_outbox (tenant_id, agreement_id, seq) WHERE status IN ('WAITING', 'DEAD');
CREATE INDEX ON exchange_outbox (tenant_id, id) WHERE status IN ('REFUSED', 'DEAD');
CREATE INDEX ON exchange_outbox (tenant_id, about_id) WHERE about_id IS NOT NULL;

-- An envelope taken in: applied, or refused for a reason that stays. A refused
-- one leaves its head and no body.
CREATE TABLE exchange_inbox (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  agreement_id uuid NOT NULL,
  envelope_id uuid NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  kind text NOT NULL,
  version int NOT NULL,
  about_type text NOT NULL DEFAULT '',   -- the sender's object
  about_id uuid,
  body text,                             -- NULL when refused
  created_at timestamptz NOT NULL,       -- by the sender
  received_at timestamptz NOT NULL,
  hash bytea NOT NULL,
  signature bytea NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('APPLIED', 'REFUSED')),
  code text NOT NULL DEFAULT '',
  reason text NOT NULL DEFAULT '',
  result jsonb,                          -- what the sender is told; NULL when refused
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, agreement_id, envelope_id),
  UNIQUE (tenant_id, agreement_id, seq),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);

-- Which of a partner's objects is which of ours, whoever sent it first.
CREATE TABLE exchange_objects (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  agreement_id uuid NOT NULL,
  remote_type text NOT NULL,
  remote_id uuid NOT NULL,
  local_type text NOT NULL,
  local_id uuid NOT NULL,
  ours boolean NOT NULL,                 -- true: it went from us to the partner
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, agreement_id, remote_type, remote_id, local_type, local_id),
  FOREIGN KEY (tenant_id, agreement_id) REFERENCES agreements (tenant_id, id)
);
CREATE INDEX ON exchange_objects (tenant_id, local_id);

-- An envelope that has its number is never altered. A new signature is none:
-- the hash does not cover it.
-- +goose StatementBegin
CREATE FUNCTION exchange_sealed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF (NEW.id, NEW.seq, NEW.kind, NEW.version, NEW.about_type, NEW.about_id, NEW.body, NEW.created_at, NEW.prev, NEW.hash)
     IS DISTINCT FROM (OLD.id, OLD.seq, OLD.kind, OLD.version, OLD.about_type, OLD.about_id, OLD.body, OLD.created_at, OLD.prev, OLD.hash) THEN
    RAISE EXCEPTION 'an envelope is never altered';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER exchange_sealed BEFORE UPDATE ON exchange_outbox FOR EACH ROW EXECUTE FUNCTION exchange_sealed();

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['exchange_heads', 'exchange_outbox', 'exchange_inbox', 'exchange_objects'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT, INSERT, UPDATE ON exchange_heads, exchange_outbox, exchange_inbox, exchange_objects TO bihuan_app;
