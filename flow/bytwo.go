package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/flow/notices"
)

// ByTwo asks for what takes two persons, and tells who may confirm it: the
// holders of the right. It answers false where that has been confirmed, and the
// caller goes on. Asked again for the same, nobody is told again.
func ByTwo(ctx context.Context, kind, right string, about uuid.UUID, says, reason string, input any) (asked bool, err error) {
	if requests.Confirmed(ctx, kind, about) {
		return false, nil
	}
	r, fresh, err := requests.Ask(ctx, kind, about, says, reason, input)
	if err != nil || !fresh {
		return true, err
	}
	text := fmt.Sprintf("%s提出%s，须由另一人确认后才生效", authz.From(ctx).Name, says)
	rights, err := authz.Rights(ctx)
	if err != nil {
		return true, err
	}
	return true, TellRoles(ctx, notices.Decision(text, "Request", r.ID), rights.Holders(right)...)
}

// Answered tells who asked what came of it; not himself, where he took it back.
func Answered(ctx context.Context, r *requests.Request, how string, more ...string) error {
	v := authz.From(ctx)
	if r.By == v.Membership {
		return nil
	}
	text := fmt.Sprintf("%s%s您提出的：%s%s", v.Name, how, r.Says, strings.Join(more, ""))
	return notices.Write(ctx, nil, notices.Decision(text, notices.Mine, r.ID), r.By)
}

// OnceConfirmed calls a method with the input that was asked for.
func OnceConfirmed[In, Out any](method func(context.Context, In) (*Out, error)) func(context.Context, requests.Request) (any, error) {
	return func(ctx context.Context, r requests.Request) (any, error) {
		var in In
		if err := json.Unmarshal(r.Input, &in); err != nil {
			return nil, err
		}
		return method(ctx, in)
	}
}
