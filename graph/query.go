package graph

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Page sizes: what a list gives when it is not asked, and at most.
const (
	defaultPage = 20
	MaxPage     = 100
)

// page defaults and bounds a connection's size.
func page(first, last *int) (*int, *int, error) {
	switch {
	case first == nil && last == nil:
		n := defaultPage
		return &n, nil, nil
	case first != nil && last != nil:
		return nil, nil, errs.New(errs.Invalid, "first 和 last 只能给一个").At("first")
	}
	for name, n := range map[string]*int{"first": first, "last": last} {
		if n != nil && (*n < 1 || *n > MaxPage) {
			return nil, nil, errs.New(errs.Invalid, "%s 须在 1 到 %d 之间", name, MaxPage).At(name)
		}
	}
	return first, last, nil
}

// belong refuses cursors of another list: by what a list is ordered is a time,
// or a text. Where the row has no such value, the cursor has none.
func belong(byTime bool, cursors ...*entgql.Cursor[uuid.UUID]) error {
	for _, c := range cursors {
		if c == nil || c.Value == nil {
			continue
		}
		_, isTime := c.Value.(time.Time)
		text, isText := c.Value.(string)
		if isTime != byTime || isText == byTime || strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			return errs.New(errs.Invalid, "after 或 before 不是这个列表给出的，请从第一页重新开始")
		}
	}
	return nil
}

// newest is the order of a list that names none.
var newest = &gen.MatterOrder{Direction: entgql.OrderDirectionDesc, Field: gen.MatterOrderFieldOpenedAt}

// where translates a filter.
func where(v *authz.Viewer, f *model.MatterFilter) ([]predicate.Matter, error) {
	if f == nil {
		return nil, nil
	}
	var ps []predicate.Matter
	if f.Kind != nil {
		ps = append(ps, matter.Kind(*f.Kind))
	}
	if len(f.States) > 40 {
		return nil, errs.New(errs.Invalid, "states 至多 40 个").At("filter", "states")
	}
	if len(f.States) == 1 {
		ps = append(ps, matter.State(f.States[0]))
	} else if len(f.States) > 0 {
		ps = append(ps, matter.StateIn(f.States...))
	}
	var of []predicate.Proposal
	if f.Disposition != nil {
		of = append(of, proposal.DispositionEQ(*f.Disposition))
	}
	if f.SittingID != nil {
		of = append(of, proposal.SittingID(*f.SittingID))
	}
	if f.Key != nil {
		of = append(of, proposal.IsKey(*f.Key))
	}
	if len(of) > 0 {
		ps = append(ps, matter.HasProposalWith(of...))
	}
	if f.SectorID != nil {
		ps = append(ps, authz.OfUnits(matter.FieldSectorID, *f.SectorID))
	}
	if f.StreetID != nil {
		ps = append(ps, authz.OfUnits(matter.FieldStreetID, *f.StreetID))
	}
	if f.UnitID != nil {
		ps = append(ps, matter.HasAssignmentsWith(authz.SeenPart(v, gen.TypeAssignment, authz.OfUnits(assignment.FieldUnitID, *f.UnitID))))
	}
	if f.DueBefore != nil {
		ps = append(ps, matter.NextDueOnLT(*f.DueBefore))
	}
	if f.Number != nil {
		ps = append(ps, tenants.ShowsKey(matter.FieldNumberKey, *f.Number))
	}
	if f.TitleContains != nil {
		ps = append(ps, tenants.ShowsKey(matter.FieldTitleKey, *f.TitleContains))
	}
	return ps, nil
}

// rate prints a ratio half up to one decimal; 100.0 only when equal.
func rate(n, d int) *model.Rate {
	text := "—"
	if d > 0 {
		tenths := (n*2000 + d) / (2 * d)
		if tenths >= 1000 && n < d {
			tenths = 999
		}
		text = fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
	}
	return &model.Rate{Numerator: n, Denominator: d, Text: text}
}
