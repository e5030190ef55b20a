package graph

import (
	"testing"

	"github.com/bihuan/bihuan/flow/process"
)

func TestContentsAreWrittenForPeople(t *testing.T) {
	choice := &process.Field{Name: "path", Choices: []process.Choice{{Value: "CLAIM", Title: "认领"}}}
	group := &process.Field{Name: "archive", Fields: []*process.Field{{Name: "minutes", Title: "会议记录"}, {Name: "plan", Title: "方案"}}}
	for _, c := range []struct {
		says  string
		field *process.Field
		value any
		want  string
	}{
		{"a choice is its word", choice, "CLAIM", "认领"},
		{"a list is line by line", &process.Field{Item: choice}, []any{"CLAIM", "现场解决"}, "认领\n现场解决"},
		{"a group has its titles, in the form's order", group, map[string]any{"plan": false, "minutes": true, "unnamed": "x"}, "会议记录：是；方案：否"},
		{"a day is written as one", &process.Field{}, "2024-03-05", "2024年3月5日"},
		{"a number is itself", &process.Field{}, float64(12), "12"},
		{"an id is not shown", &process.Field{Picks: process.PickUnit}, "0192b7a4-0000-7000-8000-000000000001", ""},
		{"nothing is nothing", group, nil, ""},
	} {
		t.Run(c.says, func(t *testing.T) {
			if got := inWords(c.field, c.value); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
