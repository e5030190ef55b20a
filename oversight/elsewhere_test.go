package oversight_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/test/district"
)

// A city that is run elsewhere has a line in the district's directory, and the
// first figures go there. When its own key is known, all is told again, in letters
// that begin with number 1, and what was narrowed stays so.
func TestTheCityOfADistrictIsElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.narrows([]string{"received", "filed"}, []string{})
	w.receives("FILED")
	w.tell()
	w.later()
	public, _, err := ed25519.GenerateKey(nil)
	w.OK(err)
	w.district.Join(district.Person{Name: "管理员乙", Role: "tenant_admin"})
	desk := requests.NewDesk()
	w.Exchange.Requests(desk)
	w.OK(w.district.Recorded("管理员", "setAgreement", func(ctx context.Context) error {
		_, err := w.Exchange.Set(ctx, exchange.Terms{Partner: "210200", Channel: agreement.ChannelFILE, Key: base64.StdEncoding.EncodeToString(public)})
		return err
	}))
	w.OK(w.district.Recorded("管理员乙", "confirmRequest", func(ctx context.Context) error {
		list, err := desk.Waiting(ctx)
		if err != nil || len(list) != 1 {
			t.Errorf("%d things wait: %v", len(list), err)
			return err
		}
		_, _, err = desk.Confirm(ctx, list[0].ID)
		return err
	}))
	if n := w.tell(); n != 1 {
		t.Fatalf("%d letters", n)
	}
	var body string
	w.DB.AsSuper(t, `SELECT body FROM exchange_outbox WHERE tenant_id = $1 AND kind = 'figures' AND chain = 2 AND seq <= 2`, []any{w.district.Tenant}, &body)
	if !strings.Contains(body, `"received"`) || strings.Contains(body, `"filing_rate"`) || !strings.Contains(body, `"complete":true`) {
		t.Error(body)
	}
}
