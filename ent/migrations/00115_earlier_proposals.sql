-- The proposals of earlier years come from spreadsheets, too, and are taken back
-- as they came (docs/adr/0064-proposals-of-earlier-years.md). import_unmake learns
-- to take a matter away that an import entered as closed: with the rows beside it
-- that the same line made and with no other, so that what was built on it since
-- stands in the way. Nothing else of it changes.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION import_unkeep(p_matter uuid, p_since timestamptz, p_made jsonb) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  here uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  t text;
BEGIN
  IF NOT EXISTS (SELECT FROM matters m WHERE m.tenant_id = here AND m.id = p_matter AND m.created_at >= p_since AND m.closed_at IS NOT NULL)
     OR NOT EXISTS (SELECT FROM steps s WHERE s.tenant_id = here AND s.matter_id = p_matter AND s.action = 'importEarlier') THEN
    RAISE EXCEPTION 'no matter that an import entered as closed';
  END IF;
  FOREACH t IN ARRAY ARRAY['steps', 'feedback', 'replies', 'assignments', 'parties', 'proposals'] LOOP
    EXECUTE format('DELETE FROM %I x WHERE x.tenant_id = $1 AND x.matter_id = $2 AND x.created_at >= $3
      AND EXISTS (SELECT FROM jsonb_array_elements($4) m WHERE m->>''table'' = %L AND (m->>''id'')::uuid = x.id)', t, t) USING here, p_matter, p_since, p_made;
  END LOOP;
  DELETE FROM matters WHERE tenant_id = here AND id = p_matter;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION import_unkeep(uuid, timestamptz, jsonb) FROM PUBLIC;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION import_unmake(p_batch uuid, p_no int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  here uuid := nullif(current_setting('app.tenant', true), '')::uuid;
  since timestamptz;
  all_made jsonb;
  m jsonb;
BEGIN
  SELECT b.uploaded_at, r.made INTO since, all_made FROM import_batches b JOIN import_rows r ON r.tenant_id = b.tenant_id AND r.batch_id = b.id
    WHERE b.tenant_id = here AND b.id = p_batch AND b.state = 'UNDOING' AND r.no = p_no AND r.state = 'DONE';
  IF since IS NULL THEN
    RAISE EXCEPTION 'no line of an import that is being undone';
  END IF;
  FOR m IN SELECT jsonb_array_elements(r.made) FROM import_rows r WHERE r.tenant_id = here AND r.batch_id = p_batch AND r.no = p_no LOOP
    CASE m->>'table'
    WHEN 'seats' THEN
      DELETE FROM seats WHERE tenant_id = here AND id = (m->>'id')::uuid AND created_at >= since;
    WHEN 'memberships' THEN
      DELETE FROM account_invitations WHERE committee = here AND membership_id = (m->>'id')::uuid AND answered_at IS NULL;
      DELETE FROM memberships WHERE tenant_id = here AND id = (m->>'id')::uuid AND created_at >= since;
      DELETE FROM account_memberships WHERE tenant_id = here AND membership_id = (m->>'id')::uuid;
    WHEN 'units' THEN
      DELETE FROM units WHERE tenant_id = here AND id = (m->>'id')::uuid AND created_at >= since;
    WHEN 'account_invitations' THEN
      DELETE FROM account_invitations WHERE committee = here AND id = (m->>'id')::uuid AND answered_at IS NULL AND invited_at >= since;
    WHEN 'accounts' THEN
      UPDATE memberships SET account_id = NULL WHERE tenant_id = here AND account_id = (m->>'id')::uuid
        AND EXISTS (SELECT FROM accounts a WHERE a.id = account_id AND a.activated_at IS NULL AND a.created_at >= since);
      DELETE FROM accounts a WHERE a.id = (m->>'id')::uuid AND a.activated_at IS NULL AND a.created_at >= since
        AND NOT EXISTS (SELECT FROM account_memberships x WHERE x.account_id = a.id);
    WHEN 'matters' THEN
      PERFORM import_unkeep((m->>'id')::uuid, since, all_made);
    WHEN 'steps', 'feedback', 'replies', 'assignments', 'parties', 'proposals' THEN
      NULL; -- with their matter
    ELSE
      RAISE EXCEPTION 'an import makes no %', m->>'table';
    END CASE;
  END LOOP;
  INSERT INTO tenant_versions (tenant_id) VALUES (here) ON CONFLICT (tenant_id) DO UPDATE SET rights = tenant_versions.rights + 1;
END $$;
-- +goose StatementEnd
