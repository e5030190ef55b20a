package handover

import (
	"context"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

const (
	active    = "ACTIVE"
	suspended = "SUSPENDED"
)

// Suspend closes a committee: its sessions end with their next request, nothing
// is sent or reminded, nobody signs in to it. Called twice the second finds it
// suspended and does nothing.
func (s Service) Suspend(ctx context.Context, code, reason string) error {
	return s.turn(ctx, code, reason, "suspendCommittee", active, suspended)
}

// Resume opens it again.
func (s Service) Resume(ctx context.Context, code, reason string) error {
	return s.turn(ctx, code, reason, "resumeCommittee", suspended, active)
}

func (s Service) turn(ctx context.Context, code, reason, action, from, to string) (err error) {
	defer errs.Wrap(&err, "handover.%s(%s)", action, code)
	if reason, err = why(reason); err != nil {
		return err
	}
	c, err := s.committee(ctx, code)
	if err != nil {
		return err
	}
	is, err := s.status(ctx, c)
	if err != nil || is == to {
		return err
	}
	return s.note(ctx, c, action, reason, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `UPDATE tenants SET status = $2 WHERE id = $1 AND status = $3`, c.ID, to, from)
		return err
	})
}

func (s Service) status(ctx context.Context, c Committee) (is string, err error) {
	err = s.Store.Global(ctx, func(ctx context.Context) error {
		return tenants.Row(ctx, `SELECT status FROM tenants WHERE id = $1`, []any{c.ID}, &is)
	})
	return is, err
}

// why is a reason, which what is done to a committee has.
func why(reason string) (string, error) {
	if reason = text.Clean(reason); reason == "" {
		return "", errs.New(errs.Invalid, "请用 --reason 写明事由：它写进本政协和本安装的审计链").At("reason")
	}
	return reason, nil
}
