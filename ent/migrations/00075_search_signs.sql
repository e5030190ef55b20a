-- The index of search, fifty times smaller (ADR 29). A row for every pair of
-- characters of every text took fifty times the text. Now a matter has a sign of
-- 4096 bits, one set for each pair, number and beginning of a word that stands
-- somewhere in it: a search reads the committee's signs by their index, in which
-- they lie together, and then only the texts of matters whose sign has all the
-- bits of a word. Bits that a corrected text no longer sets stay until the index
-- is made anew: they cost a look, and find nothing.
--
-- Nobody but the previous version's search reads search_terms, and that version
-- was never given out.

-- +goose Up
DROP TABLE search_terms;
DROP FUNCTION search_terms_of(text, boolean);

CREATE TABLE search_signs (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  matter_id uuid NOT NULL,
  sign bit(4096) NOT NULL,
  PRIMARY KEY (tenant_id, matter_id) INCLUDE (sign)
);
ALTER TABLE search_signs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON search_signs USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON search_signs TO bihuan_app;

-- Each number, each word of letters and, of titles and names, each run of
-- initials after '~', between spaces: what is not found by its characters alone.
ALTER TABLE search_parts ADD COLUMN words text NOT NULL DEFAULT '';
CREATE INDEX ON search_parts (tenant_id, source) WHERE matter_id IS NULL;
CREATE INDEX ON search_parts (tenant_id, field) WHERE brief;

-- +goose StatementBegin
CREATE FUNCTION search_words_of(body text, brief boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((
    WITH token AS MATERIALIZED (
      SELECT DISTINCT t.m[1] AS word FROM regexp_matches(body, CASE WHEN brief THEN '[0-9]+|[\u2E80-\U0010FFFF]+|[^ 0-9\u2E80-\U0010FFFF]+' ELSE '[0-9]+|[^ 0-9\u2E80-\U0010FFFF]+' END, 'g') t (m)
    )
    SELECT ' ' || string_agg(w, ' ' ORDER BY w COLLATE "C") || ' ' FROM (
      SELECT left(word, 32) FROM token WHERE word < '⺀' COLLATE "C"
      UNION SELECT ltrim(left(word, 32), '0') FROM token WHERE word ~ '^0+[1-9]'
      UNION SELECT i FROM token, unnest(search_initials(word)) i WHERE brief AND word >= '⺀' COLLATE "C") x (w)), '');
END $$;
-- +goose StatementEnd

-- What a matter's sign has bits for: of words (see above) numbers as they are and
-- two letters of the others, of ideographs two neighbours.
-- +goose StatementBegin
CREATE FUNCTION search_marks_of(body text, words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN ARRAY(
    SELECT CASE WHEN w ~ '^[0-9]' THEN w WHEN w LIKE '~%' THEN left(w, 3) ELSE left(w, 2) END FROM string_to_table(btrim(words), ' ') w WHERE w <> ''
    UNION SELECT pair FROM (
      SELECT c.han || lead(c.han) OVER (ORDER BY c.at) AS pair FROM unnest(string_to_array(body, NULL)) WITH ORDINALITY c (han, at)) p
    WHERE pair ~ '^[\u2E80-\U0010FFFF]{2}$');
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION search_sign(marks text[]) RETURNS bit(4096) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  sign bit(4096) := B'0'::bit(4096);
  mark text;
BEGIN
  FOREACH mark IN ARRAY marks LOOP
    sign := set_bit(sign, ('x' || left(md5(mark), 3))::bit(12)::int, 1);
  END LOOP;
  RETURN sign;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_put(of_tenant uuid, of_source text, of_part uuid, of_field text, of_matter uuid, its_weight int, is_brief boolean, text_shown text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  was search_parts;
  folded text;
  its_words text;
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
  its_words := search_words_of(folded, is_brief);
  INSERT INTO search_parts (tenant_id, source, part_id, field, matter_id, weight, brief, shown, body, words)
  VALUES (of_tenant, of_source, of_part, of_field, of_matter, its_weight, is_brief, coalesce(text_shown, ''), folded, its_words)
  ON CONFLICT (tenant_id, source, part_id, field) DO UPDATE
  SET matter_id = excluded.matter_id, weight = excluded.weight, brief = excluded.brief, shown = excluded.shown, body = excluded.body, words = excluded.words;
  IF of_matter IS NOT NULL AND coalesce(current_setting('app.filling', true), '') <> of_matter::text THEN
    INSERT INTO search_signs AS s (tenant_id, matter_id, sign) VALUES (of_tenant, of_matter, search_sign(search_marks_of(folded, its_words)))
    ON CONFLICT (tenant_id, matter_id) DO UPDATE SET sign = s.sign | excluded.sign WHERE s.sign & excluded.sign <> excluded.sign;
  END IF;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_drop(was search_parts) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM search_parts p WHERE p.tenant_id = was.tenant_id AND p.no = was.no;
  IF was.source = 'MATTER' THEN
    DELETE FROM search_signs s WHERE s.tenant_id = was.tenant_id AND s.matter_id = was.matter_id;
  END IF;
END $$;
-- +goose StatementEnd

-- Puts a matter with all its parts into the index. Called again it does nothing.
-- The sign is written once, from all of them.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_fill(of_matter uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.filling', of_matter::text, true);
  PERFORM search_row(r) FROM matters r WHERE r.id = of_matter;
  PERFORM search_row(r) FROM proposals r WHERE r.matter_id = of_matter;
  PERFORM search_row(r) FROM replies r WHERE r.matter_id = of_matter;
  PERFORM search_row(r) FROM feedback r WHERE r.matter_id = of_matter;
  PERFORM search_row(r) FROM records r WHERE r.matter_id = of_matter;
  PERFORM search_row(r) FROM events r WHERE r.matter_id = of_matter;
  PERFORM search_row(r) FROM items r WHERE r.matter_id = of_matter;
  PERFORM search_row(r) FROM parties r WHERE r.matter_id = of_matter;
  PERFORM search_row(r) FROM attachments r WHERE r.matter_id = of_matter;
  PERFORM set_config('app.filling', '', true);
  INSERT INTO search_signs (tenant_id, matter_id, sign)
  SELECT p.tenant_id, p.matter_id, bit_or(search_sign(search_marks_of(p.body, p.words))) FROM search_parts p WHERE p.matter_id = of_matter GROUP BY 1, 2
  ON CONFLICT (tenant_id, matter_id) DO UPDATE SET sign = excluded.sign;
END $$;
-- +goose StatementEnd

-- What there is of the index is made anew by the job that fills it.
TRUNCATE search_parts;
