-- What a write pays beside its own rows. First the index of search: the functions behind the triggers were in
-- SQL, which PostgreSQL plans anew at each call; here they are plpgsql, which
-- keeps its plans. A field that says what it said is left alone before it is
-- folded, and a row none of whose fields have changed calls nothing. What is in
-- the index stays as it is: the previous version's writes keep it, too.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_terms_of(body text, brief boolean) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  WITH token AS MATERIALIZED (
    SELECT t.m[1] AS word, t.no FROM regexp_matches(body, '[0-9]+|[\u2E80-\U0010FFFF]+|[^ 0-9\u2E80-\U0010FFFF]+', 'g') WITH ORDINALITY t (m, no)
  )
  SELECT left(word, 32) FROM token WHERE word < '⺀' COLLATE "C"
  UNION SELECT ltrim(left(word, 32), '0') FROM token WHERE word ~ '^0+[1-9]'
  UNION SELECT c.han || coalesce(lead(c.han) OVER (PARTITION BY no ORDER BY c.at), '')
    FROM token, unnest(string_to_array(word, NULL)) WITH ORDINALITY c (han, at) WHERE word >= '⺀' COLLATE "C"
  UNION SELECT i FROM token, unnest(search_initials(word)) i WHERE brief AND word >= '⺀' COLLATE "C";
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_put(of_tenant uuid, of_source text, of_part uuid, of_field text, of_matter uuid, its_weight int, is_brief boolean, text_shown text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  was search_parts;
  part bigint;
  folded text;
  terms text[];
  old text[] := '{}';
BEGIN
  SELECT p.* INTO was FROM search_parts p WHERE p.tenant_id = of_tenant AND p.source = of_source AND p.part_id = of_part AND p.field = of_field;
  IF was.no IS NULL AND coalesce(text_shown, '') = '' AND of_field <> 'TITLE' AND of_source <> 'UNIT'
    OR was.shown = coalesce(text_shown, '') AND was.matter_id IS NOT DISTINCT FROM of_matter THEN
    RETURN;
  END IF;
  folded := search_fold(coalesce(text_shown, ''));
  IF folded = '' AND of_field <> 'TITLE' AND of_source <> 'UNIT' THEN -- these stand for a row's being here
    IF was.no IS NOT NULL THEN
      PERFORM search_drop(was);
    END IF;
    RETURN;
  END IF;
  INSERT INTO search_parts (tenant_id, source, part_id, field, matter_id, weight, brief, shown, body)
  VALUES (of_tenant, of_source, of_part, of_field, of_matter, its_weight, is_brief, coalesce(text_shown, ''), folded)
  ON CONFLICT (tenant_id, source, part_id, field) DO UPDATE
  SET matter_id = excluded.matter_id, weight = excluded.weight, brief = excluded.brief, shown = excluded.shown, body = excluded.body
  RETURNING no INTO part;
  terms := ARRAY(SELECT * FROM search_terms_of(folded, is_brief));
  IF was.no IS NOT NULL THEN
    old := ARRAY(SELECT * FROM search_terms_of(was.body, was.brief));
    DELETE FROM search_terms t WHERE t.tenant_id = of_tenant AND t.part = was.no AND t.term = ANY (old) AND t.term <> ALL (terms);
  END IF;
  INSERT INTO search_terms (tenant_id, term, part) SELECT of_tenant, t, part FROM unnest(terms) t WHERE t <> ALL (old)
  ON CONFLICT DO NOTHING;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_drop(was search_parts) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM search_terms t WHERE t.tenant_id = was.tenant_id AND t.part = was.no AND t.term = ANY (ARRAY(SELECT * FROM search_terms_of(was.body, was.brief)));
  DELETE FROM search_parts p WHERE p.tenant_id = was.tenant_id AND p.no = was.no;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r matters) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'MATTER', r.id, 'TITLE', r.id, 10, true, r.title);
  PERFORM search_put(r.tenant_id, 'MATTER', r.id, 'NUMBER', r.id, 20, false, r.number);
  PERFORM search_put(r.tenant_id, 'MATTER', r.id, 'CONTENT', r.id, 2, false, (
      SELECT string_agg(v #>> '{}', E'\n——\n') FROM jsonb_path_query(r.data, 'strict $.**') v
      WHERE jsonb_typeof(v) = 'string' AND v #>> '{}' !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'));
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r proposals) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'PROPOSAL', r.id, 'REGISTRATION', r.matter_id, 15, false, r.registration_no);
  PERFORM search_put(r.tenant_id, 'PROPOSAL', r.id, 'CATEGORY', r.matter_id, 4, true, r.category);
  PERFORM search_put(r.tenant_id, 'PROPOSAL', r.id, 'SITUATION', r.matter_id, 2, false, r.situation);
  PERFORM search_put(r.tenant_id, 'PROPOSAL', r.id, 'ANALYSIS', r.matter_id, 2, false, r.analysis);
  PERFORM search_put(r.tenant_id, 'PROPOSAL', r.id, 'SUGGESTIONS', r.matter_id, 3, false, (
      SELECT string_agg(s, E'\n——\n') FROM jsonb_array_elements_text(CASE jsonb_typeof(r.suggestions) WHEN 'array' THEN r.suggestions END) s));
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r replies) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'REPLY', r.id, 'DOC_NO', r.matter_id, 8, false, r.doc_no);
  PERFORM search_put(r.tenant_id, 'REPLY', r.id, 'BODY', r.matter_id, 2, false, r.body);
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r feedback) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'FEEDBACK', r.id, 'OPINION', r.matter_id, 1, false, r.opinion);
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r records) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'RECORD', r.id, 'NUMBER', r.matter_id, 8, false, r.number);
  PERFORM search_put(r.tenant_id, 'RECORD', r.id, 'TEXT', r.matter_id, 2, false, concat_ws(E'\n——\n', r.text, r.place));
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r events) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'EVENT', r.id, 'NAME', r.matter_id, 4, true, r.title);
  PERFORM search_put(r.tenant_id, 'EVENT', r.id, 'TEXT', r.matter_id, 2, false, concat_ws(E'\n——\n', r.summary, r.place));
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r items) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'ITEM', r.id, 'RECEIPT', r.matter_id, 15, false, r.receipt_no);
  PERFORM search_put(r.tenant_id, 'ITEM', r.id, 'TEXT', r.matter_id, 3, false, r.text);
  PERFORM search_put(r.tenant_id, 'ITEM', r.id, 'DETAIL', r.matter_id, 1, false,
      concat_ws(E'\n——\n', r.aspect, r.owner, r.cause, r.solution, r.duty, r.effect, r.measure, r.evidence));
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r parties) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'PARTY', r.id, 'NAME', r.matter_id, 6, true,
      CASE WHEN r.membership_id IS NOT NULL OR coalesce(r.kind, '') <> 'RESIDENT' AND r.role <> 'RAISER' THEN r.name END);
  PERFORM search_put(r.tenant_id, 'PARTY', r.id, 'ORGANISATION', r.matter_id, 2, false, concat_ws(E'\n——\n', r.organisation, r.post));
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r attachments) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF r.matter_id IS NOT NULL THEN
    PERFORM search_put(r.tenant_id, 'ATTACHMENT', r.id, 'NAME', r.matter_id, 2, false, r.name);
  END IF;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_row(r units) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_put(r.tenant_id, 'UNIT', r.id, 'NAME', NULL, 6, true, concat_ws(E'\n——\n', r.name, r.short_name));
