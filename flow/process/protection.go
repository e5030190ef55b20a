package process

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

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
	Says    string   `yaml:"says"`    // in Chinese, as a clerk would say it
	Source  string   `yaml:"source"`  // where the rule comes from
	Least   *float64 `yaml:"least"`   // of a number; nil: any value that the policy takes
	Weaker  string   `yaml:"weaker"`  // lower or higher: only a change to there takes two; empty: any
	Order   []string `yaml:"order"`   // of words, the lowest first
	Endless bool     `yaml:"endless"` // 0 is no limit, and so the highest
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
		value, known := setting(shipped, s.Setting)
		number, counts := value.(float64)
		switch {
		case !known || s.Says == "" || s.Source == "" || !slices.Contains([]string{"", "lower", "higher"}, s.Weaker):
			return nil, fmt.Errorf("process: protecting setting %q needs to be one, words and a source", s.Setting)
		case s.Least != nil && (!counts || number < *s.Least):
			return nil, fmt.Errorf("process: protecting setting %q is shipped below its least, or is no number", s.Setting)
		}
	}
	return p, nil
}

// setting finds one, or one of it: signIn.minLength.
func setting(all map[string]any, name string) (any, bool) {
	of, part, deeper := strings.Cut(name, ".")
	if deeper {
		within, _ := all[of].(map[string]any)
		all, of = within, part
	}
	v, there := all[of]
	return v, there
}

// weakens reports whether a setting that has changed protects less than before.
func (s *Protected) weakens(before, after any) bool {
	if s.Weaker == "" {
		return true
	}
	if list, ok := before.([]any); ok { // of who is protected: nobody may be missing
		now, _ := after.([]any)
		return slices.ContainsFunc(list, func(x any) bool { return !slices.Contains(now, x) })
	}
	a, b := s.weight(before), s.weight(after)
	if s.Weaker == "higher" {
		return b > a
	}
	return b < a
}

// weight makes a value one that can be compared.
func (s *Protected) weight(v any) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
	case string:
		return float64(slices.Index(s.Order, v))
	case float64:
		if v == 0 && s.Endless {
			return math.Inf(1)
		}
		return v
	}
	return 0
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
		value, _ := setting(given, s.Setting)
		if n, ok := value.(float64); ok && s.Least != nil && n < *s.Least {
			return errs.New(errs.Invalid, "%s 不能低于 %v：%s（%s）", s.Setting, *s.Least, s.Says, s.Source).At(strings.Split(s.Setting, ".")...)
		}
	}
	return nil
}

// Changed lists the protecting settings in which two policies differ, and of
// those that only take two when they protect less the ones that do.
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
		was, _ := setting(before, s.Setting)
		is, _ := setting(after, s.Setting)
		if !reflect.DeepEqual(was, is) && s.weakens(was, is) {
			out = append(out, s.Setting)
		}
	}
	return out, nil
}

// Protects reports whether a setting is one that nobody changes alone; of some
// only to where it protects less.
func (p *Protection) Protects(setting string) bool { return p.Says(setting) != "" }

// Says is the sentence of a setting that protects, empty for another.
func (p *Protection) Says(setting string) string {
	i := slices.IndexFunc(p.Settings, func(s *Protected) bool { return s.Setting == setting })
	if i < 0 {
		return ""
	}
	return p.Settings[i].Says
}
