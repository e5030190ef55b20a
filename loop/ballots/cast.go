package ballots

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Choice is one mark on a ballot paper.
type Choice struct {
	Subject   uuid.UUID
	Dimension string
	Option    string
}

// Claim hands the viewer, who must be on the list, his token. Called again it
// answers the same one until that is used; so a lost answer does no harm.
func (s *Service) Claim(ctx context.Context, id uuid.UUID) (token string, err error) {
	defer errs.Wrap(&err, "ballots.Claim(%s)", id)
	v := authz.From(ctx)
	if v == nil {
		return "", errs.New(errs.Unauthenticated, "请先登录")
	}
	token = s.token(v.Tenant, id, v.Membership)
	var outcome string
	err = tenants.Row(ctx, `SELECT ballot_claim($1, $2, $3, $4)`, []any{id, v.Membership, hash(token), clock.Now(ctx)}, &outcome)
	if err != nil {
		return "", err
	}
	switch outcome {
	case "GIVEN":
		return token, audit.Note(ctx, audit.Change{Entity: "Ballot", ID: id, Op: audit.Update, After: map[string]any{"claimed_by": v.Membership}})
	case "USED":
		return "", errs.New(errs.Conflict, "您领过的选票已经投出，每人只能投一次；如果您没有投过，请告诉主持测评的人")
	case "CLOSED":
		if err := s.expire(ctx, v.Tenant, id); err != nil {
			return "", err
		}
		return "", isClosed()
	case "EARLY":
		return "", isEarly()
	}
	return "", noBallot()
}

func isEarly() error {
	return errs.New(errs.NotAllowedInState, "这次民主测评还没有开始，请到开始时间再来").With("state", Open)
}

// badToken is the one answer for a token that is wrong and for one that is used.
func badToken() error {
	return errs.New(errs.NotFound, "投票凭证无效或已经使用；如果刚才提交过，您的票已经计入").At("token")
}

// Cast puts a ballot paper into the box, for whoever holds the token. It wants
// no viewer, and forgets the one that the context may have: it works in a
// transaction of its own, even inside another, and nothing of the request gets
// into the book. A paper with a gap is counted as invalid, which is answered;
// one with a choice that was not asked, or two for one question, is refused and
// the token stays good. Called again it is refused.
func (s *Service) Cast(ctx context.Context, token string, choices []Choice) (valid bool, err error) {
	defer errs.Wrap(&err, "ballots.Cast") // not the arguments
	token = strings.TrimSpace(token)
	tenant, id, ok := open(token)
	if !ok {
		return false, badToken()
	}
	if len(choices) > mostSubjects*mostDimensions {
		return false, errs.New(errs.Invalid, "选票上的选择太多，请按选票填写").At("choices")
	}
	units, dimensions, options := make([]uuid.UUID, len(choices)), make([]string, len(choices)), make([]string, len(choices))
	for i, c := range choices {
		units[i], dimensions[i], options[i] = c.Subject, c.Dimension, c.Option
	}
	ctx = alone(ctx)
	var outcome string
	err = s.store.InTx(ctx, tenant, func(ctx context.Context) error {
		err := tenants.Row(ctx, `SELECT ballot_cast($1, $2, $3, $4, $5, $6)`, []any{id, hash(token), units, dimensions, options, clock.Now(ctx)}, &outcome)
		switch {
		case err != nil:
			return tenants.Translate(err)
		case outcome == "CHOICE":
			return wrongChoice(ctx, id, choices)
		case outcome == "VALID" || outcome == "INVALID":
			return audit.Write(ctx, audit.Entry{Action: "castBallot", Actor: audit.Actor{Name: "匿名"}, Object: audit.Object("Ballot", id)})
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	switch outcome {
	case "VALID", "INVALID":
		return outcome == "VALID", nil
	case "CLOSED":
		if err := s.expire(ctx, tenant, id); err != nil {
			return false, err
		}
		return false, isClosed()
	case "EARLY":
		return false, isEarly()
	}
	return false, badToken()
}

// wrongChoice says which choice the box did not take.
func wrongChoice(ctx context.Context, id uuid.UUID, choices []Choice) error {
	var subjects []uuid.UUID
	var dimensions, options []string
	err := tenants.Row(ctx, `SELECT subjects, dimensions, options FROM ballots WHERE id = $1`, []any{id}, &subjects, &dimensions, &options)
	if err != nil {
		return err
	}
	type question struct {
		subject   uuid.UUID
		dimension string
	}
	seen := map[question]bool{}
	for i, c := range choices {
		at := func(field string) []string { return []string{"choices", strconv.Itoa(i), field} }
		switch q := (question{c.Subject, c.Dimension}); {
		case !slices.Contains(subjects, c.Subject):
			return errs.New(errs.Invalid, "选票上没有这个单位").At(at("subject")...)
		case !slices.Contains(dimensions, c.Dimension):
			return errs.New(errs.Invalid, "选票上没有这项测评内容").At(at("dimension")...)
		case !slices.Contains(options, c.Option):
			return errs.New(errs.Invalid, "选票上没有这个选项").At(at("option")...)
		case seen[q]:
			return errs.New(errs.Invalid, "同一单位的同一项内容只能选一个").At(at("option")...)
		default:
			seen[q] = true
		}
	}
	return fmt.Errorf("ballot %s refused choices that it asks for", id)
}
