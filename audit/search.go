package audit

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Filter narrows a search; empty fields do not.
type Filter struct {
	Object string    // "Matter:<uuid>", see Object
	Actor  string    // see Actor.Key
	Action string    // name of the mutation
	From   time.Time // at or after
	To     time.Time // before
}

// Row is a record with its place in the chain.
type Row struct {
	Seq   int64
	Hash  string // hexadecimal
	Entry Entry
}

// Page is a part of a list, newest first.
type Page struct {
	Rows []Row
	More bool // there are older ones: ask again after the last row's Seq
}

// at is the time of a record; the texts sort as the times do, see atFormat.
const at = "at"

// maxPage is the longest page, as everywhere in the API.
const maxPage = 100

// Search lists the records of the transaction's tenant, inside Store.Global
// those of the installation: at most first of them, 1 to 100, older than the
// number after, or from the newest when after is 0. It asks nobody's
// permission.
func Search(ctx context.Context, f Filter, first int, after int64) (_ Page, err error) {
	defer errs.Wrap(&err, "audit.Search")
	if first < 1 || first > maxPage {
		return Page{}, errs.New(errs.Invalid, "每页条数应在 1 到 %d 之间，请修改后再查", maxPage).At("first")
	}
	sql, args := f.sql(first+1, after)
	type stored struct {
		Seq   int64
		Entry string
		Hash  []byte
	}
	found, err := tenants.Rows[stored](ctx, sql, args...)
	if err != nil {
		return Page{}, err
	}
	page := Page{More: len(found) > first}
	for _, s := range found[:min(first, len(found))] {
		e, err := decode(s.Entry)
		if err != nil {
			return Page{}, fmt.Errorf("record %d: %w", s.Seq, err)
		}
		page.Rows = append(page.Rows, Row{Seq: s.Seq, Hash: hex.EncodeToString(s.Hash), Entry: e})
	}
	return page, nil
}

// sql writes only the conditions that are asked for, so that each finds its
// index. The tenant stands beside the policy that says the same.
func (f Filter) sql(limit int, after int64) (string, []any) {
	var b strings.Builder
	var args []any
	b.WriteString(`SELECT seq, entry, hash FROM audit_log WHERE tenant_id = nullif(current_setting('app.tenant', true), '')::uuid`)
	and := func(cond string, arg any) {
		args = append(args, arg)
		fmt.Fprintf(&b, " AND %s $%d", cond, len(args))
	}
	if after > 0 {
		and("seq <", after)
	}
	if f.Object != "" {
		and("object =", f.Object)
	}
	if f.Actor != "" {
		and("actor =", f.Actor)
	}
	if f.Action != "" {
		and("action =", f.Action)
	}
	if !f.From.IsZero() {
		and(at+" >=", stamp(f.From))
	}
	if !f.To.IsZero() {
		and(at+" <", stamp(f.To))
	}
	args = append(args, limit)
	fmt.Fprintf(&b, " ORDER BY seq DESC LIMIT $%d", len(args))
	return b.String(), args
}
