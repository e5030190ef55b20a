package secret_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/bihuan/bihuan/internal/secret"
)

func TestSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "secret")
	t.Run("all who start at once have the same secret", func(t *testing.T) {
		var wg sync.WaitGroup
		got := make([]secret.Secret, 20)
		for i := range got {
			wg.Go(func() {
				s, err := secret.Load(path)
				if err != nil {
					t.Error(err)
				}
				got[i] = s
			})
		}
		wg.Wait()
		for _, s := range got {
			if s != got[0] || s == (secret.Secret{}) {
				t.Fatal("they differ, or are empty")
			}
		}
	})
	t.Run("only its owner may read the file, and nothing is left beside it", func(t *testing.T) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatal(info.Mode(), err)
		}
		if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 1 {
			t.Fatal(list)
		}
	})
	t.Run("each purpose has its own, the same each time", func(t *testing.T) {
		s, err := secret.Load(path)
		if err != nil || len(s.For("a")) != 32 || bytes.Equal(s.For("a"), s.For("b")) || !bytes.Equal(s.For("a"), s.For("a")) {
			t.Fatal(err)
		}
	})
	t.Run("a file of another length is refused", func(t *testing.T) {
		for _, n := range []int{0, 31, 33} {
			if err := os.WriteFile(path, make([]byte, n), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := secret.Load(path); err == nil {
				t.Fatal(n)
			}
		}
	})
}
