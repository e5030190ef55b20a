package templates

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
)

func TestEveryFileIsOffered(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	entries = slices.DeleteFunc(entries, fs.DirEntry.IsDir) // the floor
	regulated := authz.Kinds()
	var offered []string
	for _, x := range Platforms() {
		offered = append(offered, x.Name)
		if x.Title == "" || len(x.Source) == 0 {
			t.Errorf("%s has no title or no source", x.Name)
		}
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".yaml")
		if slices.Contains(offered, name) == slices.Contains(regulated, name) {
			t.Errorf("%s is not exactly one of a regulated process and a platform's", name)
		}
	}
	if len(Processes()) != len(regulated) || len(offered)+len(regulated) != len(entries) {
		t.Errorf("%d regulated, %d offered, %d files", len(regulated), len(offered), len(entries))
	}
}

func TestEveryRegulatedKindHasAFloor(t *testing.T) {
	for _, kind := range authz.Kinds() {
		if Floor(kind) == nil {
			t.Errorf("%s has no floor", kind)
		}
	}
	if Floor("lushun") != nil {
		t.Error("a committee's own kind has a floor")
	}
}
