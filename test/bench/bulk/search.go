package bulk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/errs"
)

// together is how many committees are written into the index at once: as many as
// can be sorted in memory.
const together = 100

// Search puts all cases into the index of search, as search.Fill does, but by
// sets: Fill takes milliseconds a case, and the country has two million. What
// the index holds of a row is asked of the index's own functions: only the one
// that writes a row is another for that time. Since most texts of this world are
// alike, each is folded once.
//
// It needs a superuser, and is one transaction: stopped half-way it leaves
// nothing behind, and an index that is there already stays. It ends with a
// comparison of some committees, spread over all of them, with what the product
// itself writes.
func Search(ctx context.Context, superURL string, progress func(line string)) (cases int, err error) {
	defer errs.Wrap(&err, "bulk.Search")
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return 0, fmt.Errorf("the superuser's database URL cannot be used")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	start := time.Now()
	said := func(format string, args ...any) {
		progress(fmt.Sprintf("%5.0fs  ", time.Since(start).Seconds()) + fmt.Sprintf(format, args...))
	}
	rows, err := conn.Query(ctx, `SELECT id FROM tenants t WHERE EXISTS (SELECT FROM units u WHERE u.tenant_id = t.id) ORDER BY id`)
	if err != nil {
		return 0, err
	}
	committees, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return 0, err
	}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM search_parts)`).Scan(&there); err != nil {
		return 0, err
	}
	if !there {
		if cases, err = fill(ctx, conn, committees, said); err != nil {
			return 0, err
		}
	}
	for i := range min(5, len(committees)) {
		if err := compare(ctx, conn, committees[i*(len(committees)-1)/4%len(committees)]); err != nil {
			return 0, err
		}
	}
	said("some committees compared with what the product writes")
	return cases, nil
}

func fill(ctx context.Context, conn *pgx.Conn, committees []uuid.UUID, said func(string, ...any)) (cases int, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
		if _, err = tx.Exec(ctx, `SET LOCAL session_replication_role = replica; SET LOCAL work_mem = '768MB'; SET LOCAL maintenance_work_mem = '768MB'; SET LOCAL jit = off`); err != nil {
			return err
		}
		if err = texts(ctx, tx, said); err != nil {
			return err
		}
		cases, err = index(ctx, tx, committees, said)
		return err
	})
	return cases, err
}

// texts collects in raw what of all rows belongs into the index, and in fold
// what becomes of each text.
func texts(ctx context.Context, tx pgx.Tx, said func(string, ...any)) error {
	var put string
	var tables []string
	err := tx.QueryRow(ctx, `SELECT (SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'search_put'),
		(SELECT array_agg(t.typname ORDER BY t.typname) FROM pg_proc p JOIN pg_type t ON t.oid = p.proargtypes[0] WHERE p.proname = 'search_row')`).Scan(&put, &tables)
	if err != nil {
		return err
	}
	// The functions that take a row apart are written in SQL and call search_put by
	// name, with these arguments.
	head, _, ok := strings.Cut(put, "RETURNS void")
	if !ok {
		return fmt.Errorf("search_put is not what it was: %s", put)
	}
	if _, err := tx.Exec(ctx, `CREATE TEMP TABLE raw (tenant uuid, source text COLLATE "C", part uuid, field text COLLATE "C", matter uuid, weight smallint, brief boolean, shown text) ON COMMIT DROP;`+
		head+` RETURNS void LANGUAGE plpgsql AS $f$ BEGIN
			INSERT INTO raw VALUES (of_tenant, of_source, of_part, of_field, of_matter, its_weight, is_brief, coalesce(text_shown, ''));
		END $f$`); err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := tx.Exec(ctx, `SELECT count(search_row(r)) FROM `+pgx.Identifier{t}.Sanitize()+` r`); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		said("texts of %s", t)
	}
	_, err = tx.Exec(ctx, put+`;
		DELETE FROM raw WHERE shown = '' AND field <> 'TITLE' AND source <> 'UNIT';
		CREATE INDEX ON raw (tenant);
		CREATE TEMP TABLE fold ON COMMIT DROP AS
		  SELECT brief, shown, body, words, search_sign(search_marks_of(body, words)) AS sign FROM (
		    SELECT brief, shown, body, search_words_of(body, brief) AS words FROM (
		      SELECT brief, shown, search_fold(shown) AS body FROM (SELECT DISTINCT brief, shown FROM raw) a OFFSET 0) b OFFSET 0) c;
		CREATE INDEX ON fold (md5(shown), brief);
		ANALYZE raw; ANALYZE fold`)
	said("texts folded")
	return err
}

// index writes the index's rows, the rows of a committee together.
func index(ctx context.Context, tx pgx.Tx, committees []uuid.UUID, said func(string, ...any)) (cases int, err error) {
	again, err := takeDown(ctx, tx, []string{"search_parts", "search_signs"})
	if err != nil {
		return 0, err
	}
	for first := 0; first < len(committees); first += together {
		some := committees[first:min(first+together, len(committees))]
		_, err := tx.Exec(ctx, `INSERT INTO search_parts (tenant_id, source, part_id, field, matter_id, weight, brief, shown, body, words)
			SELECT r.tenant, r.source, r.part, r.field, r.matter, r.weight, r.brief, r.shown, f.body, f.words
			FROM raw r JOIN fold f ON md5(f.shown) = md5(r.shown) AND f.brief = r.brief AND f.shown = r.shown
			WHERE r.tenant = ANY ($1) AND (f.body <> '' OR r.field = 'TITLE' OR r.source = 'UNIT')
			ORDER BY r.tenant, r.matter NULLS FIRST`, some)
		if err != nil {
			return 0, err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO search_signs (tenant_id, matter_id, sign)
			SELECT r.tenant, r.matter, bit_or(f.sign) FROM raw r JOIN fold f ON md5(f.shown) = md5(r.shown) AND f.brief = r.brief AND f.shown = r.shown
			WHERE r.tenant = ANY ($1) AND r.matter IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2`, some)
		if err != nil {
			return 0, err
		}
		cases += int(tag.RowsAffected())
		if first/together%5 == 4 {
			said("%d cases", cases)
		}
	}
	for _, s := range append(again.indexes, again.references...) {
		if _, err := tx.Exec(ctx, s); err != nil {
			return 0, fmt.Errorf("%s: %w", s, err)
		}
	}
	said("%d cases; indexes", cases)
	_, err = tx.Exec(ctx, `ANALYZE search_parts; ANALYZE search_signs`)
	return cases, err
}

