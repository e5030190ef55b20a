package roster

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Waiting is a matter that waits for a unit or a role, as an administrator may
// know it: he sees which and in what state, and not what it says.
type Waiting struct {
	Matter uuid.UUID
	Kind   string
	Number string // empty: it has none yet
	State  string // a code of its process
	Turn   string // whose turn it is, a code of its process
	Why    string // what ties it to the unit or the role, in Chinese

	Becomes string // whose turn it would become, in Chinese; empty: as it is
}

// Matters tells what would be left with nobody whose turn it is, and what roles
// mean to matters and processes. The engine of processes does.
type Matters interface {
	Leaves(context.Context, flow.Loss) ([]flow.Left, error)
	LeavesUnder(ctx context.Context, then *authz.Policy, role string) ([]flow.Left, error)
	Breaks(ctx context.Context, then *authz.Policy) ([]string, error)
	KindStates(context.Context) (map[string][]string, error)
	AwaitRole(ctx context.Context, role string) error
	CurrentPolicy(context.Context) (process.Policy, error)
}

// waitingFor are the open matters that wait for a unit or for what it
// inherited: a share that is not settled, an item that is owed, a party that
// takes part, and what belongs to it as owner, 界别 or street.
func waitingFor(ctx context.Context, unit uuid.UUID) ([]Waiting, error) {
	return tenants.Rows[Waiting](ctx, `
		WITH mine AS (SELECT id FROM inherited(ARRAY[$1::uuid])), tied AS (
			SELECT matter_id, '承办' AS why, 1 AS rank FROM assignments WHERE unit_id IN (SELECT id FROM mine) AND state NOT IN ('RETURN_GRANTED', 'SUPERSEDED')
			UNION ALL SELECT matter_id, '有未办结的条目', 2 FROM items WHERE unit_id IN (SELECT id FROM mine) AND status IN ('OPEN', 'REPORTED')
			UNION ALL SELECT id, '牵头', 3 FROM matters WHERE owner_unit_id IN (SELECT id FROM mine)
			UNION ALL SELECT matter_id, '当事方', 4 FROM parties WHERE unit_id IN (SELECT id FROM mine) AND cosign NOT IN ('CANCELLED', 'DECLINED', 'EXPIRED')
			UNION ALL SELECT id, '属于这一界别', 5 FROM matters WHERE sector_id IN (SELECT id FROM mine)
			UNION ALL SELECT id, '属于这一街道', 6 FROM matters WHERE street_id IN (SELECT id FROM mine)
		)
		SELECT DISTINCT ON (m.id) m.id, m.kind, coalesce(m.number, ''), m.state, coalesce(m.turn, ''), tied.why, ''
		FROM tied JOIN matters m ON m.id = tied.matter_id
		WHERE m.closed_at IS NULL ORDER BY m.id, tied.rank`, unit)
}

