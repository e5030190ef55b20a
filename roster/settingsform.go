package roster

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// Setting is one of the committee's settings as an administrator meets it.
type Setting struct {
	Name     string // maxRounds, deadlines.sign.receipt
	Group    string // where it stands, in Chinese
	Field    *process.Field
	Value    any    // as the newest version says that was decided
	Shipped  any    // nil: the committee's own
	NeedsTwo bool   // a second person confirms a change
	Says     string // why, in Chinese
}

// Settings lists every single setting in the order in which people look for it,
// the committee's own after the shipped ones of their group. It changes nothing.
func (s *Service) Settings(ctx context.Context) (_ []Setting, err error) {
	defer errs.Wrap(&err, "roster.Settings")
	ctx, _, err = authz.Enter(ctx, manageSettings, confirmSettings)
	if err != nil {
		return nil, err
	}
	last, err := s.decided(ctx)
	if err != nil {
		return nil, err
	}
	var own map[string]any
	if last != nil {
		own = last.Settings
	}
	now, err := inEffect(own)
	if err != nil {
		return nil, err
	}
	return s.sheet(ctx, now)
}

// InForce lists every single setting as it holds under a policy. It asks nobody's
// permission: it is for who passes settings on.
func (s *Service) InForce(ctx context.Context, p process.Policy) (_ []Setting, err error) {
	defer errs.Wrap(&err, "roster.InForce")
	now, err := single(p)
	if err != nil {
		return nil, err
	}
	return s.sheet(authz.System(ctx), now)
}

// sheet lists every single setting with its value, in the order in which people
// look for it.
func (s *Service) sheet(ctx context.Context, now map[string]any) ([]Setting, error) {
	shipped, err := inEffect(nil)
	if err != nil {
		return nil, err
	}
	timers, err := s.timers(ctx)
	if err != nil {
		return nil, err
	}
	groups, err := process.SettingGroups()
	if err != nil {
		return nil, err
	}
	at := func(group string, f *process.Field) Setting {
		return Setting{Name: f.Name, Group: group, Field: f, Value: now[f.Name], Shipped: shipped[f.Name],
			NeedsTwo: protection().Protects(f.Name), Says: protection().Says(f.Name)}
	}
	var out []Setting
	rest := maps.Clone(now)
	for name := range timers {
		rest[name] = now[name] // a deadline that a process names and nobody has decided on
	}
	for _, g := range groups {
		for _, f := range g.Fields {
			delete(rest, f.Name)
		}
	}
	others, err := otherSettings(rest, timers)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		for _, f := range append(slices.Clone(g.Fields), others[g.Title]...) {
			out = append(out, at(g.Title, f))
		}
	}
	return out, nil
}

// otherSettings are the fields of settings that no group names, by their group.
func otherSettings(rest map[string]any, timers map[string]string) (map[string][]*process.Field, error) {
	out := map[string][]*process.Field{}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		f, group, err := process.OtherSetting(name, titleOf(name, rest[name], timers))
		if err != nil {
			return nil, err
		}
		if f != nil {
			out[group] = append(out[group], f)
		}
	}
	return out, nil
}

// titleOf is what a setting of the committee's own is called: as its checklist
// says, or as the process does that counts its days.
func titleOf(name string, value any, timers map[string]string) string {
	if of, ok := value.(map[string]any); ok {
		if title, ok := of["title"].(string); ok && title != "" {
			return title
		}
	}
	if title := timers[name]; title != "" {
		return title
	}
	prefix, word, _ := strings.Cut(name, ".")
	switch prefix {
	case "deadlines":
		return "本会自己的期限（" + word + "）"
	case "numbers":
		return "本会自己的编号（" + word + "）"
	}
	return word
}

// timers says for each deadline of the settings that a process of the committee
// counts what it is called there.
func (s *Service) timers(ctx context.Context) (map[string]string, error) {
	rows, err := s.client.Process.Query().Where(entprocess.StatusIn(entprocess.StatusDRAFT, entprocess.StatusPUBLISHED)).
		Order(entprocess.ByKind(), gen.Asc(entprocess.FieldVersion)).All(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, p := range rows {
		d, err := process.Parse([]byte(p.Source))
		if err != nil {
			continue // a draft that cannot be read yet
		}
		for _, t := range d.Timers {
			if t.Deadline != "" {
				out["deadlines."+t.Deadline] = d.Title + "：" + t.Label
			}
		}
	}
	return out, nil
}
