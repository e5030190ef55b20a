package reports

import (
	"bytes"
	"embed"
	"fmt"

	"gopkg.in/yaml.v3"
)

//go:embed templates/*.yaml
var shipped embed.FS

// Template is a report that is made again and again.
type Template struct {
	Code   string `yaml:"code"`
	Title  string `yaml:"title"`
	Source string `yaml:"source"`
	Lines  []Line `yaml:"lines"`
}

// Templates are those that the product brings.
var Templates = func() (out []Template) {
	files, err := shipped.ReadDir("templates")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		t, err := read("templates/" + f.Name())
		if err != nil {
			panic(fmt.Errorf("%s: %w", f.Name(), err))
		}
		out = append(out, t)
	}
	return out
}()

func read(name string) (t Template, err error) {
	raw, err := shipped.ReadFile(name)
	if err != nil {
		return t, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&t); err != nil {
		return t, err
	}
	return t, checkLines(t.Lines)
}

// templateOf finds one by its code, nil when there is none.
func templateOf(code string) *Template {
	for i := range Templates {
		if Templates[i].Code == code {
			return &Templates[i]
		}
	}
	return nil
}