// PreviewClosing lists what would have to be taken over if a unit were closed,
// and whose turn it would become. It changes nothing.
func (s *Service) PreviewClosing(ctx context.Context, unit uuid.UUID) (_ []Waiting, err error) {
	defer errs.Wrap(&err, "roster.PreviewClosing(%s)", unit)
	ctx, _, err = authz.Enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if _, err := s.unit(ctx, unit); err != nil {
		return nil, err
	}
	list, err := waitingFor(ctx, unit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	units, err := authz.Inherited(ctx, unit)
	if err != nil {
		return nil, err
	}
	left, err := s.matters.Leaves(ctx, flow.Loss{Units: units})
	for _, l := range left {
		if i := slices.IndexFunc(list, func(w Waiting) bool { return w.Matter == l.Matter }); i >= 0 {
			list[i].Becomes = l.Becomes
		}
	}
	return list, err
}

// byOffice are the matters that would be left because the last one goes who
// holds a role; what waits for himself, such as a draft of his, is not among
// them, since nobody can take it over by a role.
func byOffice(left []flow.Left) (out []flow.Left) {
	for _, l := range left {
		if len(l.Roles) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// losing is what goes with some grants of a person: with all of them he goes
// himself. Nothing goes by a grant that is not in force, or beside another of the
// same role.
func (s *Service) losing(ctx context.Context, m uuid.UUID, of *gen.Grant, held []*gen.Grant) (left []flow.Left, err error) {
	l := flow.Loss{Members: []uuid.UUID{m}}
	if of != nil {
		today := clock.Today(ctx)
		other := func(o *gen.Grant) bool {
			return o.ID != of.ID && o.Role == of.Role && sameID(o.UnitID, of.UnitID) && authz.GrantHolds(o, today)
		}
		if !authz.GrantHolds(of, today) || slices.ContainsFunc(held, other) {
			return nil, nil
		}
		l.Role = of.Role
	}
	left, err = s.matters.Leaves(ctx, l)
	return byOffice(left), err
}

// handing sees to it that nothing stands still when a person loses a role, or
// goes (A10): whatever waits for him as the last holder is taken over by somebody
// who is named: who stands in for it anyway, or who is given the role now, under
// the rules of granting.
func (s *Service) handing(ctx context.Context, m *gen.Membership, of *gen.Grant, taker *uuid.UUID) error {
	held, err := s.grantsOf(ctx, m.ID)
	if err != nil {
		return err
	}
	left, err := s.losing(ctx, m.ID, of, held)
	if err != nil || len(left) == 0 {
		return err
	}
	roles := rolesOf(left)
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return err
	}
	if taker == nil {
		return errs.New(errs.Conflict, "还有 %d 件等着%s办理，%s是最后一位%s；请写明由谁接任，各件和会轮到谁见预览",
			len(left), m.Name, m.Name, authz.Names(roles, rights.Name)).At("taker").With("waiting", len(left))
	}
	if *taker == m.ID {
		return errs.New(errs.Invalid, "不能由本人接任").At("taker")
	}
	if !slices.ContainsFunc(left, func(l flow.Left) bool { return !slices.Contains(l.By, *taker) }) {
		return nil // he stands in for all of it
	}
	for _, role := range roles {
		if err := s.takes(ctx, *taker, role); err != nil {
			return err
		}
	}
	if left, err = s.losing(ctx, m.ID, of, held); err == nil && len(left) > 0 {
		err = errs.New(errs.Invalid, "所选的人接不了其中 %d 件：他没有账号，或不在这些事项所属的单位任职，或这一角色要另一位管理员确认；请先办好，或另选一人", len(left)).At("taker")
	}
	return err
}

func rolesOf(left []flow.Left) (roles []string) {
	for _, l := range left {
		roles = append(roles, l.Roles...)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// takes gives the role to who takes over, unless he has it.
func (s *Service) takes(ctx context.Context, taker uuid.UUID, role string) error {
	_, v, err := authz.Enter(ctx, manageGrants)
	if err != nil {
		return err
	}
	g, err := s.granting(ctx, NewGrant{Membership: taker, Role: role, Reason: "接任"}, &v.Membership)
	if err != nil {
		return err
	}
	today := clock.Today(ctx)
	if slices.ContainsFunc(g.held, func(o *gen.Grant) bool { return o.Role == role && authz.GrantHolds(o, today) }) {
		return nil
	}
	same, err := g.check()
	if shown, ok := errs.As(err); ok {
		return shown.At("taker")
	}
	if err != nil || same != nil {
		return err
	}
	_, err = s.give(ctx, g)
	return err
}

// waits are the matters of a preview, one a matter.
func waits(left []flow.Left, rights *authz.Policy) (out []Waiting) {
	for _, l := range left {
		if len(out) == 0 || out[len(out)-1].Matter != l.Matter {
			out = append(out, Waiting{Matter: l.Matter, Kind: l.Kind, Number: l.Number, State: l.State, Turn: l.Turn, Why: "最后一位" + authz.Names(l.Roles, rights.Name), Becomes: l.Becomes})
		}
	}
	return out
}