END $$;
-- +goose StatementEnd

-- The tables grow from nothing: a plan that was made while they were empty would
-- read them whole for ever.
ALTER FUNCTION search_index() SET enable_seqscan = off;

DROP TRIGGER search ON matters;
CREATE TRIGGER search AFTER INSERT OR DELETE ON matters FOR EACH ROW EXECUTE FUNCTION search_index('MATTER');
CREATE TRIGGER search_update AFTER UPDATE ON matters FOR EACH ROW
  WHEN ((OLD.title, OLD.number, OLD.data) IS DISTINCT FROM (NEW.title, NEW.number, NEW.data)) EXECUTE FUNCTION search_index('MATTER');
DROP TRIGGER search ON proposals;
CREATE TRIGGER search AFTER INSERT OR DELETE ON proposals FOR EACH ROW EXECUTE FUNCTION search_index('PROPOSAL');
CREATE TRIGGER search_update AFTER UPDATE ON proposals FOR EACH ROW
  WHEN ((OLD.registration_no, OLD.category, OLD.situation, OLD.analysis, OLD.suggestions) IS DISTINCT FROM (NEW.registration_no, NEW.category, NEW.situation, NEW.analysis, NEW.suggestions)) EXECUTE FUNCTION search_index('PROPOSAL');
DROP TRIGGER search ON replies;
CREATE TRIGGER search AFTER INSERT OR DELETE ON replies FOR EACH ROW EXECUTE FUNCTION search_index('REPLY');
CREATE TRIGGER search_update AFTER UPDATE ON replies FOR EACH ROW
  WHEN ((OLD.doc_no, OLD.body) IS DISTINCT FROM (NEW.doc_no, NEW.body)) EXECUTE FUNCTION search_index('REPLY');
