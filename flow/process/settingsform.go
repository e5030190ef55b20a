package process

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// SettingGroup are settings that an administrator looks for together, each as
// the field in which it is filled in. Settings that the committee's own
// processes use, and no group names, come to the group of their prefix.
type SettingGroup struct {
	Title  string
	Fields []*Field // by name: maxRounds, deadlines.sign.receipt
}

//go:embed settings.yaml
var settingsForm []byte

type settingsSheet struct {
	groups []SettingGroup
	each   map[string]yaml.Node // by prefix: what a setting is that no group names
}

// sheetOfSettings reads settings.yaml, which is shipped: a test reads it, too.
var sheetOfSettings = sync.OnceValues(func() (out settingsSheet, err error) {
	var file struct {
		Each   map[string]yaml.Node
		Groups []struct {
			Title    string
			Settings yaml.Node
		}
	}
	if err := yaml.Unmarshal(settingsForm, &file); err != nil {
		return out, fmt.Errorf("process: settings.yaml: %w", err)
	}
	out.each = file.Each
	for _, g := range file.Groups {
		fields, err := settingFields(&g.Settings)
		if err != nil {
			return out, fmt.Errorf("process: settings.yaml, %s: %w", g.Title, err)
		}
		out.groups = append(out.groups, SettingGroup{g.Title, fields})
	}
	return out, nil
})

// settingFields are the fields of a map of schemas, in the order of the text.
func settingFields(n *yaml.Node) (out []*Field, err error) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		f, err := settingField(n.Content[i].Value, n.Content[i+1])
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func settingField(name string, n *yaml.Node) (*Field, error) {
	var schema schemaMap
	if err := n.Decode(&schema); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return (&Action{}).field(name, schema, n), nil
}

// SettingGroups lists what can be set, in the order in which people look for it.
func SettingGroups() ([]SettingGroup, error) {
	s, err := sheetOfSettings()
	return s.groups, err
}

// OtherSetting is the field of a setting that no group names, such as a deadline
// of the committee's own process, and the title of the group where it stands;
// nil where there is none of its kind.
func OtherSetting(name, title string) (*Field, string, error) {
	s, err := sheetOfSettings()
	if err != nil {
		return nil, "", err
	}
	prefix, _, _ := strings.Cut(name, ".")
	n, ok := s.each[prefix]
	if !ok {
		return nil, "", nil
	}
	f, err := settingField(name, &n)
	if err == nil {
		f.Title = title
	}
	return f, otherGroups[prefix], err
}

// otherGroups says where a setting stands that no group names.
var otherGroups = map[string]string{"deadlines": "期限", "numbers": "编号", "labels": "本会的用语", "checklists": "清单"}
