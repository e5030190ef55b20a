package exchange

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// WentUp is what a matter that went up shows until the committee above has answered.
const WentUp = "已送出"

// Up sends what a matter brings to the committee above its own, and mirrors it on
// the matter. What the agreement does not let out refuses the action, by the name
// of the effect: "不能" and what was to be done, with the reason.
func (s *Service) Up(ctx context.Context, r *flow.Run, kind string, body any, done, effect string) error {
	var code, name string
	if err := tenants.Row(ctx, `SELECT code, name FROM tenants WHERE id = $1`, []any{r.Parent}, &code, &name); err != nil {
		return err
	}
	_, err := s.Send(ctx, code, kind, body, Object{Type: gen.TypeMatter, ID: r.Matter.ID})
	if no, ok := errs.As(err); ok && no.Code == errs.NotAllowed {
		return errs.New(errs.GuardFailed, "不能%s：%s", done, no.Message).With("guard", effect)
	}
	if err != nil {
		return err
	}
	r.After["forwardedTo"] = name
	return r.Client.Matter.UpdateOne(r.Matter).SetMirror(map[string]any{
		"committee": code, "name": name, "status": WentUp, "on": r.Today().Format(time.DateOnly),
	}).Exec(ctx)
}
