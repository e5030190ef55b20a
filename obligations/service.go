package obligations

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// The rights of the package.
const (
	Read    = "obligations.read"
	Manage  = "obligations.manage"
	Exempts = "obligations.excuse"
	Urges   = "obligations.urge"
)

// Entity is what the book calls a definition.
const Entity = "Obligation"

// Version is one version of a definition.
type Version struct {
	Definition
	ID          uuid.UUID
	Version     int
	AppliesOn   time.Time
	Reason      string
	PublishedBy uuid.UUID
	PublishedAt time.Time
	RetiredOn   *time.Time
}

// Service is the package's object. It is safe for concurrent use.
type Service struct{ engine *flow.Engine }

// New makes a service.
func New(e *flow.Engine) *Service { return &Service{e} }

// Draft is a definition as it is to be.
type Draft struct {
	Definition
	AppliesOn *time.Time // nil: today
	Expected  *int       // the version that was seen; 0: there is none
	Reason    string
}

type stored struct {
	ID          uuid.UUID
	Version     int
	Definition  []byte
	AppliesOn   time.Time
	Reason      string
	PublishedBy uuid.UUID
	PublishedAt time.Time
	RetiredOn   *time.Time
}

// versions are those of one obligation, or of all, each the oldest first.
func versions(ctx context.Context, code string) (out [][]*Version, err error) {
	rows, err := tenants.Rows[stored](ctx, `SELECT id, version, definition, applies_on, reason, published_by_id, published_at, retired_on FROM obligations
		WHERE $1 = '' OR code = $1 ORDER BY code, version`, code)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		v := &Version{ID: r.ID, Version: r.Version, AppliesOn: r.AppliesOn, Reason: r.Reason, PublishedBy: r.PublishedBy, PublishedAt: r.PublishedAt, RetiredOn: r.RetiredOn}
		if err := json.Unmarshal(r.Definition, &v.Definition); err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && out[n-1][0].Code == v.Code {
			out[n-1] = append(out[n-1], v)
			continue
		}
		out = append(out, []*Version{v})
	}
	return out, nil
}

// Versions are all versions of one obligation, the newest first; NotFound where
// there is none.
func (s *Service) Versions(ctx context.Context, code string) ([]*Version, error) {
	list, err := versions(ctx, code)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 || code == "" {
		return nil, errs.New(errs.NotFound, "没有这一项要求")
	}
	slices.Reverse(list[0])
	return list[0], nil
}

// All is the newest version of each obligation, by code.
func (s *Service) All(ctx context.Context) (out []*Version, err error) {
	list, err := versions(ctx, "")
	for _, l := range list {
		out = append(out, l[len(l)-1])
	}
	return out, err
}

// ByID is a version.
func (s *Service) ByID(ctx context.Context, id uuid.UUID) (*Version, error) {
	list, err := versions(ctx, "")
	for _, l := range list {
		for _, v := range l {
			if v.ID == id {
				return v, nil
			}
		}
	}
	if err == nil {
		err = errs.New(errs.NotFound, "没有这一项要求")
	}
	return nil, err
}

// Effect is what a definition would ask.
type Effect struct {
	Problems []*errs.Error
	Period   Period
	Debts    []Debt
}

// Preview says what is wrong with a draft, and whom it would ask in the running
// period, or in the first one. It changes nothing.
func (s *Service) Preview(ctx context.Context, in Draft) (_ Effect, err error) {
	defer errs.Wrap(&err, "obligations.Preview(%s)", in.Code)
	ctx, _, err = authz.Enter(ctx, Manage)
	if err != nil {
		return Effect{}, err
	}
	_, e, err := s.judge(ctx, &in)
	return e, err
}

// judge checks a draft and finds whom it asks.
func (s *Service) judge(ctx context.Context, in *Draft) (older []*Version, e Effect, err error) {
	k, err := s.known(ctx, in)
	if err != nil {
		return nil, e, err
	}
	e.Problems = in.check(k)
	today := clock.Today(ctx)
	from := today
	if in.AppliesOn != nil {
		from = clock.Day(*in.AppliesOn)
	}
	list, err := versions(ctx, in.Code)
	if err != nil || in.Code == "" {
		return nil, e, err
	}
	if len(list) == 1 {
		older = list[0]
	}
	least := clock.Date(today.Year(), 1, 1)
	if n := len(older); n > 0 && older[n-1].AppliesOn.After(least) {
		least = older[n-1].AppliesOn
	}
	if from.Before(least) {
		e.Problems = append(e.Problems, errs.New(errs.Invalid, "从 %s 起才能用这一版：不早于今年年初，也不早于前一版", least.Format(time.DateOnly)).At("validFrom"))
	}
	if err := day.Planned(from, time.Time{}, today, "validFrom"); err != nil {
		e.Problems = append(e.Problems, errs.Shown(err))
	}
	in.AppliesOn = &from
	if len(e.Problems) > 0 {
		return older, e, nil
	}
	next := &Version{Definition: in.Definition, Version: len(older) + 1, AppliesOn: from}
	at := today
	if from.After(at) {
		at = from
	}
	r := roundOn(append(slices.Clone(older), next), at, at)
	e.Period = r.Period
	people, err := r.Owes.owing(ctx, today, r.Period, nil, nil)
	if err == nil && len(people) == 0 {
		e.Problems = append(e.Problems, errs.New(errs.Invalid, "现在没有人属于所写的范围，没有人会做").At("kinds"))
	}
	if err != nil || len(e.Problems) > 0 || from.After(today) {
		return older, e, err
	}
	e.Debts, err = s.standing(ctx, []*round{r}, nil, nil)
	slices.SortFunc(e.Debts, byName)
	return older, e, err
}

