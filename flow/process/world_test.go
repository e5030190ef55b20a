package process_test

import (
	_ "embed"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// tiny is a process with one of everything that a definition can say. It closes.
//
//go:embed testdata/tiny.yaml
var tiny string

// change is tiny with one text replaced; the test fails when it is not there.
func change(t *testing.T, old, new string) string {
	t.Helper()
	if strings.Count(tiny, old) != 1 {
		t.Fatalf("%q stands %d times in the definition", old, strings.Count(tiny, old))
	}
	return strings.Replace(tiny, old, new, 1)
}

// counted are the arguments of a word.
type counted struct {
	Least int      `json:"least" doc:"至少几个"`
	Kinds []string `json:"kinds" doc:"哪些类别"`
}

// checker is a vocabulary with the words of tiny, on paper only.
func checker() *process.Vocabulary {
	v := process.NewVocabulary()
	for sort, names := range map[process.Sort][]string{
		process.Guard:    {process.Never, "not_suspended", "suspended", "deadline_passed", "tiny.always", "tiny.allowed"},
		process.Relation: {"tiny.creator"},
		process.Effect:   {"suspend_timers", "resume_timers", "tiny.note", "tiny.fail", "tiny.met", "tiny.give"},
		process.Chooser:  {"tiny.choose"},
		process.Base:     {"tiny.meeting"},
	} {
		for _, name := range names {
			v.Add(process.Word{Sort: sort, Name: name, Says: "一句话。"})
		}
	}
	for _, sort := range []process.Sort{process.Chooser, process.Base} { // another kind's, and a share's
		v.Add(process.Word{Sort: sort, Name: "big.day", Says: "一句话", Kinds: []string{"big"}})
		v.Add(process.Word{Sort: sort, Name: "tiny.share", Says: "一句话", Shared: true})
	}
	v.Add(process.Word{Sort: process.Guard, Name: "counted", Says: "够数", Args: process.ArgsOf[counted](), Check: process.Checking[counted](nil)})
	return v
}

func rightsOf(t testing.TB) *authz.Policy {
	t.Helper()
	p, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func refused(t *testing.T, err error, code errs.Code) *errs.Error {
	t.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code {
		t.Fatalf("want %s, got %v", code, err)
	}
	return e
}

func day(d int) time.Time { return clock.Date(2025, 3, d) }
