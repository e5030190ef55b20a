-- The book names who acted and what was acted upon apart (S4), is searched by
-- what people read, and can be sealed with a key that the database has not (S9).
--
-- A record is written in two steps: audit_next holds the head and answers what
-- comes before, the program seals, audit_put adds. audit_append stays for the
-- previous version, which serves beside this one and seals nothing.
--
-- What happens to a person's account is told to each committee in which he is:
-- account_event lays it into their trays, in the transaction in which it
-- happened, and the program writes it into their chains from there.

-- +goose Up
ALTER TABLE audit_log ADD COLUMN said text, ADD COLUMN mac bytea, ADD COLUMN key_id text;

-- +goose StatementBegin
CREATE FUNCTION audit_next(OUT seq bigint, OUT hash bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
  IF t IS NULL THEN RAISE EXCEPTION 'audit_next: no tenant'; END IF;
  INSERT INTO audit_heads VALUES (t, 0, sha256('')) ON CONFLICT DO NOTHING;
  SELECT h.seq + 1, h.hash INTO seq, hash FROM audit_heads h WHERE h.tenant_id = t FOR UPDATE;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_put(p_seq bigint, p_entry text, p_said text, p_mac bytea, p_key text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  t uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  h audit_heads;
BEGIN
  IF t IS NULL THEN RAISE EXCEPTION 'audit_put: no tenant'; END IF;
  SELECT * INTO h FROM audit_heads WHERE tenant_id = t FOR UPDATE;
  IF h.seq IS NULL OR h.seq + 1 <> p_seq THEN RAISE EXCEPTION 'audit_put: % is not next', p_seq; END IF;
  h.hash := sha256(h.hash || convert_to(t::text || '|' || p_seq || '|' || p_entry, 'UTF8'));
  INSERT INTO audit_log (tenant_id, seq, entry, hash, said, mac, key_id) VALUES (t, p_seq, p_entry, h.hash, p_said, p_mac, p_key);
  UPDATE audit_heads SET seq = p_seq, hash = h.hash WHERE tenant_id = t;
  RETURN p_seq;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION audit_next(), audit_put(bigint, text, text, bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_next(), audit_put(bigint, text, text, bytea, text) TO bihuan_app;

CREATE TABLE account_events (
  tenant_id uuid NOT NULL, -- the nil UUID for the installation's own chain, hence no reference
  seq bigint GENERATED ALWAYS AS IDENTITY,
  account_id uuid NOT NULL,
  entry text NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);
ALTER TABLE account_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON account_events USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, DELETE ON account_events TO bihuan_app;

-- Who else hears of an account: the committees in which its person is, or the
-- one of them that is named; from inside a committee the installation, too.
-- Where it happens it is written already. Answers into whose trays it went.
-- +goose StatementBegin
CREATE FUNCTION account_event(p_account uuid, p_only uuid, p_entry text) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  here uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  t uuid;
BEGIN
  IF here IS NULL THEN RAISE EXCEPTION 'account_event: no tenant'; END IF;
  FOR t IN SELECT DISTINCT m.tenant_id FROM account_memberships m
           WHERE m.account_id = p_account AND m.active AND m.tenant_id <> here AND (p_only IS NULL OR m.tenant_id = p_only)
           UNION SELECT nobody WHERE here <> nobody ORDER BY 1 LOOP
    PERFORM set_config('app.tenant', t::text, true);
    INSERT INTO account_events (tenant_id, account_id, entry) VALUES (t, p_account, p_entry);
    RETURN NEXT t;
  END LOOP;
  PERFORM set_config('app.tenant', here::text, true);
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION account_event(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION account_event(uuid, uuid, text) TO bihuan_app;
