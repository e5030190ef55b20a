// Package arch keeps the arrows between packages: cmd → graph → nouns →
// {flow, audit, authz, tenants, ent/gen} → internal. Nouns never import each
// other.
package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bihuan/bihuan/"

// layer of a package by its first folder; arrows go to lower layers only.
// Within layer 3 the foundations may use each other in this order.
func layer(path string) (int, string) {
	top, _, _ := strings.Cut(path, "/")
	switch {
	case top == "cmd" || top == "test":
		return 7, top
	case top == "demo" || top == "clients":
		return 6, top
	case top == "graph":
		return 5, top
	case slices.Contains([]string{"proposals", "opinions", "loop", "oversight", "roster", "files", "platforms", "processes", "obligations", "guidance"}, top):
		return 3, top
	case top == "assembly" || top == "handover":
		return 4, top
	case top == "search" || top == "imports" || top == "exchange" || top == "live" || top == "flow" || top == "figures" || top == "audit" || top == "authz" || top == "tenants" || top == "ent" || top == "deploy" || top == "web":
		return 2, top
	case top == "internal":
		return 1, top
	}
	return 0, top
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestArrowsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		l, top := layer(from)
		if l == 0 {
			t.Errorf("%s: a new top-level folder; give it a layer here and a line in ARCHITECTURE.md", from)
		}
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if !ours {
				continue
			}
			tl, ttop := layer(to)
			if tl > l || (tl == l && l == 3 && top != ttop) {
				t.Errorf("%s imports %s: arrows go down only, and nouns never import each other", from, to)
			}
		}
	}
}

func TestTheSchemaImportsNothingGenerated(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != module+"ent/schema" {
			continue
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, module) {
				t.Errorf("ent/schema imports %s; it imports only ent and contrib", i)
			}
		}
	}
}

func TestOnlyTenantsTouchesThePool(t *testing.T) {
	allowed := map[string]bool{"tenants": true, "ent/migrations": true, "cmd/bihuan": true, "test/bench": true, "tenants/tenantstest": true, "internal/dbtest": true, "internal/pgembed": true}
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, i := range p.Imports {
			if i == "github.com/jackc/pgx/v5/pgxpool" && !allowed[from] {
				t.Errorf("%s imports pgxpool; only package tenants touches the pool", from)
			}
		}
	}
}

// The paper is values and pure functions: whoever reads a definition needs no
// database, no case and no engine.
func TestThePaperNeedsNoDatabase(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != module+"flow/process" {
			continue
		}
		for _, i := range p.Imports {
			for _, not := range []string{"ent", "tenants", "flow"} {
				if i == module+not || (strings.HasPrefix(i, module+not+"/") && i != module+"flow/deadline") {
					t.Errorf("flow/process imports %s", i)
				}
			}
			if i == "context" || i == "database/sql" {
				t.Errorf("flow/process imports %s; a definition needs neither", i)
			}
		}
	}
}

// make gen takes away the map of all inputs that gqlgen builds for each request.
// Its one reader is entgql's where-inputs, which this schema has not.
func TestNobodyReadsInputsByTheirType(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "grep", "-lE", "UnmarshalInputFromContext[(]|type [A-Za-z]+WhereInput ", "--", "*.go").Output()
	if err != nil || strings.TrimSpace(string(out)) != "ent/gen/gql_collection.go" {
		t.Errorf("who reads an input by its type: %s %v; make gen must leave the map in place", out, err)
	}
}
