-- What changes nothing is noted by nobody, and costs as little (ADR 30, 33). An
-- action's statements reach several tables at once, and most of them change no
-- row there: their notes called out to the committee all the same. And the head
-- of the book is there but for a committee's first record.
-- Functions only: the previous version's writes are noted as before.

-- +goose Up

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION live_part() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO live_changes (tenant_id, part, part_id, matter_id)
  SELECT tenant_id, TG_TABLE_NAME, id, matter_id FROM changed WHERE matter_id IS NOT NULL;
  IF FOUND THEN
    PERFORM pg_notify('bihuan_live', tenant_id::text) FROM changed WHERE matter_id IS NOT NULL GROUP BY tenant_id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION live_matter() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO live_changes (tenant_id, part, part_id, matter_id) SELECT tenant_id, TG_TABLE_NAME, id, id FROM changed;
  IF FOUND THEN
    PERFORM pg_notify('bihuan_live', tenant_id::text) FROM changed GROUP BY tenant_id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION live_notice() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO live_changes (tenant_id, part, part_id, matter_id, membership_id) SELECT tenant_id, TG_TABLE_NAME, id, matter_id, membership_id FROM changed;
  IF FOUND THEN
    PERFORM pg_notify('bihuan_live', tenant_id::text) FROM changed GROUP BY tenant_id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION live_awaited() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO live_changes (tenant_id, part, part_id, matter_id, membership_id, role, unit_id)
  SELECT DISTINCT tenant_id, TG_TABLE_NAME, matter_id, matter_id, membership_id, role, unit_id FROM changed;
  IF FOUND THEN
    PERFORM pg_notify('bihuan_live', tenant_id::text) FROM changed GROUP BY tenant_id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_next(OUT seq bigint, OUT hash bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
  IF t IS NULL THEN RAISE EXCEPTION 'audit_next: no tenant'; END IF;
  SELECT h.seq + 1, h.hash INTO seq, hash FROM audit_heads h WHERE h.tenant_id = t FOR UPDATE;
  IF NOT FOUND THEN -- two may both find none: the second waits for the first, and reads what it left
    INSERT INTO audit_heads VALUES (t, 0, sha256('')) ON CONFLICT DO NOTHING;
    SELECT h.seq + 1, h.hash INTO seq, hash FROM audit_heads h WHERE h.tenant_id = t FOR UPDATE;
  END IF;
END $$;
-- +goose StatementEnd