func (s *Service) known(ctx context.Context, in *Draft) (k known, err error) {
	if k.states, err = s.engine.KindStates(ctx); err != nil {
		return k, err
	}
	k.units = map[uuid.UUID]bool{}
	ids, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT id FROM units WHERE id = ANY($1) UNION ALL SELECT id FROM platforms WHERE id = $2`, in.Owes.Units, in.Owes.Platform)
	for _, id := range ids {
		k.units[id] = true
	}
	return k, err
}

// Publish makes the next version of an obligation. The same again answers the
// version that says so. Errors: Invalid with every place that is wrong; Conflict
// where another version came meanwhile.
func (s *Service) Publish(ctx context.Context, in Draft) (_ *Version, err error) {
	defer errs.Wrap(&err, "obligations.Publish(%s)", in.Code)
	sys, v, err := authz.Enter(ctx, Manage)
	if err != nil {
		return nil, err
	}
	if err := tenants.Alone(sys, "obligations"); err != nil {
		return nil, err
	}
	if err := text.Tidy(text.Of{Text: &in.Reason, Field: text.Field{Label: "理由", Path: []string{"reason"}, Most: 500, Lines: true}}); err != nil {
		return nil, err
	}
	older, e, err := s.judge(sys, &in)
	if err != nil {
		return nil, err
	}
	if err := errs.All(e.Problems); err != nil {
		return nil, err
	}
	n := len(older)
	if n > 0 && older[n-1].RetiredOn == nil && reflect.DeepEqual(older[n-1].Definition, in.Definition) {
		return older[n-1], nil
	}
	if err := errs.Unchanged(in.Expected, n); err != nil {
		return nil, err
	}
	out := &Version{Definition: in.Definition, ID: uuid.Must(uuid.NewV7()), Version: n + 1, AppliesOn: *in.AppliesOn, Reason: in.Reason, PublishedBy: v.Membership, PublishedAt: clock.Now(ctx)}
	body, err := json.Marshal(in.Definition)
	if err != nil {
		return nil, err
	}
	if _, err := tenants.Exec(sys, `INSERT INTO obligations (tenant_id, id, code, version, definition, applies_on, reason, published_by_id, published_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, v.Tenant, out.ID, out.Code, out.Version, body, out.AppliesOn, out.Reason, out.PublishedBy, out.PublishedAt); err != nil {
		return nil, err
	}
	return out, note(sys, out.ID, audit.Create, map[string]any{"code": out.Code, "version": out.Version, "label": out.Label, "says": out.Says(), "definition": string(body)})
}

func note(ctx context.Context, id uuid.UUID, op string, after map[string]any) error {
	return audit.Note(ctx, audit.Change{Entity: Entity, ID: id, Op: op, After: after})
}

// Retire ends an obligation: it asks nothing that is not due by today. Called
// twice the second changes nothing.
func (s *Service) Retire(ctx context.Context, code, reason string) (_ *Version, err error) {
	defer errs.Wrap(&err, "obligations.Retire(%s)", code)
	sys, _, err := authz.Enter(ctx, Manage)
	if err != nil {
		return nil, err
	}
	if err := text.Tidy(text.Of{Text: &reason, Field: text.Field{Label: "停用的理由", Path: []string{"reason"}, Least: 1, Most: 500, Lines: true}}); err != nil {
		return nil, err
	}
	list, err := s.Versions(sys, code)
	if err != nil || list[0].RetiredOn != nil {
		return first(list), err
	}
	v, today := list[0], clock.Today(ctx)
	if _, err := tenants.Exec(sys, `UPDATE obligations SET retired_on = $2 WHERE id = $1`, v.ID, today); err != nil {
		return nil, err
	}
	v.RetiredOn = &today
	return v, note(sys, v.ID, audit.Update, map[string]any{"code": v.Code, "retired_on": today.Format(time.DateOnly)})
}

