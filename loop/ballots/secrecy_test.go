package ballots_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/ballots"
)

// stored is a row of any table, as somebody with the whole database sees it.
type stored struct{ table, xmin, place, text string }

func (h *house) dump() (out []stored) {
	tables := rows(h, pgx.RowTo[string], `SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`)
	for _, table := range tables {
		out = append(out, rows(h, func(r pgx.CollectableRow) (s stored, err error) {
			return s, r.Scan(&s.table, &s.xmin, &s.place, &s.text)
		}, fmt.Sprintf(`SELECT '%[1]s', xmin::text, ctid::text, x::text FROM %[1]s x ORDER BY ctid`, table))...)
	}
	return out
}

// unlinked expects that no transaction wrote about a voter and about a choice,
// and that neither a token nor the hash of a used one is kept.
func (h *house) unlinked(t *testing.T, used []string, unused string) {
	t.Helper()
	all := h.dump()
	aboutVoters, aboutChoices := map[string]string{}, map[string]string{}
	for _, s := range all {
		for _, v := range h.voters {
			if strings.Contains(s.text, v.membership.String()) || strings.Contains(s.text, v.account.String()) {
				aboutVoters[s.xmin] = s.table
			}
		}
		if s.table == "ballot_tallies" || strings.Contains(s.text, "castBallot") {
			aboutChoices[s.xmin] = s.table
		}
	}
	if len(aboutVoters) < 5 || len(aboutChoices) < 4 {
		t.Fatalf("the test looks at too little: %d and %d transactions", len(aboutVoters), len(aboutChoices))
	}
	for xmin, table := range aboutChoices {
		if voter := aboutVoters[xmin]; voter != "" {
			t.Errorf("one transaction wrote %s and, about a voter, %s", table, voter)
		}
	}
	for _, s := range all {
		for _, token := range append(slices.Clone(used), unused) {
			sum := sha256.Sum256([]byte(token))
			if strings.Contains(s.text, token) || (token != unused && strings.Contains(s.text, hex.EncodeToString(sum[:]))) {
				t.Errorf("%s keeps a token", s.table)
			}
		}
	}
}

func TestNothingStoredTellsWhoChoseWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 6)
	b := h.opened(h.spec())
	var used []string
	for i, v := range h.voters[:4] { // each claims and casts at once: the worst case
		token := h.claimed(v, b.ID)
		_, err := h.Cast(h.ctx(), token, sheet(b, all(i)))
		must(t, err)
		used = append(used, token)
	}
	unused := h.claimed(h.voters[4], b.ID) // claims last and does not cast; the sixth does nothing
	check := func(t *testing.T) { h.unlinked(t, used, unused) }
	t.Run("no transaction wrote something about a voter and something about a choice, and no token is kept", check)
	t.Run("all counters of a ballot are one row", func(t *testing.T) {
		if n := h.counts()["ballot_tallies"]; n != 1 {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("the tokens lie in the order of their hashes, all written at the opening", func(t *testing.T) {
		got := rows(h, pgx.RowTo[bool], `
			SELECT array_agg(token_hash ORDER BY ctid) = array_agg(token_hash ORDER BY token_hash)
			  AND count(DISTINCT xmin::text) = 1 AND min(xmin::text) = (SELECT xmin::text FROM ballot_voters WHERE membership_id = $1) FROM ballot_tokens`, h.voters[5].membership)
		if !got[0] {
			t.Error("they do not")
		}
	})
	t.Run("a row for each vote there is none", func(t *testing.T) {
		// Two more votes: the counters do not become more, and tokens become fewer.
		before := h.counts()
		h.votes(h.voters[4], b, all(2))
		h.votes(h.voters[5], b, all(2))
		after := h.counts()
		for table, n := range after {
			if n > before[table] && table != "audit_log" {
				t.Errorf("%s grew from %d to %d", table, before[table], n)
			}
		}
		if n := after["audit_log"] - before["audit_log"]; n != 4 || after["ballot_tokens"] != 0 {
			t.Errorf("%d records, %d tokens", n, after["ballot_tokens"])
		}
	})
	must(t, h.close(h.who[director], b.ID, "完成"))
	t.Run("nor after the closing", check)
}

func (h *house) counts() map[string]int {
	n := map[string]int{}
	for _, s := range h.dump() {
		n[s.table]++
	}
	return n
}

func TestNoResultBeforeTheClosing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4)
	b := h.opened(h.spec())
	for i, v := range h.voters[:3] {
		h.votes(v, b, all(i))
	}
	t.Run("not through the service, whoever asks", func(t *testing.T) {
		for _, role := range []string{director, chair} {
			_, err := h.result(h.who[role], b.ID)
			refused(t, err, errs.NotAllowedInState)
		}
		_, err := h.result(h.voters[0], b.ID)
		refused(t, err, errs.NotAllowedInState)
		for _, role := range []string{admin, auditor, unitLead, stranger} {
			_, err := h.result(h.who[role], b.ID)
			refused(t, err, errs.NotFound)
		}
		refused(t, h.db.Store.ReadTx(h.ctx(), h.city, func(ctx context.Context) error { _, err := h.Result(ctx, b.ID); return err }), errs.Unauthenticated)
	})
	c, err := pgx.Connect(t.Context(), h.db.AppURL)
	must(t, err)
	defer c.Close(context.Background())
	for _, sql := range doors(b.ID, h.who[director].membership) {
		t.Run("not through SQL as the serving role: "+sql[len(sql)-1], func(t *testing.T) {
			tx, err := c.Begin(t.Context())
			must(t, err)
			defer func() { _ = tx.Rollback(context.Background()) }()
			_, err = tx.Exec(t.Context(), `SELECT set_config('app.tenant', $1, true)`, h.city.String())
			must(t, err)
			for _, before := range sql[:len(sql)-1] {
				_, err := tx.Exec(t.Context(), before)
				must(t, err)
			}
			_, err = tx.Exec(t.Context(), sql[len(sql)-1])
			var pg *pgconn.PgError
			if !errors.As(err, &pg) || pg.Code != "42501" {
				t.Errorf("it says %v", err)
			}
		})
	}
	t.Run("nor through the statistics of the tables", func(t *testing.T) {
		h.db.AsOwner(t, `ANALYZE ballot_tallies, ballot_tokens`)
		var n int
		must(t, c.QueryRow(t.Context(), `SELECT count(*) FROM pg_stats WHERE tablename IN ('ballot_tallies', 'ballot_tokens')`).Scan(&n))
		if n != 0 {
			t.Errorf("%d columns", n)
		}
	})
	t.Run("and the ballot is still open", func(t *testing.T) {
		if got := rows(h, pgx.RowTo[string], `SELECT state FROM ballots`); got[0] != "OPEN" {
			t.Error(got)
		}
	})
}

// doors are statements of which the last one is to be refused.
func doors(ballot, by uuid.UUID) (out [][]string) {
	for _, table := range []string{"ballot_tallies", "ballot_tokens"} {
		for _, sql := range []string{`SELECT count(*) FROM %s`, `SELECT ctid, xmin FROM %s`, `INSERT INTO %s DEFAULT VALUES`, `UPDATE %s SET ballot_id = ballot_id`,
			`DELETE FROM %s`, `TRUNCATE %s`, `COPY %s TO STDOUT`, `LOCK TABLE %s`, `CREATE VIEW v AS SELECT * FROM %s`, `CREATE TRIGGER x AFTER INSERT ON %s EXECUTE FUNCTION ballots_keep()`} {
			out = append(out, []string{fmt.Sprintf(sql, table)})
		}
	}
	for _, table := range []string{"ballots", "ballot_voters"} {
		for _, sql := range []string{`INSERT INTO %s DEFAULT VALUES`, `UPDATE %s SET tenant_id = tenant_id`, `DELETE FROM %s`, `TRUNCATE %s`, `SELECT * FROM %s FOR UPDATE`} {
			out = append(out, []string{fmt.Sprintf(sql, table)})
		}
	}
	result := fmt.Sprintf(`SELECT * FROM ballot_result('%s')`, ballot)
	closing := fmt.Sprintf(`SELECT ballot_close('%s', '%s', '试一试', now())`, ballot, by)
	return append(out,
		[]string{result},
		[]string{closing, result}, // and then roll it back
		[]string{`SAVEPOINT a`, closing, `SAVEPOINT b`, result},
		[]string{`SAVEPOINT a`, closing, `RELEASE SAVEPOINT a`, result},
		[]string{fmt.Sprintf(`SELECT ballot_close('%s', NULL, NULL, 'infinity')`, ballot), result},
		[]string{`CREATE TABLE x AS ` + result},
	)
}

