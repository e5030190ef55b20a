package handover

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/tenants"
)

// withheld are the tables of committees that are in no package, and why.
var withheld = map[string]string{
	"account_memberships": "copied from memberships by a trigger",
	"tenant_versions":     "counted up by triggers",
	"search_parts":        "derived by triggers",
	"search_signs":        "derived by triggers",
	"live_changes":        "what has changed in the last day, for pages that are open",
	"live_forgotten":      "names transactions of this database",
	"sign_in_providers":   "sealed with this installation's key; set anew, since the operator there decides which issuers he allows",
	"phone_codes":         "hashed with this installation's key, valid for minutes",
	"phone_outbox":        "messages on their way; what was told is in notices",
	"account_events":      "a tray, emptied into the book before anything is exported",
}

// blanked are columns that mean nothing in another database.
var blanked = map[string][]string{
	"ballots": {"closed_in"}, // the transaction that closed it, while it runs
}

// shape is what the catalogue tells of a table.
type shape struct {
	Name    string
	Columns []string // without generated ones
	Keys    []string // primary key
	Refers  []string // tables
	Self    []string // columns that refer to the table itself
}

// shapes are all tables of committees, each after those to which it refers.
func shapes(ctx context.Context) ([]shape, error) {
	all, err := tenants.Collect(ctx, pgx.RowToStructByPos[shape], `
		SELECT c.relname::text,
		  array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum),
		  array(SELECT a.attname::text FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(n, o), pg_attribute a
		        WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.n ORDER BY k.o),
		  array(SELECT DISTINCT f.confrelid::regclass::text FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.confrelid <> c.oid),
		  array(SELECT a.attname::text FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (f.conkey) AND a.attname <> 'tenant_id'
		        WHERE f.contype = 'f' AND f.conrelid = c.oid AND f.confrelid = c.oid ORDER BY 1)
		FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return sorted(all)
}

// sorted puts tables after those to which they refer.
func sorted(all []shape) (out []shape, err error) {
	waits := map[string]bool{}
	for _, s := range all {
		waits[s.Name] = true
	}
	for len(all) > 0 {
		ready := func(s shape) bool {
			return !slices.ContainsFunc(s.Refers, func(t string) bool { return waits[t] })
		}
		i := slices.IndexFunc(all, ready)
		if i < 0 {
			return nil, errors.New("handover: tables refer to each other in a circle")
		}
		out = append(out, all[i])
		delete(waits, all[i].Name)
		all = slices.Delete(all, i, i+1)
	}
	return out, nil
}

// carried are the tables of a package.
func carried(all []shape) []shape {
	return slices.DeleteFunc(slices.Clone(all), func(s shape) bool { return withheld[s.Name] != "" })
}

// lines is the query for a table's rows, one JSON object each.
func (s shape) lines() string {
	list := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		if list[i] = quoted(c); slices.Contains(blanked[s.Name], c) {
			list[i] = "NULL AS " + list[i]
		}
	}
	return `SELECT to_jsonb(x)::text FROM (SELECT ` + strings.Join(list, ", ") + ` FROM ` + quoted(s.Name) + ` WHERE tenant_id = $1 ORDER BY ` + columns("", s.Keys) + `) x`
}

// insert is the statement that writes rows as they were.
func (s shape) insert() string {
	return `INSERT INTO ` + quoted(s.Name) + ` (` + columns("", s.Columns) + `) OVERRIDING SYSTEM VALUE SELECT ` + columns("r.", s.Columns) + `
		FROM unnest($1::text[]) WITH ORDINALITY u(row, nth), jsonb_populate_record(NULL::` + quoted(s.Name) + `, u.row::jsonb) r ORDER BY u.nth`
}

func columns(of string, names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = of + quoted(n)
	}
	return strings.Join(list, ", ")
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// beside are rows of the installation's own tables that go with a committee.
var beside = []struct{ name, lines string }{
	{"accounts", `SELECT to_jsonb(x)::text FROM (SELECT id, login, created_at, disabled_at FROM accounts WHERE id IN (` + itsAccounts + `) ORDER BY id) x`},
	{"account_invitations", `SELECT to_jsonb(x)::text FROM (SELECT id, account_id, committee, membership_id, invited_at, answered_at, accepted, by_name, as_name, as_kind, as_post, by_word, withdrawn_at
		FROM account_invitations WHERE committee = $1 ORDER BY id) x`},
}

const itsAccounts = `SELECT account_id FROM memberships WHERE tenant_id = $1 UNION SELECT account_id FROM account_invitations WHERE committee = $1`
