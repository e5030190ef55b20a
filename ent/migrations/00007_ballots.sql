-- Secret ballots (民主测评). No row joins a voter and a choice, and no row
-- stands for one vote: casting destroys a token and raises counters. The
-- serving role reads the question and the list of voters; the tokens and the
-- tallies it reaches through the functions below only. Why this keeps
-- the secret is told in package ballots.

-- +goose Up
CREATE TABLE ballots (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  matter_id uuid NOT NULL,
  title text NOT NULL,
  subjects uuid[] NOT NULL CHECK (cardinality(subjects) >= 1),   -- units, in the order in which they are shown
  dimensions text[] NOT NULL CHECK (cardinality(dimensions) >= 1),
  options text[] NOT NULL CHECK (cardinality(options) >= 2),
  abstention text NOT NULL CHECK (abstention = ANY (options)),   -- the option that counts as abstained
  voters int NOT NULL CHECK (voters >= 3),                       -- fewer have no secret
  state text NOT NULL CHECK (state IN ('OPEN', 'CLOSED')),
  opens_at timestamptz NOT NULL,
  closes_at timestamptz NOT NULL CHECK (closes_at > opens_at),
  opened_at timestamptz NOT NULL,
  opened_by uuid NOT NULL,
  closed_at timestamptz CHECK ((closed_at IS NULL) = (state = 'OPEN')),
  closed_by uuid,                                                -- null: its time was over
  close_reason text,                                             -- why before its time
  closed_in xid8,                                                -- the transaction that closed it, see ballot_result
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, matter_id) REFERENCES matters (tenant_id, id),
  FOREIGN KEY (tenant_id, opened_by) REFERENCES memberships (tenant_id, id),
  FOREIGN KEY (tenant_id, closed_by) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON ballots (tenant_id, matter_id, opened_at);
CREATE UNIQUE INDEX ON ballots (tenant_id, matter_id) WHERE state = 'OPEN'; -- one at a time

CREATE TABLE ballot_voters (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  ballot_id uuid NOT NULL,
  membership_id uuid NOT NULL,
  claimed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, ballot_id, membership_id),
  FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id),
  FOREIGN KEY (tenant_id, membership_id) REFERENCES memberships (tenant_id, id)
);
CREATE INDEX ON ballot_voters (tenant_id, membership_id);

-- All tokens of a ballot are put in at once when it opens, in the order of
-- their hashes: neither transaction nor place says whose a token is.
CREATE TABLE ballot_tokens (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  ballot_id uuid NOT NULL,
  token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
  PRIMARY KEY (tenant_id, ballot_id, token_hash),
  FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id)
);

