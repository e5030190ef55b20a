package blob

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenURL(t *testing.T) {
	t.Run("the folder of a file store is made if it is missing", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a", "文件 store")
		if _, err := OpenURL("file://" + strings.ReplaceAll(dir, " ", "%20")); err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			t.Fatal(st, err)
		}
	})
	t.Run("S3 is not contacted before the first call, is spoken to over TLS unless told otherwise, and the region has a default", func(t *testing.T) {
		store, err := OpenURL("s3://key:a%2Fb%2Bc%40d@s3.invalid:9000/bucket-1")
		if err != nil {
			t.Fatal(err)
		}
		s := store.(*s3)
		if got := s.core.EndpointURL().String(); got != "https://s3.invalid:9000" || s.bucket != "bucket-1" {
			t.Fatal(got, s.bucket)
		}
		value, err := s.core.GetCreds()
		if err != nil || value.AccessKeyID != "key" || value.SecretAccessKey != "a/b+c@d" {
			t.Fatal(value, err)
		}
	})
	t.Run("other addresses are refused, and the error does not repeat the secret", func(t *testing.T) {
		for _, address := range []string{
			"", "/var/lib", "http://host/x", "file:", "file:///", "file://relative/path", "file:relative", "file:///x?y=1",
			"s3://", "s3://host/bucket", "s3://key@host/bucket", "s3://key:s3cr3t@/bucket", "s3://key:s3cr3t@host",
			"s3://key:s3cr3t@host/a/b", "s3://key:s3cr3t@host/UPPER", "s3://key:s3cr3t@host/bucket?insecure=yes",
			"s3://key:s3cr3t@host/bucket?regoin=x", "s3://key:s3cr3t@host/bucket?region=", "s3://key:s3cr3t@host/bucket#x",
			"s3://key:s3c/r3t@host/bucket", "s3://key:s3c?r3t@host/bucket", "s3://key:s3c%r3t@host/bucket",
			"s3://key:s3cr3t@host:port/bucket", "s3://key:s3cr3t@host/bucket?%zz",
		} {
			_, err := OpenURL(address)
			if err == nil {
				t.Errorf("%q accepted", address)
			} else if strings.Contains(err.Error(), "s3c") || strings.Contains(err.Error(), "r3t") {
				t.Errorf("%q: error gives the secret away: %v", address, err)
			}
		}
	})
}
