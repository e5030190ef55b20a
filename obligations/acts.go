package obligations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// ExcuseEntity is what the book calls an excuse.
const ExcuseEntity = "ObligationExcuse"

// Excusing lets one person off for the period of a day.
type Excusing struct {
	Code   string
	On     *time.Time // nil: today
	Person uuid.UUID
	Reason string
}

// Let excuses somebody. Called twice it answers the first. Errors: NotFound for
// who owes nothing; NotAllowed for oneself; NotAllowedInState for what is done.
func (s *Service) Let(ctx context.Context, in Excusing) (_ *Excuse, err error) {
	defer errs.Wrap(&err, "obligations.Let(%s)", in.Code)
	sys, v, err := authz.Enter(ctx, Exempts)
	if err != nil {
		return nil, err
	}
	if err := reasonOf(&in.Reason); err != nil {
		return nil, err
	}
	d, err := s.of(sys, in.Code, in.On, in.Person)
	switch {
	case err != nil:
		return nil, err
	case in.Person == v.Membership:
		return nil, errs.New(errs.NotAllowed, "不能免除自己，请由另一位有权的人办理").At("membershipId")
	case d.Excuse != nil:
		return d.Excuse, nil
	case d.State == Done:
		return nil, errs.New(errs.NotAllowedInState, "%s已经做到，不用免除", d.Name)
	}
	e := &Excuse{ID: uuid.Must(uuid.NewV7()), Code: d.Code, From: d.Period.From, Person: in.Person, Reason: in.Reason, By: v.Membership, At: clock.Now(ctx)}
	if _, err := tenants.Exec(sys, `INSERT INTO obligation_excuses (tenant_id, id, code, period_from, membership_id, reason, by_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		v.Tenant, e.ID, e.Code, e.From, e.Person, e.Reason, e.By, e.At); err != nil {
		return nil, err
	}
	if err := audit.Note(sys, audit.Change{Entity: ExcuseEntity, ID: e.ID, Op: audit.Create, After: map[string]any{"code": e.Code, "period_from": e.From.Format(time.DateOnly), "membership_id": e.Person.String(), "reason": e.Reason}}); err != nil {
		return nil, err
	}
	return e, notices.Write(sys, nil, notice(notices.Told("“"+d.Label+"”已免除："+e.Reason)), e.Person)
}

// TakeBack ends an excuse. Called twice the second changes nothing.
func (s *Service) TakeBack(ctx context.Context, id uuid.UUID, reason string) (_ *Excuse, err error) {
	defer errs.Wrap(&err, "obligations.TakeBack(%s)", id)
	sys, v, err := authz.Enter(ctx, Exempts)
	if err != nil {
		return nil, err
	}
	if err := reasonOf(&reason); err != nil {
		return nil, err
	}
	e, err := s.ExcuseByID(sys, id)
	if err != nil || e.EndedAt != nil {
		return e, err
	}
	now := clock.Now(ctx)
	e.EndedAt, e.EndedBy = &now, &v.Membership
	if _, err := tenants.Exec(sys, `UPDATE obligation_excuses SET ended_at = $2, ended_by_id = $3 WHERE id = $1`, id, now, v.Membership); err != nil {
		return nil, err
	}
	return e, audit.Note(sys, audit.Change{Entity: ExcuseEntity, ID: id, Op: audit.Update, After: map[string]any{"ended_at": now.Format(time.RFC3339)}})
}

// ExcuseByID is an excuse, ended ones too.
func (s *Service) ExcuseByID(ctx context.Context, id uuid.UUID) (*Excuse, error) {
	list, err := tenants.Rows[Excuse](ctx, excuseColumns+`WHERE id = $1`, id)
	if err == nil && len(list) == 0 {
		err = errs.New(errs.NotFound, "没有这一次免除")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

func reasonOf(of *string) error {
	return text.Tidy(text.Of{Text: of, Field: text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Most: 500, Lines: true}})
}

// of is what one person owes in the period of a day; NotFound where he owes nothing.
func (s *Service) of(ctx context.Context, code string, on *time.Time, who uuid.UUID) (*Debt, error) {
	r, err := s.round(ctx, code, on)
	if err != nil {
		return nil, err
	}
	if r != nil {
		list, err := s.standing(ctx, []*round{r}, nil, &who)
		if err != nil {
			return nil, err
		}
		if len(list) == 1 {
			return &list[0], nil
		}
	}
	return nil, errs.New(errs.NotFound, "这个人在这一期没有这一项要求").At("membershipId")
}

// mostUrged is how many are urged at once.
const mostUrged = 1000

// Urge tells those who owe of today's period that they do; none named: all of
// them. Each hears of it at most once a day. It answers how many it told.
func (s *Service) Urge(ctx context.Context, code string, people []uuid.UUID) (_ *Version, told int, err error) {
	defer errs.Wrap(&err, "obligations.Urge(%s)", code)
	sys, _, err := authz.Enter(ctx, Urges)
	if err != nil {
		return nil, 0, err
	}
	if len(people) > mostUrged {
		return nil, 0, errs.New(errs.Invalid, "一次至多催 %d 人", mostUrged).At("membershipIds")
	}
	r, err := s.round(sys, code, nil)
	if err != nil {
		return nil, 0, err
	}
	if r == nil || r.RetiredOn != nil {
		return nil, 0, errs.New(errs.NotAllowedInState, "这一项要求现在没有要做的")
	}
	list, err := s.standing(sys, []*round{r}, nil, nil)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range people {
		if !slices.ContainsFunc(list, func(d Debt) bool { return d.Person == id }) {
			return nil, 0, errs.New(errs.NotFound, "所选的人里有人在这一期没有这一项要求").At("membershipIds")
		}
	}
	mark := "urged " + clock.Today(ctx).Format(time.DateOnly)
	for _, d := range list {
		if d.State != Owing && d.State != Overdue || len(people) > 0 && !slices.Contains(people, d.Person) {
			continue
		}
		did, err := d.tell(sys, mark, "请抓紧："+d.says(), clock.Today(ctx))
		if err != nil {
			return nil, 0, err
		}
		if did {
			told++
		}
	}
	return r.Version, told, note(sys, r.ID, audit.Update, map[string]any{"code": code, "urged": told})
}

// says is what is still to be done, and until when.
func (d *Debt) says() string {
	var left []string
	for _, g := range d.Got {
		if !g.Met() {
			left = append(left, fmt.Sprintf("%s %d/%d", g.Label, g.Have, g.Least))
		}
	}
	return fmt.Sprintf("“%s”%s，%s以前做到", d.Label, strings.Join(left, "、"), d.Due.Format("2006年1月2日"))
}

// Page is what a console opens for a notice about it.
const Page = "ObligationDebt"

func notice(n notices.Notice) notices.Notice {
	n.Type = Page
	return n
}

// tell tells the person once for a mark, and reports whether it did now.
func (d *Debt) tell(ctx context.Context, mark, text string, today time.Time) (bool, error) {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return false, err
	}
	tag, err := tenants.Exec(ctx, `INSERT INTO obligation_told (tenant_id, code, period_from, membership_id, mark, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		tenant, d.Code, d.Period.From, d.Person, mark, clock.Now(ctx))
	if err != nil || tag.RowsAffected() == 0 {
		return false, err
	}
	n := notices.Due(text, days(today, d.Due) <= 2, d.Due.Before(today))
	return true, notices.Write(ctx, nil, notice(n), d.Person)
}

// atWork is the hour from which on people are reminded.
const atWork = 9

// HasDue reports whether the context's committee asks anything of anybody.
func (s *Service) HasDue(ctx context.Context) (has bool, err error) {
	if clock.Now(ctx).In(clock.Shanghai).Hour() < atWork {
		return false, nil
	}
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM obligations WHERE retired_on IS NULL)`, nil, &has)
	return has, err
}

// Remind tells whose day comes near, or has passed. It may die anywhere and run
// again: each reminder is sent once. It returns how many it sent.
func (s *Service) Remind(ctx context.Context, doors flow.Doors, tenant uuid.UUID) (sent int, err error) {
	defer errs.Wrap(&err, "obligations.Remind(%s)", tenant)
	ctx = authz.System(ctx)
	var list []Debt
	var had map[string]bool
	err = doors.ReadTx(ctx, tenant, func(ctx context.Context) error {
		rounds, err := s.running(ctx)
		if err != nil || len(rounds) == 0 {
			return err
		}
		if had, err = marks(ctx, rounds); err != nil {
			return err
		}
		list, err = s.standing(ctx, rounds, nil, nil)
		return err
	})
	if err != nil {
		return 0, err
	}
	var failed []error
	today := clock.Today(ctx)
	for _, d := range list {
		mark := d.mark(today)
		if mark == "" || had[d.Code+d.Period.From.Format(time.DateOnly)+d.Person.String()+mark] {
			continue
		}
		err := doors.InTx(ctx, tenant, func(ctx context.Context) error {
			did, err := d.tell(ctx, mark, d.reminder(today), today)
			if did {
				sent++
			}
			return err
		})
		if ctx.Err() != nil {
			return sent, ctx.Err()
		}
		failed = append(failed, err)
	}
	return sent, errors.Join(failed...)
}

func marks(ctx context.Context, rounds []*round) (map[string]bool, error) {
	out := map[string]bool{}
	for _, r := range rounds {
		list, err := tenants.Collect(ctx, pgx.RowTo[string], `SELECT code || period_from::text || membership_id::text || mark FROM obligation_told WHERE code = $1 AND period_from = $2`, r.Code, r.Period.From)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			out[x] = true
		}
	}
	return out, nil
}

// mark is the reminder of a day: the latest whose day has come; empty for none.
func (d *Debt) mark(today time.Time) string {
	switch d.State {
	case Overdue:
		return "passed " + d.Due.Format(time.DateOnly)
	case Owing:
		left := days(today, d.Due) - 1
		for _, n := range d.Clock.Remind { // the smallest first
			if left <= n {
				return fmt.Sprintf("%d before %s", n, d.Due.Format(time.DateOnly))
			}
		}
	}
	return ""
}

func (d *Debt) reminder(today time.Time) string {
	if d.Due.Before(today) {
		return "已到期，尚未做到：" + d.says()
	}
	return "请按时做到：" + d.says()
}
