package vocab

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// entry is a form, or a row of a list in it, with the place at which it stands.
type entry struct {
	process.Form
	path []string
}

func whole(r *flow.Run) entry { return entry{Form: r.Form} }

// at names a field of the entry.
func (p entry) at(key string) []string { return append(slices.Clone(p.path), key) }

func (p entry) invalid(key, message string, args ...any) error {
	return errs.New(errs.Invalid, message, args...).At(p.at(key)...)
}

// text is a field without the spaces around it.
func (p entry) text(key string) string { return strings.TrimSpace(p.Form.Text(key)) }

// id is a field that may name an object, nil when it is not given.
func (p entry) id(key string) (*uuid.UUID, error) {
	if !p.Has(key) || p.Form[key] == "" {
		return nil, nil
	}
	id, err := uuid.Parse(p.Form.Text(key))
	if err != nil {
		return nil, p.invalid(key, "所选的对象不存在，请重新选择")
	}
	return &id, nil
}

// day is a date, nil when it is not given.
func (p entry) day(key string) (*time.Time, error) {
	if !p.Has(key) || p.Form[key] == "" {
		return nil, nil
	}
	d, err := time.Parse(time.DateOnly, p.Form.Text(key))
	if err != nil {
		return nil, p.invalid(key, "日期格式应为 2024-12-27")
	}
	return &d, nil
}

// count is a whole number, nil when it is not given.
func (p entry) count(key string) (*int64, error) {
	if !p.Has(key) {
		return nil, nil
	}
	n, ok := wholeOf(p.Form[key])
	if !ok || n < 0 {
		return nil, p.invalid(key, "应为不小于 0 的整数")
	}
	return &n, nil
}

// rows are the rows of a list, none when it is not given.
func rows(f process.Form, field string) ([]entry, error) {
	if !f.Has(field) {
		return nil, nil
	}
	list, ok := f[field].([]any)
	if !ok {
		return nil, errs.New(errs.Invalid, "应为列表").At(field)
	}
	out := make([]entry, len(list))
	for i, v := range list {
		row, ok := v.(map[string]any)
		if !ok {
			return nil, errs.New(errs.Invalid, "格式不对").At(field, itoa(i))
		}
		out[i] = entry{row, []string{field, itoa(i)}}
	}
	return out, nil
}

// theParty is the active party of this case that a field names.
func theParty(r *flow.Run, p entry, key string) (*gen.Party, error) {
	id, err := p.id(key)
	if err != nil || id == nil {
		return nil, err
	}
	for _, x := range r.Active() {
		if x.ID == *id {
			return x, nil
		}
	}
	return nil, p.invalid(key, "所选的人不是这件事项的当事方，请重新选择")
}

// theEvent is the event of this case that a field names.
func theEvent(r *flow.Run, p entry, key string) (*gen.Event, error) {
	id, err := p.id(key)
	if err != nil || id == nil {
		return nil, err
	}
	for _, x := range r.Events {
		if x.ID == *id {
			return x, nil
		}
	}
	return nil, p.invalid(key, "所选的会议或活动不属于这件事项，请重新选择")
}

// theItem is the item of this case that a field names.
func theItem(r *flow.Run, p entry, key string) (*gen.Item, error) {
	id, err := p.id(key)
	if err != nil || id == nil {
		return nil, err
	}
	for _, x := range r.Items {
		if x.ID == *id {
			return x, nil
		}
	}
	return nil, p.invalid(key, "所选的条目不属于这件事项，请重新选择")
}

// theUnit is the committee's unit, still in use, that a field names; of the
// lines, if any are given.
func theUnit(ctx context.Context, r *flow.Run, p entry, key string, lines ...unit.Line) (*gen.Unit, error) {
	id, err := p.id(key)
	if err != nil || id == nil {
		return nil, err
	}
	return authz.UnitThere(ctx, r.Client, *id, authz.Fits{Lines: lines}, p.at(key)...)
}

// refs are the things that a form may refer to beside what it says.
type refs struct{ party, unit, event, item *uuid.UUID }

// refsOf reads partyId, unitId, eventId and itemId.
func refsOf(ctx context.Context, r *flow.Run, p entry) (out refs, err error) {
	party, err := theParty(r, p, "partyId")
	if err != nil {
		return out, err
	}
	if party != nil {
		out.party = &party.ID
	}
	u, err := theUnit(ctx, r, p, "unitId")
	if err != nil {
		return out, err
	}
	if u != nil {
		out.unit = &u.ID
	}
	ev, err := theEvent(r, p, "eventId")
	if err != nil {
		return out, err
	}
	if ev != nil {
		out.event = &ev.ID
	}
	it, err := theItem(r, p, "itemId")
	if err != nil {
		return out, err
	}
	if it != nil {
		out.item = &it.ID
	}
	return out, nil
}

// madeHere is the event that this very action has made or held.
func madeHere(r *flow.Run) *gen.Event {
	id, _ := r.After["eventId"].(uuid.UUID)
	for _, ev := range r.Events {
		if ev.ID == id {
			return ev
		}
	}
	return nil
}

// public is a value without telephone numbers: they are kept with the party
// and nowhere else.
func public(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if k != phone {
				out[k] = public(x)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = public(x)
		}
		return out
	}
	return v
}

const phone = "phone"
