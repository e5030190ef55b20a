package authz_test

import (
	"slices"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestWhatTakesTwo(t *testing.T) {
	p, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, right := range []string{"processes.confirm", "settings.confirm"} {
		t.Run(right+": more than one role can be the second", func(t *testing.T) {
			if got := p.Holders(right); !slices.Equal(got, []string{"secretary_general", "chair", "tenant_admin"}) {
				t.Error(got)
			}
		})
	}
	t.Run("a right that nobody holds has no holders", func(t *testing.T) {
		if got := p.Holders("proposal.nothing"); len(got) != 0 {
			t.Error(got)
		}
	})
	t.Run("the first person reads who may be the second", func(t *testing.T) {
		err, ok := errs.As(p.Another("settings.confirm", "这一修改由您提出"))
		if !ok || err.Code != errs.NotAllowed || err.Message != "这一修改由您提出，须由另一人（秘书长、主席、租户管理员）确认" {
			t.Error(err)
		}
	})
}
