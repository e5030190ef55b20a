package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/internal/errs"
)

// Protection is what the rules of the field say of a committee's settings: which
// of them protect somebody, so that no one person changes them, and what they
// may not go below.
type Protection struct {
	Settings []*Protected `yaml:"settings"`
}

// Protected is one setting that protects.
type Protected struct {
	Setting string   `yaml:"setting"`
	Says    string   `yaml:"says"`   // in Chinese, as a clerk would say it
	Source  string   `yaml:"source"` // where the rule comes from
	Least   *float64 `yaml:"least"`  // of a number; nil: any value that the policy takes
}

// ParseProtection reads it. It is shipped, so an error is a programmer's.
func ParseProtection(source []byte) (*Protection, error) {
	p := &Protection{}
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("process: protecting settings: %w", err)
	}
	shipped, err := DefaultPolicy().Map()
	if err != nil {
		return nil, err
	}
	for _, s := range p.Settings {
		value, known := shipped[s.Setting]
		number, counts := value.(float64)
		switch {
		case !known || s.Says == "" || s.Source == "":
			return nil, fmt.Errorf("process: protecting setting %q needs to be one, words and a source", s.Setting)
		case s.Least != nil && (!counts || number < *s.Least):
			return nil, fmt.Errorf("process: protecting setting %q is shipped below its least, or is no number", s.Setting)
		}
	}
	return p, nil
}

// Protects reports whether a setting is one that nobody changes alone.
func (p *Protection) Protects(setting string) bool {
	return slices.ContainsFunc(p.Settings, func(s *Protected) bool { return s.Setting == setting })
}

// Check refuses settings that go below, with the sentence and its source.
func (p *Protection) Check(settings map[string]any) error {
	b, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	var given map[string]any // as JSON: numbers have one form there
	if err := json.Unmarshal(b, &given); err != nil {
		return err
	}
	for _, s := range p.Settings {
		if n, ok := given[s.Setting].(float64); ok && s.Least != nil && n < *s.Least {
			return errs.New(errs.Invalid, "%s 不能低于 %v：%s（%s）", s.Setting, *s.Least, s.Says, s.Source).At(s.Setting)
		}
	}
	return nil
}

// Changed lists the protecting settings in which two policies differ.
func (p *Protection) Changed(a, b Policy) ([]string, error) {
	before, err := a.Map()
	if err != nil {
		return nil, err
	}
	after, err := b.Map()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range p.Settings {
		if !reflect.DeepEqual(before[s.Setting], after[s.Setting]) {
			out = append(out, s.Setting)
		}
	}
	return out, nil
}

// Says is the sentence of a setting that protects, empty for another.
func (p *Protection) Says(setting string) string {
	i := slices.IndexFunc(p.Settings, func(s *Protected) bool { return s.Setting == setting })
	if i < 0 {
		return ""
	}
	return p.Settings[i].Says
}
