package roster

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// NewPolicy changes a committee's settings from a day on. What it names
// changes, and the rest stays as in the version before; of deadlines, labels,
// numbers and checklists each is named by itself.
type NewPolicy struct {
	Settings      map[string]any
	Reset         []string   // back to what is shipped: a setting, or one of it, such as deadlines.sign.receipt
	EffectiveFrom *time.Time // nil: today
	Note          string
	ApprovedBy    string // which body decided it
}

// maxSettings bounds the settings, in bytes of JSON; the shipped ones take
// some 5 KB.
const maxSettings = 64 << 10

// SetPolicy adds a version of the settings. Running matters stay on theirs. One
// that changes what protects somebody is only proposed, and takes effect when
// another person confirms it (ConfirmPolicy). Called twice, the second finds the
// newest version saying the same by that day and returns it.
func (s *Service) SetPolicy(ctx context.Context, in NewPolicy) (_ *gen.TenantPolicy, err error) {
	defer errs.Wrap(&err, "roster.SetPolicy")
	ctx, v, err := s.enter(ctx, manageSettings)
	if err != nil {
		return nil, err
	}
	last, settings, err := s.settings(ctx, &in)
	if err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	if err := days(today, dated{&in.EffectiveFrom, "effectiveFrom"}); err != nil {
		return nil, err
	}
	from := or(in.EffectiveFrom, today)
	if last != nil && sameSettings(last.Settings, settings) && !or(last.EffectiveFrom, from).After(from) {
		return last, nil
	}
	if err := checkEffective(from, today, last); err != nil {
		return nil, err
	}
	next, err := s.nextPolicy(ctx)
	if err != nil {
		return nil, err
	}
	add := s.client.TenantPolicy.Create().SetVersion(next).SetEffectiveFrom(from).SetSettings(settings).
		SetNote(in.Note).SetApprovedBy(in.ApprovedBy)
	changed, err := protecting(last, settings)
	if err != nil {
		return nil, err
	}
	if len(changed) == 0 {
		return add.Save(ctx)
	}
	return s.propose(ctx, v, proposal{last, settings, from, changed}, add)
}

// settings are what the new version will say: the newest one's with the change
// laid over it.
func (s *Service) settings(ctx context.Context, in *NewPolicy) (last *gen.TenantPolicy, settings map[string]any, err error) {
	if err := in.check(); err != nil {
		return nil, nil, err
	}
	if last, err = s.decided(ctx); err != nil {
		return nil, nil, err
	}
	before := map[string]any{}
	if last != nil {
		before = last.Settings
	}
	if settings, err = laid(before, in.Settings, in.Reset); err != nil {
		return nil, nil, err
	}
	if b, err := json.Marshal(settings); err != nil || len(b) > maxSettings {
		return nil, nil, errs.New(errs.Limited, "政策设置太长，请精简到 %d KB 以内", maxSettings>>10).At("settings").Because(err)
	}
	err = s.allowed(ctx, settings)
	if shown, ok := errs.As(err); ok {
		return last, settings, shown.At(append([]string{"settings"}, shown.Path...)...)
	}
	return last, settings, err
}

// allowed is what settings must keep to: the floor, what the policy can be, and
// what processes name.
func (s *Service) allowed(ctx context.Context, settings map[string]any) error {
	if err := protection().Check(settings); err != nil {
		return err
	}
	named, err := s.named(ctx)
	if err != nil {
		return err
	}
	p, err := process.Overlay(settings, 1)
	if err != nil {
		return err
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return err
	}
	for _, code := range p.SignIn.FactorRoles {
		if !slices.ContainsFunc(rights.Known(), func(r authz.Role) bool { return r.Code == code }) {
			return errs.New(errs.Invalid, "没有角色“%s”", process.Clip(code)).At("signIn", "factorRoles")
		}
	}
	return p.Plausible(named)
}

// laid lays a change over the settings of the version before.
func laid(before, change map[string]any, reset []string) (map[string]any, error) {
	out := map[string]any{}
	for key, v := range before {
		if m, ok := v.(map[string]any); ok {
			v = maps.Clone(m)
		}
		out[key] = v
	}
	for i, name := range reset {
		key, part, deeper := strings.Cut(name, ".")
		of, _ := out[key].(map[string]any)
		_, there := out[key]
		if deeper {
			_, there = of[part]
		}
		switch {
		case !there && !isSetting(name):
			return nil, errs.New(errs.Invalid, "没有“%s”这一项，不能恢复", name).At("reset", strconv.Itoa(i))
		case !there: // it is as shipped already
		case deeper:
			delete(of, part)
		default:
			delete(out, key)
		}
	}
	for key, v := range change {
		part, ok := v.(map[string]any)
		if of, had := out[key].(map[string]any); had && ok {
			maps.Copy(of, part)
			continue
		}
		out[key] = v
	}
	return out, nil
}