-- All counters of a ballot are one row, which every vote writes whole: there is
-- no row, transaction or place by which to see what one vote raised.
CREATE TABLE ballot_tallies (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  ballot_id uuid NOT NULL,
  cast_count int NOT NULL DEFAULT 0,
  invalid_count int NOT NULL DEFAULT 0 CHECK (invalid_count <= cast_count),
  votes int[] NOT NULL, -- of each option of each dimension of each subject, in the ballot's order, the option changing first
  PRIMARY KEY (tenant_id, ballot_id),
  FOREIGN KEY (tenant_id, ballot_id) REFERENCES ballots (tenant_id, id)
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['ballots', 'ballot_voters', 'ballot_tokens', 'ballot_tallies'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I USING (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid) WITH CHECK (tenant_id = nullif(current_setting(''app.tenant'', true), '''')::uuid)', t);
  END LOOP;
END $$;
-- +goose StatementEnd
GRANT SELECT ON ballots, ballot_voters TO bihuan_app;

-- Nobody changes the question of a ballot, and what is closed stays closed.
-- +goose StatementBegin
CREATE FUNCTION ballots_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'CLOSED' OR (NEW.matter_id, NEW.title, NEW.subjects, NEW.dimensions, NEW.options, NEW.abstention, NEW.voters, NEW.opens_at, NEW.closes_at)
     IS DISTINCT FROM (OLD.matter_id, OLD.title, OLD.subjects, OLD.dimensions, OLD.options, OLD.abstention, OLD.voters, OLD.opens_at, OLD.closes_at) THEN
    RAISE EXCEPTION 'ballots: a ballot does not change, and is not opened again' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep BEFORE UPDATE ON ballots FOR EACH ROW EXECUTE FUNCTION ballots_keep();

-- The functions take the tenant from the transaction, never from an argument,
-- and are under the policy as everybody.

-- +goose StatementBegin
CREATE FUNCTION ballot_open(p_id uuid, p_matter uuid, p_title text, p_subjects uuid[], p_dimensions text[], p_options text[], p_abstention text,
  p_voters uuid[], p_hashes bytea[], p_opens timestamptz, p_closes timestamptz, p_by uuid, p_now timestamptz)
RETURNS void LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t uuid := nullif(current_setting('app.tenant', true), '')::uuid;
BEGIN
  IF cardinality(p_hashes) <> cardinality(p_voters) THEN
    RAISE EXCEPTION 'ballot_open: a token for each voter' USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO ballots (tenant_id, id, matter_id, title, subjects, dimensions, options, abstention, voters, state, opens_at, closes_at, opened_at, opened_by)
  VALUES (t, p_id, p_matter, p_title, p_subjects, p_dimensions, p_options, p_abstention, cardinality(p_voters), 'OPEN', p_opens, p_closes, p_now, p_by);
  INSERT INTO ballot_voters (tenant_id, ballot_id, membership_id) SELECT t, p_id, v FROM unnest(p_voters) v ORDER BY v;
  INSERT INTO ballot_tokens (tenant_id, ballot_id, token_hash) SELECT t, p_id, h FROM unnest(p_hashes) h ORDER BY h;
  INSERT INTO ballot_tallies (tenant_id, ballot_id, votes)
  VALUES (t, p_id, array_fill(0, ARRAY[cardinality(p_subjects) * cardinality(p_dimensions) * cardinality(p_options)]));
END $$;
-- +goose StatementEnd

-- NOT_FOUND: no such ballot, or not on its list. EARLY, CLOSED. USED: this
-- voter's token is gone. GIVEN: the token holds; said again as long as it does.
-- +goose StatementBegin
CREATE FUNCTION ballot_claim(p_ballot uuid, p_voter uuid, p_hash bytea, p_now timestamptz)
RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE b ballots;
BEGIN
  SELECT * INTO b FROM ballots WHERE id = p_ballot;
  IF NOT FOUND OR NOT EXISTS (SELECT FROM ballot_voters WHERE ballot_id = p_ballot AND membership_id = p_voter) THEN RETURN 'NOT_FOUND'; END IF;
  IF b.state = 'CLOSED' OR p_now >= b.closes_at THEN RETURN 'CLOSED'; END IF;
  IF p_now < b.opens_at THEN RETURN 'EARLY'; END IF;
  IF NOT EXISTS (SELECT FROM ballot_tokens WHERE ballot_id = p_ballot AND token_hash = p_hash) THEN RETURN 'USED'; END IF;
  UPDATE ballot_voters SET claimed = true WHERE ballot_id = p_ballot AND membership_id = p_voter AND NOT claimed;
  RETURN 'GIVEN';
END $$;
-- +goose StatementEnd

-- TOKEN: no such ballot or token, or one that was used; all look the same.
-- CLOSED, EARLY. CHOICE: something that was not asked, or one thing answered
-- twice; the token stays. VALID, INVALID: counted, and the token is gone.
-- +goose StatementBegin
CREATE FUNCTION ballot_cast(p_ballot uuid, p_hash bytea, p_units uuid[], p_dimensions text[], p_options text[], p_now timestamptz)
RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  b ballots;
  n int := cardinality(p_units);
  marks int[]; -- places in votes
  whole boolean;
BEGIN
  SELECT * INTO b FROM ballots WHERE id = p_ballot FOR UPDATE; -- one ballot paper after the other
  IF NOT FOUND THEN RETURN 'TOKEN'; END IF;
  IF b.state = 'CLOSED' OR p_now >= b.closes_at THEN RETURN 'CLOSED'; END IF;
  IF NOT EXISTS (SELECT FROM ballot_tokens WHERE ballot_id = p_ballot AND token_hash = p_hash) THEN RETURN 'TOKEN'; END IF;
  IF p_now < b.opens_at THEN RETURN 'EARLY'; END IF;
  SELECT array_agg(((array_position(b.subjects, u) - 1) * cardinality(b.dimensions) + array_position(b.dimensions, d) - 1) * cardinality(b.options) + array_position(b.options, o))
  INTO marks FROM unnest(p_units, p_dimensions, p_options) c (u, d, o);
  IF cardinality(p_dimensions) <> n OR cardinality(p_options) <> n OR array_position(marks, NULL) IS NOT NULL
     OR n <> (SELECT count(DISTINCT (u, d)) FROM unnest(p_units, p_dimensions) c (u, d)) THEN
    RETURN 'CHOICE';
  END IF;
  whole := n = cardinality(b.subjects) * cardinality(b.dimensions);
  DELETE FROM ballot_tokens WHERE ballot_id = p_ballot AND token_hash = p_hash;
  UPDATE ballot_tallies SET cast_count = cast_count + 1, invalid_count = invalid_count + (NOT whole)::int,
    votes = ARRAY(SELECT v + (whole AND i = ANY (marks))::int FROM unnest(votes) WITH ORDINALITY x (v, i) ORDER BY i)
  WHERE ballot_id = p_ballot;
  RETURN CASE WHEN whole THEN 'VALID' ELSE 'INVALID' END;
END $$;
-- +goose StatementEnd

-- NOT_FOUND, CLOSED: it is already. EARLY: before its time only by somebody
-- and with a reason. DONE: closed for good, and the tokens left over are gone.
-- +goose StatementBegin
CREATE FUNCTION ballot_close(p_ballot uuid, p_by uuid, p_reason text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  b ballots;
  early boolean;
BEGIN
  SELECT * INTO b FROM ballots WHERE id = p_ballot FOR UPDATE;
  IF NOT FOUND THEN RETURN 'NOT_FOUND'; END IF;
  IF b.state = 'CLOSED' THEN RETURN 'CLOSED'; END IF;
  early := (p_now >= b.closes_at) IS NOT TRUE;
  IF early AND (p_by IS NULL OR coalesce(btrim(p_reason), '') = '') THEN RETURN 'EARLY'; END IF;
  UPDATE ballots SET state = 'CLOSED', closed_by = p_by, closed_in = pg_current_xact_id(), close_reason = nullif(btrim(p_reason), ''),
    closed_at = CASE WHEN early OR p_by IS NOT NULL THEN p_now ELSE b.closes_at END WHERE id = p_ballot;
  DELETE FROM ballot_tokens WHERE ballot_id = p_ballot;
  RETURN 'DONE';
END $$;
-- +goose StatementEnd

-- Refused while the ballot is open, whoever asks, and in the transaction that
-- closes it: else one could close, read, and roll the closing back. Fewer than
-- three ballot papers would tell who chose what, so of them only the number is
-- told.
-- +goose StatementBegin
CREATE FUNCTION ballot_result(p_ballot uuid)
RETURNS TABLE (cast_count int, invalid_count int, votes int[])
LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM ballots b WHERE b.id = p_ballot AND b.state = 'CLOSED'
                 AND b.closed_in IS DISTINCT FROM pg_current_xact_id_if_assigned()) THEN
    RAISE EXCEPTION 'ballot_result: no such ballot, or it is open' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY
    SELECT t.cast_count, CASE WHEN t.cast_count >= 3 THEN t.invalid_count END, CASE WHEN t.cast_count >= 3 THEN t.votes END
    FROM ballot_tallies t WHERE t.ballot_id = p_ballot;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN ('ballot_open', 'ballot_claim', 'ballot_cast', 'ballot_close', 'ballot_result') LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO bihuan_app', f);
  END LOOP;
END $$;
-- +goose StatementEnd
