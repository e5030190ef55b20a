package tasks_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/loop/tasks"
)

// former is the text of version 1, which left to an action's code what is told.
func former(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile("testdata/task-1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// renamed is a version with two actions of the committee's own.
func renamed(source string) string {
	return strings.NewReplacer("code: addNode,", "code: addLate,", "code: reportNode,", "code: reportByPhone,").Replace(source)
}

var arguments = regexp.MustCompile(`\{(task\.\w+): \{[^}]*\}\}`)

// publish makes a text the newest version at both ends.
func (h *house) publish(source, version string) {
	h.Helper()
	p, err := authz.Load()
	h.must(err)
	source = regexp.MustCompile(`(?m)^version: \d+$`).ReplaceAllString(source, "version: "+version)
	for _, tenant := range []uuid.UUID{h.city, h.first} {
		h.system(tenant, func(ctx context.Context, _ *gen.Client) error {
			_, err := h.engine.Publish(ctx, []byte(source), process.RolesOf(p))
			return err
		})
	}
}

// crosses: a node that is added and one that is reported arrive at the other
// end, are recorded, and who acts next is told, in the words of the version.
func (h *house) crosses(of uuid.UUID, add, report string, told ...string) {
	h.Helper()
	there, here := h.accepted(of)
	h.does(h.city, director, here, add, process.Form{"text": "补充的节点", "dueOn": "2023-06-30"}, "WORKING")
	h.deliver()
	if n := len(items(h.look(h.first, there), item.KindNODE)); n != 3 {
		h.Errorf("%d nodes there", n)
	}
	if got := h.told(h.first, there)[director]; !strings.Contains(got, told[0]) {
		h.Error(got)
	}
	h.does(h.first, staff, there, report, h.nodeFact(h.first, there, 0, "DONE"), "WORKING")
	h.deliver()
	c := h.look(h.city, here)
	rows := c.RecordsOf(record.KindREPORT)
	if strings.Join(statuses(c), " ") != "OPEN REPORTED OPEN OPEN" || len(rows) != 1 || rows[0].Stage != "节点交账" {
		h.Error(statuses(c), rows)
	}
	if got := h.told(h.city, here)[director]; !strings.Contains(got, told[1]) {
		h.Error(got)
	}
}

// C3: what an action tells is an argument in the definition, so that a
// committee's own action passes publication and works, or is refused there.
func TestWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)
	h.run("C3: on version 1, which named no words, everything is told as it was", func() {
		h.publish(former(t), "8")
		h.crosses(of, "addNode", "reportNode", "增加了节点", "有节点交账，请核实")
	})
	h.run("C3: actions of the committee's own tell what its version says", func() {
		h.publish(renamed(definition(t, tasks.Kind).Source), "9")
		h.crosses(of, "addLate", "reportByPhone", "交办方增加节点", "承办方节点交账")
	})
}

func TestWordsAreChecked(t *testing.T) {
	t.Parallel()
	p, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := flow.NewRules()
	tasks.Register(s)
	vocab.Register(s)
	found := func(source string) (all []string) {
		d, err := process.Parse([]byte(source))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range process.Errors(s.Check(d, process.DefaultPolicy(), process.RolesOf(p))) {
			all = append(all, f.String())
		}
		return all
	}
	shipped := definition(t, tasks.Kind).Source
	t.Run("C3: version 1 can still run, and own actions with arguments can be published", func(t *testing.T) {
		for _, source := range []string{former(t), arguments.ReplaceAllString(shipped, "$1"), renamed(shipped)} {
			if all := found(source); len(all) > 0 {
				t.Error(all)
			}
		}
	})
	for name, c := range map[string]struct {
		source string
		says   []string
	}{
		"own actions without arguments": {renamed(former(t)), []string{"task.decide 要写明 as", "task.tell_performers 要写明 text", "task.report_up 要写明 as", "task.tell_issuers 要写明 text"}},
		"a word that is none":           {strings.Replace(shipped, "as: NODE}", "as: KNOT}", 1), []string{"没有办理情况“KNOT”；可以有 ACCEPTED、DECLINED、FINAL、NODE"}},
		"a word without its deed":       {strings.Replace(shipped, "[task.report_node, {task.report_up", "[{task.report_up", 1), []string{"task.report_up 告诉对方 NODE，它前面要有 task.report_node"}},
		"a word before its deed":        {strings.Replace(shipped, "[task.add_node, {task.decide: {as: NODE_ADDED}}]", "[{task.decide: {as: NODE_ADDED}}, task.add_node]", 1), []string{"它前面要有 task.add_node"}},
		"a story":                       {strings.Replace(former(t), "task.tell_issuers", `{task.tell_issuers: {text: "`+strings.Repeat("长", 101)+`"}}`, 1), []string{"text 至多 100 个字"}},
		"no action for an envelope":     {strings.Replace(shipped, "code: nodeReported,", "code: nodeHeard,", 1), []string{"缺少动作“nodeReported”"}},
	} {
		t.Run("C3: is refused at publication: "+name, func(t *testing.T) {
			all := found(c.source)
			if len(all) != len(c.says) {
				t.Fatal(all)
			}
			for i, says := range c.says {
				if !strings.Contains(all[i], says) {
					t.Error(all[i])
				}
			}
		})
	}
}
