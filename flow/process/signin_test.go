package process

import (
	"reflect"
	"testing"

	"github.com/bihuan/bihuan/authz/signin"
)

// Where a committee has decided nothing, the screen of its settings shows what
// is asked.
func TestSignInIsShippedAsItIsAsked(t *testing.T) {
	got, want := DefaultPolicy().SignIn, signin.Shipped()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("policy.json says %+v, and %+v is asked", got, want)
	}
}