func TestWhoReadsTheResult(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4)
	b := h.opened(h.spec())
	for i, v := range h.voters[:3] {
		h.votes(v, b, all(i))
	}
	sees := func(p person) (of []*ballots.Ballot, mine []*ballots.Ballot) {
		must(t, h.reads(p, func(ctx context.Context) (err error) {
			if of, err = h.OfMatter(ctx, h.cohort); err != nil {
				return err
			}
			mine, err = h.Mine(ctx)
			return err
		}))
		return of, mine
	}
	t.Run("while it is open, its voters and who reads cohorts see that there is one", func(t *testing.T) {
		for _, p := range []person{h.who[director], h.who[chair], h.voters[0], h.voters[3]} {
			of, mine := sees(p)
			voter := slices.Contains(h.voters, p)
			if len(of) != 1 || (len(mine) == 1) != voter || of[0].Invited != voter || of[0].Claimed != (p == h.voters[0]) || of[0].Taken != map[bool]int{false: 3}[voter] {
				t.Errorf("%+v, %d of his own", of, len(mine))
			}
		}
		for _, role := range []string{admin, auditor, unitLead} {
			if of, mine := sees(h.who[role]); len(of)+len(mine) > 0 {
				t.Errorf("%s sees it", role)
			}
		}
	})
	must(t, h.close(h.who[director], b.ID, "完成"))
	t.Run("who reads cohorts reads the whole result", func(t *testing.T) {
		for _, role := range []string{director, chair} {
			if r, err := h.result(h.who[role], b.ID); err != nil || len(r.Tallies) != 12 {
				t.Error(r, err)
			}
		}
	})
	t.Run("a unit's people read their own unit's", func(t *testing.T) {
		r, err := h.result(h.who[unitLead], b.ID)
		must(t, err)
		if len(r.Tallies) != 4 || slices.ContainsFunc(r.Tallies, func(x ballots.Tally) bool { return x.Subject != h.units[0] }) {
			t.Errorf("%+v", r.Tallies)
		}
	})
	t.Run("voters and others do not", func(t *testing.T) {
		_, err := h.result(h.voters[0], b.ID)
		refused(t, err, errs.NotAllowed)
		for _, role := range []string{admin, auditor} {
			_, err := h.result(h.who[role], b.ID)
			refused(t, err, errs.NotFound)
		}
	})
}

func TestWhenFewerThanThreeHaveCastOnlyHowManyIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4)
	b := h.opened(h.spec())
	h.votes(h.voters[0], b, all(2))
	_, err := h.Cast(h.ctx(), h.claimed(h.voters[1], b.ID), nil)
	must(t, err)
	must(t, h.close(h.who[director], b.ID, "人数不足"))
	r, err := h.result(h.who[director], b.ID)
	if err != nil || !r.Withheld || r.Cast != 2 || r.Absent != 2 || len(r.Tallies) > 0 {
		t.Error(r, err)
	}
	var said string
	must(t, h.db.Store.ReadTx(h.ctx(), h.city, func(ctx context.Context) error {
		return h.row(ctx, `SELECT concat(votes, invalid_count) FROM ballot_result($1)`, b.ID, &said)
	}))
	if said != "" {
		t.Errorf("the function says %q", said)
	}
}

func TestAnotherCommittee(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	b := h.opened(h.spec())
	token := h.claimed(h.voters[0], b.ID)
	t.Run("its ballot does not exist", func(t *testing.T) {
		there := h.who[stranger]
		_, err := h.claim(there, b.ID)
		refused(t, err, errs.NotFound)
		_, err = h.result(there, b.ID)
		refused(t, err, errs.NotFound)
		refused(t, h.close(there, b.ID, "-"), errs.NotFound)
		must(t, h.reads(there, func(ctx context.Context) error {
			if _, err := h.Get(ctx, b.ID); !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
			list, err := h.OfMatter(ctx, h.cohort)
			if len(list) > 0 {
				t.Error("it is listed")
			}
			return err
		}))
		spec := h.spec()
		refused(t, h.as(there, "openBallot", func(ctx context.Context) error { _, err := h.Open(ctx, spec); return err }), errs.NotFound)
	})
	t.Run("a token is good in its own committee only", func(t *testing.T) {
		_, err := h.Cast(h.ctx(), moved(t, token, h.district), sheet(b, all(0)))
		refused(t, err, errs.NotFound)
		_, err = h.Cast(h.ctx(), moved(t, token, uuid.Nil), sheet(b, all(0)))
		refused(t, err, errs.NotFound)
	})
}