func first(list []*Version) *Version {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// Mine is what the viewer owes in the running periods, the nearest day first,
// what he has done as well.
func (s *Service) Mine(ctx context.Context) (_ []Debt, err error) {
	defer errs.Wrap(&err, "obligations.Mine")
	v := authz.From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	ctx = authz.System(ctx)
	rounds, err := s.running(ctx)
	if err != nil || len(rounds) == 0 {
		return nil, err
	}
	out, err := s.standing(ctx, rounds, nil, &v.Membership)
	slices.SortStableFunc(out, func(a, b Debt) int { return a.Due.Compare(b.Due) })
	return out, err
}

// running are the rounds of today.
func (s *Service) running(ctx context.Context) (out []*round, err error) {
	list, err := versions(ctx, "")
	for _, l := range list {
		if r := roundOn(l, clock.Today(ctx), clock.Today(ctx)); r != nil && r.RetiredOn == nil {
			out = append(out, r)
		}
	}
	return out, err
}

// Wanted asks for who stands how with one obligation.
type Wanted struct {
	Code  string
	On    *time.Time // a day of the period; nil: today
	State string     // empty: all
	Unit  *uuid.UUID // who sits there, or below
	Only  *uuid.UUID // one person
}

// Standing is who stands how, by name.
func (s *Service) Standing(ctx context.Context, in Wanted) (_ []Debt, err error) {
	defer errs.Wrap(&err, "obligations.Standing(%s)", in.Code)
	ctx, units, err := reads(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	r, err := s.round(ctx, in.Code, in.On)
	if err != nil || r == nil {
		return nil, err
	}
	out, err := s.standing(ctx, []*round{r}, units, in.Only)
	if in.State != "" {
		out = slices.DeleteFunc(out, func(d Debt) bool { return d.State != in.State })
	}
	slices.SortFunc(out, byName)
	return out, err
}

// reads is the door of who reads how people stand: of the committee, or of his
// own units and those below, such as a convener of his 界别. It answers whose
// people he gets, nil for all; a unit that he does not reach looks like none.
func reads(ctx context.Context, unit *uuid.UUID) (context.Context, []uuid.UUID, error) {
	v, perm := authz.From(ctx), authz.Perm(Read)
	if !v.Somewhere(perm).Has(authz.Unit) || v.May(perm).Has(authz.Tenant) {
		ctx, _, err := authz.Enter(ctx, Read)
		if err != nil || unit == nil {
			return ctx, nil, err
		}
		return ctx, []uuid.UUID{*unit}, foundUnit(tenants.Row(ctx, `SELECT id FROM units WHERE id = $1`, []any{*unit}, new(uuid.UUID)))
	}
	own := []uuid.UUID{}
	for _, x := range v.Parts() {
		if x.May(perm).Has(authz.Unit) {
			own = append(own, x.Units...)
		}
	}
	switch {
	case unit == nil:
		return authz.System(ctx), own, nil
	case !slices.Contains(own, *unit):
		return nil, nil, errNoUnit()
	}
	return authz.System(ctx), []uuid.UUID{*unit}, nil
}

func errNoUnit() error { return errs.New(errs.NotFound, "没有这个单位").At("unitId") }

func foundUnit(err error) error {
	if tenants.NoRows(err) {
		return errNoUnit()
	}
	return err
}

// round is that of a day; a day to come asks nothing yet.
func (s *Service) round(ctx context.Context, code string, on *time.Time) (*round, error) {
	list, err := versions(ctx, code)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 || code == "" {
		return nil, errs.New(errs.NotFound, "没有这一项要求")
	}
	today := clock.Today(ctx)
	at := today
	if on != nil {
		at = clock.Day(*on)
	}
	if at.After(today) || at.Before(clock.Date(1949, 10, 1)) {
		return nil, errs.New(errs.Invalid, "日期不能晚于今天，也不早于 1949 年").At("on")
	}
	return roundOn(list[0], at, today), nil
}

// Behind are the rows that count for one need of a debt, a page of at most limit
// and one more where there is a next. The debt is one that its reader was shown.
func (s *Service) Behind(ctx context.Context, d Debt, need int, after uuid.UUID, limit int) (typ string, _ []figures.Row, err error) {
	defer errs.Wrap(&err, "obligations.Behind(%s)", d.Code)
	f := d.Definition.Done[need].figure(d.Code).With(d.Person)
	r := round{Version: d.Version, Period: d.Period}
	rows, err := figures.RowsOf(authz.System(ctx), f, figures.Rows{Scope: r.scope(clock.Today(ctx)), After: after, Limit: limit})
	return f.Type(), rows, err
}