// compare lets the product write one committee's index anew, and refuses when
// it is another than what is there. It changes nothing.
func compare(ctx context.Context, conn *pgx.Conn, committee uuid.UUID) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	const columns = `source, part_id, field, matter_id, weight, brief, shown, body, words`
	if _, err := tx.Exec(ctx, fmt.Sprintf(`
		SET LOCAL session_replication_role = replica;
		CREATE TEMP TABLE parts ON COMMIT DROP AS SELECT %[1]s FROM search_parts WHERE tenant_id = '%[2]s';
		CREATE TEMP TABLE signs ON COMMIT DROP AS SELECT matter_id, sign FROM search_signs WHERE tenant_id = '%[2]s';
		SET LOCAL ROLE bihuan_app; -- its rows alone, by indexes that begin with the tenant
		SET LOCAL "app.tenant" = '%[2]s';
		DELETE FROM search_parts;
		DELETE FROM search_signs;
		SELECT count(search_row(u)) FROM units u;
		SELECT count(search_fill(id)) FROM matters;
		RESET ROLE`, columns, committee)); err != nil {
		return err
	}
	var parts, differ int
	err = tx.QueryRow(ctx, fmt.Sprintf(`WITH now AS (SELECT %[1]s FROM search_parts WHERE tenant_id = $1), sign AS (SELECT matter_id, sign FROM search_signs WHERE tenant_id = $1)
		SELECT (SELECT count(*) FROM now), (SELECT count(*) FROM ((TABLE parts EXCEPT TABLE now) UNION ALL (TABLE now EXCEPT TABLE parts)) a)
		  + (SELECT count(*) FROM ((TABLE signs EXCEPT TABLE sign) UNION ALL (TABLE sign EXCEPT TABLE signs)) b)`, columns), committee).Scan(&parts, &differ)
	if err == nil && (differ > 0 || parts == 0) {
		err = fmt.Errorf("the index of %s differs from what the product writes: %d of %d rows", committee, differ, parts)
	}
	return err
}
