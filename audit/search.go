package audit

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Filter narrows a search; empty fields do not.
type Filter struct {
	Object string    // "Matter:<uuid>", see Object
	Actor  string    // see Actor.Key
	Action string    // name of the mutation
	From   time.Time // at or after
	To     time.Time // before

	About   uuid.UUID  // the row, as object or anywhere among the changes
	Person  uuid.UUID  // likewise a membership, as who did it or as to whom
	Account uuid.UUID  // the person's account; who has the person finds it
	Kind    string     // of the object, such as Matter
	Day     *time.Time // of Shanghai
	Text    string     // in names and reasons; contents are not looked into
	Actions []string   // with Text: actions that are called so
	Refused bool       // only what was refused
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
	// Each condition is followed by its argument, which stands where ? does, or
	// at its end.
	and := func(parts ...any) {
		b.WriteString(" AND")
		for i := 0; i < len(parts); i += 2 {
			cond := parts[i].(string)
			if !strings.Contains(cond, "?") {
				cond += " ?"
			}
			args = append(args, parts[i+1])
			b.WriteString(" " + strings.Replace(cond, "?", fmt.Sprintf("$%d", len(args)), 1))
		}
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
	f.more(and)
	args = append(args, limit)
	fmt.Fprintf(&b, " ORDER BY seq DESC LIMIT $%d", len(args))
	return b.String(), args
}

// more are the conditions without an index of their own: they are looked for
// from the newest on, until a page is full.
func (f Filter) more(and func(...any)) {
	if f.About != uuid.Nil {
		and("strpos(entry, ?) > 0", f.About.String())
	}
	if f.Person != uuid.Nil {
		ids := []string{f.Person.String()}
		if f.Account != uuid.Nil {
			ids = append(ids, f.Account.String())
		}
		and("entry ~ ?", strings.Join(ids, "|")) // of hexadecimal digits and hyphens only
	}
	if f.Kind != "" {
		and("split_part(object, ':', 1) =", f.Kind)
	}
	if f.Day != nil {
		from := time.Date(f.Day.Year(), f.Day.Month(), f.Day.Day(), 0, 0, 0, 0, clock.Shanghai)
		and(at+" >=", stamp(from))
		and(at+" <", stamp(from.AddDate(0, 0, 1)))
	}
	if key := text.Key(f.Text); key != "" {
		and(`(action = ANY (?)`, f.Actions, `OR strpos(coalesce(said, lower(concat_ws(' ', (entry::jsonb) ->> 'actor_name', (entry::jsonb) ->> 'reason'))), ?) > 0)`, key)
	}
	if f.Refused {
		and("((entry::jsonb) ->> 'outcome') <>", "")
	}
}