DROP TRIGGER search ON feedback;
CREATE TRIGGER search AFTER INSERT OR DELETE ON feedback FOR EACH ROW EXECUTE FUNCTION search_index('FEEDBACK');
CREATE TRIGGER search_update AFTER UPDATE ON feedback FOR EACH ROW
  WHEN (OLD.opinion IS DISTINCT FROM NEW.opinion) EXECUTE FUNCTION search_index('FEEDBACK');
DROP TRIGGER search ON records;
CREATE TRIGGER search AFTER INSERT OR DELETE ON records FOR EACH ROW EXECUTE FUNCTION search_index('RECORD');
CREATE TRIGGER search_update AFTER UPDATE ON records FOR EACH ROW
  WHEN ((OLD.number, OLD.text, OLD.place) IS DISTINCT FROM (NEW.number, NEW.text, NEW.place)) EXECUTE FUNCTION search_index('RECORD');
DROP TRIGGER search ON events;
CREATE TRIGGER search AFTER INSERT OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION search_index('EVENT');
CREATE TRIGGER search_update AFTER UPDATE ON events FOR EACH ROW
  WHEN ((OLD.title, OLD.summary, OLD.place) IS DISTINCT FROM (NEW.title, NEW.summary, NEW.place)) EXECUTE FUNCTION search_index('EVENT');
DROP TRIGGER search ON items;
CREATE TRIGGER search AFTER INSERT OR DELETE ON items FOR EACH ROW EXECUTE FUNCTION search_index('ITEM');
CREATE TRIGGER search_update AFTER UPDATE ON items FOR EACH ROW
  WHEN ((OLD.receipt_no, OLD.text, OLD.aspect, OLD.owner, OLD.cause, OLD.solution, OLD.duty, OLD.effect, OLD.measure, OLD.evidence) IS DISTINCT FROM (NEW.receipt_no, NEW.text, NEW.aspect, NEW.owner, NEW.cause, NEW.solution, NEW.duty, NEW.effect, NEW.measure, NEW.evidence)) EXECUTE FUNCTION search_index('ITEM');
DROP TRIGGER search ON parties;
CREATE TRIGGER search AFTER INSERT OR DELETE ON parties FOR EACH ROW EXECUTE FUNCTION search_index('PARTY');
CREATE TRIGGER search_update AFTER UPDATE ON parties FOR EACH ROW
  WHEN ((OLD.name, OLD.kind, OLD.role, OLD.membership_id, OLD.organisation, OLD.post) IS DISTINCT FROM (NEW.name, NEW.kind, NEW.role, NEW.membership_id, NEW.organisation, NEW.post)) EXECUTE FUNCTION search_index('PARTY');
DROP TRIGGER search ON attachments;
CREATE TRIGGER search AFTER INSERT OR DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION search_index('ATTACHMENT');
CREATE TRIGGER search_update AFTER UPDATE ON attachments FOR EACH ROW
  WHEN ((OLD.name, OLD.matter_id) IS DISTINCT FROM (NEW.name, NEW.matter_id)) EXECUTE FUNCTION search_index('ATTACHMENT');
DROP TRIGGER search ON units;
CREATE TRIGGER search AFTER INSERT OR DELETE ON units FOR EACH ROW EXECUTE FUNCTION search_index('UNIT');
CREATE TRIGGER search_update AFTER UPDATE ON units FOR EACH ROW
  WHEN ((OLD.name, OLD.short_name) IS DISTINCT FROM (NEW.name, NEW.short_name)) EXECUTE FUNCTION search_index('UNIT');

-- The unit that is there in the place of another: itself, mostly.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION heir(unit uuid) RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  u record;
BEGIN
  SELECT id, successor_id INTO u FROM public.units WHERE id = unit;
  IF u.successor_id IS NULL THEN
    RETURN u.id;
  END IF;
  RETURN (
    WITH RECURSIVE chain (id, next) AS (
      SELECT u.id, u.successor_id
      UNION SELECT n.id, n.successor_id FROM public.units n JOIN chain c ON n.id = c.next
    ) SELECT id FROM chain WHERE next IS NULL);
END $$;
-- +goose StatementEnd
