package process

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestSettingsForm(t *testing.T) {
	groups, err := SettingGroups()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*Field{}
	for _, g := range groups {
		if !spoken(g.Title) {
			t.Errorf("a group is called %q", g.Title)
		}
		for _, f := range g.Fields {
			if named[f.Name] != nil {
				t.Errorf("%s stands twice", f.Name)
			}
			named[f.Name] = f
		}
	}
	shipped, err := DefaultPolicy().Map()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("every shipped setting can be filled in, under a name that people read", func(t *testing.T) {
		for _, key := range slices.Sorted(maps.Keys(shipped)) {
			for _, name := range parts(key, shipped[key]) {
				f := named[name]
				if f == nil && !strings.HasPrefix(name, "checklists.") {
					t.Errorf("settings.yaml does not say how %s is filled in", name)
					continue
				}
				if f != nil && (!spoken(f.Title) || f.Type == "") {
					t.Errorf("%s is called %q, of type %q", name, f.Title, f.Type)
				}
			}
		}
	})
	t.Run("what it says is a setting", func(t *testing.T) {
		for name := range named {
			key, _, _ := strings.Cut(name, ".")
			if !slices.Contains(parts(key, shipped[key]), name) {
				t.Errorf("settings.yaml tells of %s, which is no shipped setting", name)
			}
		}
	})
	t.Run("a deadline, a checklist, a number or a word of the committee's own has a field and a group", func(t *testing.T) {
		for _, name := range []string{"deadlines.own.step", "checklists.own", "numbers.own", "labels.proposal.FILED"} {
			f, group, err := OtherSetting(name, "自己的")
			if err != nil || f == nil || f.Title != "自己的" || f.Type == "" {
				t.Fatalf("%s: %+v, %v", name, f, err)
			}
			if !slices.ContainsFunc(groups, func(g SettingGroup) bool { return g.Title == group }) {
				t.Errorf("%s stands in %q, which is no group", name, group)
			}
		}
		if f, _, err := OtherSetting("maxRounds", ""); f != nil || err != nil {
			t.Errorf("a setting that has no parts: %+v, %v", f, err)
		}
	})
}

// parts are the single settings of a shipped one.
func parts(key string, v any) (out []string) {
	of, ok := v.(map[string]any)
	if !ok {
		return []string{key}
	}
	for _, part := range slices.Sorted(maps.Keys(of)) {
		out = append(out, key+"."+part)
	}
	return out
}
