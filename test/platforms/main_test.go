package platforms_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// met are the actions that were carried out and the states that were entered,
// by kind and code.
var met sync.Map

// TestMain adds one test to the others: together they carry out every action
// and enter every state of every template.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		for _, missing := range unmet() {
			fmt.Println("never met in a test:", missing)
			code = 1
		}
	}
	os.Exit(code)
}

func unmet() (out []string) {
	for _, x := range templates.Platforms() {
		d, err := process.Parse(x.Source)
		if err != nil {
			return []string{x.Name + ": " + err.Error()}
		}
		machine := d.Machines[process.OfMatter]
		want := []string{}
		for _, a := range machine.Actions {
			want = append(want, a.Code)
		}
		for _, s := range machine.States {
			if s.Code != machine.Initial {
				want = append(want, s.Code)
			}
		}
		for _, code := range want {
			if _, ok := met.Load(d.Kind + "." + code); !ok {
				out = append(out, d.Kind+"."+code)
			}
		}
	}
	return out
}
