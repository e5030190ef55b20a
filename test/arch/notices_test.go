package arch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What people are told is written in one place, so that it is told one way: how
// often to one person, and what else a notice sets off.
func TestOneWriterOfNotices(t *testing.T) {
	writes := regexp.MustCompile(`\.Notice\.(Create|MapCreate)|(?i:INSERT\s+INTO\s+notices\b)`)
	found := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			if d != nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == "gen") {
				return filepath.SkipDir
			}
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil || !writes.Match(source) {
			return err
		}
		if found++; filepath.ToSlash(path) != "../../flow/notices/notices.go" {
			t.Errorf("%s writes notices; package flow/notices does", path)
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d writers, %v", found, err)
	}
}
