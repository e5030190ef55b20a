package smoke

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestOnTheDemo runs today, on the demo data, what a newcomer begins with: what
// the README tells him to paste, and the package that frontends are built on.
func TestOnTheDemo(t *testing.T) {
	client, stories := theClient(t), theStories(t)
	p := start(t, time.Now(), "--demo")
	t.Run("the README's walk", func(t *testing.T) { readmesWalk(t, p) })
	t.Run("the TypeScript client speaks with the product, through urql and through Apollo", client(p))
	for sentence, more := range onTheDemo {
		t.Run(sentence, func(t *testing.T) { more(t, p) })
	}
	t.Run("the console's stories, in a browser", stories(p))
}

// onTheDemo is what else is tried on the demo, by what a machine has to have for
// it (build tags).
var onTheDemo = map[string]func(*testing.T, *product){}

func readmesWalk(t *testing.T, p *product) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(readme), "<!-- walk: run by test/smoke -->\n```sh\n")
	walk, _, closed := strings.Cut(after, "```")
	if !ok || !closed {
		t.Fatal("the README has no walk")
	}
	cmd := exec.Command("sh", "-e")
	cmd.Stdin = strings.NewReader(walk)
	cmd.Env = append(os.Environ(), "URL="+p.url+"/graphql", "TZ=Asia/Shanghai")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	refusals := 0
	for _, l := range lines {
		if strings.Contains(l, `"errors"`) {
			t.Errorf("an error: %s", l)
		}
		if strings.Contains(l, `"userErrors":[{`) {
			refusals++
		}
	}
	if refusals != 1 {
		t.Errorf("%d refusals, want the one of the reply without a contact\n%s", refusals, out)
	}
	if last := lines[len(lines)-1]; last != `{"data":{"matter":null}}` {
		t.Errorf("旅顺口 gets %s", last)
	}
	if !strings.Contains(string(out), "已办结") {
		t.Errorf("the case is not completed\n%s", out)
	}
}
