package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A table that names tests which are not there shows nothing.
func TestWhatSecurityNamesIsThere(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	packages := regexp.MustCompile("((?:`[a-z/]+`、?)+)：((?:`Test[A-Za-z0-9]+`(?:（S[0-9]+）)?、?)+)")
	quoted := regexp.MustCompile("`([^`]+)`")
	seen := 0
	for _, m := range packages.FindAllStringSubmatch(string(page), -1) {
		for _, dir := range quoted.FindAllStringSubmatch(m[1], -1) {
			source := ""
			files, err := filepath.Glob(filepath.Join(root, dir[1], "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				source += string(b)
			}
			for _, name := range quoted.FindAllStringSubmatch(m[2], -1) {
				if seen++; !strings.Contains(source, "func "+name[1]+"(t ") {
					t.Errorf("docs/security.md names %s of %s, which is not there", name[1], dir[1])
				}
			}
		}
	}
	if named := len(regexp.MustCompile("`Test[A-Za-z0-9]+`").FindAllString(string(page), -1)); seen < named || named < 40 {
		t.Errorf("%d tests are named, %d were looked for", named, seen)
	}
}