// isSetting reports whether something can be reset: a setting that is shipped,
// or one of it.
func isSetting(name string) bool {
	all, err := inEffect(nil)
	if err != nil {
		return false
	}
	for key := range all {
		if of, _, _ := strings.Cut(key, "."); key == name || of == name {
			return true
		}
	}
	return name == "labels" // of which none is shipped
}

// named reports whether a process of the committee, a draft included, names a
// key of the settings: a deadline, a number, a checklist, or kind.STATE.
func (s *Service) named(ctx context.Context) (func(string) bool, error) {
	rows, err := s.client.Process.Query().Select(entprocess.FieldKind, entprocess.FieldSource).All(ctx)
	if err != nil {
		return nil, err
	}
	mentions := func(source, word string) bool {
		found, err := regexp.MatchString(`(^|[\s"'\[{,:])`+regexp.QuoteMeta(word)+`($|[\s"'\]},:])`, source)
		return err == nil && found
	}
	return func(key string) bool {
		kind, word, _ := strings.Cut(key, ".")
		if kind == "unit" {
			return unit.KindValidator(unit.Kind(word)) == nil
		}
		return slices.ContainsFunc(rows, func(p *gen.Process) bool {
			return mentions(p.Source, key) || p.Kind == kind && mentions(p.Source, word)
		})
	}, nil
}

// SettingChange is one setting before and after, as it holds with what is
// shipped; nil where there is none.
type SettingChange struct {
	Setting       string // such as maxRounds or deadlines.sign.receipt
	Before, After any
	NeedsTwo      bool // takes effect when another person has confirmed it
}

// PreviewPolicy says what SetPolicy would change, and changes nothing.
func (s *Service) PreviewPolicy(ctx context.Context, in NewPolicy) (_ []SettingChange, err error) {
	defer errs.Wrap(&err, "roster.PreviewPolicy")
	ctx, _, err = authz.Enter(ctx, manageSettings)
	if err != nil {
		return nil, err
	}
	in.Note, in.ApprovedBy = orText(in.Note), orText(in.ApprovedBy)
	last, settings, err := s.settings(ctx, &in)
	if err != nil {
		return nil, err
	}
	var old map[string]any
	if last != nil {
		old = last.Settings
	}
	before, err := inEffect(old)
	if err != nil {
		return nil, err
	}
	after, err := inEffect(settings)
	if err != nil {
		return nil, err
	}
	two, err := protecting(last, settings)
	if err != nil {
		return nil, err
	}
	var out []SettingChange
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !reflect.DeepEqual(before[key], after[key]) {
			out = append(out, SettingChange{key, before[key], after[key], slices.ContainsFunc(two, func(c string) bool { return strings.HasPrefix(c, key+" ") })})
		}
	}
	return out, nil
}

// orText stands in for what a preview need not say yet.
func orText(s string) string {
	if s == "" {
		return "预览"
	}
	return s
}

// inEffect lists every single setting with what is shipped below it.
func inEffect(settings map[string]any) (map[string]any, error) {
	p, err := process.Overlay(settings, 1)
	if err != nil {
		return nil, err
	}
	return single(p)
}

// single takes a policy apart into its single settings.
func single(p process.Policy) (map[string]any, error) {
	whole, err := p.Map()
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for key, v := range whole {
		parts, ok := v.(map[string]any)
		if !ok {
			out[key] = v
			continue
		}
		for part, w := range parts {
			out[key+"."+part] = w
		}
	}
	return out, nil
}

func (in *NewPolicy) check() error {
	if err := texts(
		field{&in.Note, longText, true, "说明", "note"},
		field{&in.ApprovedBy, nameText, true, "批准机构", "approvedBy"},
	); err != nil {
		return err
	}
	if in.Settings == nil {
		in.Settings = map[string]any{}
	}
	// JSON's null would empty a shipped setting instead of leaving it.
	for _, key := range slices.Sorted(maps.Keys(in.Settings)) {
		if in.Settings[key] == nil {
			return errs.New(errs.Invalid, "“%s”没有值；不改的项目请不要填", key).At("settings", key)
		}
	}
	return nil
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
