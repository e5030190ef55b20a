package roster

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/tenantpolicy"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// NewPolicy is a committee's settings from a day on: what differs from the
// shipped ones. A version replaces the one before it whole.
type NewPolicy struct {
	Settings      map[string]any
	EffectiveFrom *time.Time // nil: today
	Note          string
	ApprovedBy    string // which body decided it
}

// maxSettings bounds the settings, in bytes of JSON; the shipped ones take
// some 5 KB.
const maxSettings = 64 << 10

// SetPolicy adds a version of the settings. Running matters stay on theirs.
// Called twice, the second finds the newest version saying the same by that
// day and returns it.
func (s *Service) SetPolicy(ctx context.Context, in NewPolicy) (_ *gen.TenantPolicy, err error) {
	defer errs.Wrap(&err, "roster.SetPolicy")
	ctx, _, err = s.enter(ctx, manageSettings)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	days(&in.EffectiveFrom)
	from := or(in.EffectiveFrom, today)
	last, err := s.client.TenantPolicy.Query().Order(gen.Desc(tenantpolicy.FieldVersion)).First(ctx)
	if err != nil && !gen.IsNotFound(err) {
		return nil, err
	}
	next := 1
	if last != nil {
		next = last.Version + 1
		if sameSettings(last.Settings, in.Settings) && !or(last.EffectiveFrom, from).After(from) {
			return last, nil
		}
	}
	if err := checkEffective(from, today, last); err != nil {
		return nil, err
	}
	return s.client.TenantPolicy.Create().SetVersion(next).SetEffectiveFrom(from).SetSettings(in.Settings).
		SetNote(in.Note).SetApprovedBy(in.ApprovedBy).Save(ctx)
}

func (in *NewPolicy) check() error {
	if err := texts(
		field{&in.Note, longText, true, "说明", "note"},
		field{&in.ApprovedBy, nameText, true, "批准机构", "approvedBy"},
	); err != nil {
		return err
	}
	if in.Settings == nil {
		in.Settings = map[string]any{} // back to what is shipped
	}
	// JSON's null would empty a shipped setting instead of leaving it.
	for _, key := range slices.Sorted(maps.Keys(in.Settings)) {
		if in.Settings[key] == nil {
			return errs.New(errs.Invalid, "“%s”没有值；不改的项目请不要填", key).At("settings", key)
		}
	}
	b, err := json.Marshal(in.Settings)
	if err != nil {
		return errs.New(errs.Invalid, "政策设置的格式不对").At("settings").Because(err)
	}
	if len(b) > maxSettings {
		return errs.New(errs.Limited, "政策设置太长，请精简到 %d KB 以内", maxSettings>>10).At("settings")
	}
	err = flow.CheckPolicy(in.Settings)
	if shown, ok := errs.As(err); ok && len(shown.Path) == 0 {
		return shown.At("settings")
	}
	return err
}

// checkEffective: the newest version in force on a day is the one that holds,
// so a version that began before a planned one would silently undo the plan.
func checkEffective(from, today time.Time, last *gen.TenantPolicy) error {
	if from.Before(today) {
		return errs.New(errs.Invalid, "生效日期不能早于今天").At("effectiveFrom")
	}
	if last != nil && last.EffectiveFrom != nil && from.Before(*last.EffectiveFrom) {
		return errs.New(errs.Conflict, "第 %d 版将于 %s 生效，新的版本不能早于它", last.Version, last.EffectiveFrom.Format(time.DateOnly)).At("effectiveFrom")
	}
	return nil
}

// sameSettings compares as JSON does: numbers have one form there, keys no
// order.
func sameSettings(a, b map[string]any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}
