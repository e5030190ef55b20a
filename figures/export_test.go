package figures

import (
	"testing"
	"testing/fstest"
)

// Instead puts other definitions into the place of those that are shipped until
// the test ends. Its caller is not parallel.
func Instead(t *testing.T, yaml string) {
	t.Helper()
	b, err := load(fstest.MapFS{"definitions/x.yaml": {Data: []byte(yaml)}})
	if err != nil {
		t.Fatal(err)
	}
	before := Shipped
	t.Cleanup(func() { Shipped = before })
	Shipped = b
}
