package roster

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/role"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// RoleDraft is a role of the committee's own as it is to be, or what it says of
// a shipped one.
type RoleDraft struct {
	Code      string // with authz.OwnPrefix, or a shipped role's
	Name      string
	Duty      string
	Base      string  // copied from: its rights, unless others are given
	Rights    []Right // none: the base's; of a shipped role as shipped
	Kinds     []string
	States    []string
	Platforms []uuid.UUID
	Posts     []seat.Post
	Expected  *int // the version that was seen; 0: there is none
	Reason    string
}

// RoleEffect is what a change of a role would do.
type RoleEffect struct {
	NeedsTwo bool
	People   []Effect
	Leaves   []Waiting
	Breaks   []string // published processes that would no longer close their loop
}

// SetRole makes the next version of a role, in force at once, or proposed where
// it TakesTwo: then it is worth nothing until ConfirmRole. The same again returns
// the version that says so. Errors: Invalid with the place; NotAllowed for what
// the viewer may not give, or would give himself; Conflict for what people and
// processes still need, with the list in the preview.
func (s *Service) SetRole(ctx context.Context, in RoleDraft) (_ *gen.Role, err error) {
	defer errs.Wrap(&err, "roster.SetRole(%s)", in.Code)
	ctx, v, err := s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	d, err := s.drafting(ctx, v, in)
	if err != nil {
		return nil, err
	}
	for _, r := range d.versions {
		if r.Until == nil && sameRole(r, d.row) {
			return r, nil
		}
	}
	if d.changes != nil {
		effect, err := s.effectOf(ctx, v, d)
		if err != nil {
			return nil, err
		}
		if err := effect.allowed(v.Membership); err != nil {
			return nil, err
		}
	}
	now := clock.Now(ctx)
	add := s.client.Role.Create().SetCode(d.Code).SetVersion(d.next()).SetName(d.Name).SetDuty(d.Duty).SetBase(d.Base).
		SetReason(d.Reason).SetProposedByID(v.Membership)
	fill(add, d.row)
	if d.two {
		r, err := add.Save(ctx)
		if err != nil {
			return nil, err
		}
		return r, flow.TellRoles(ctx, notices.Decision(v.Name+"提出设置角色“"+d.Name+"”，须由另一人确认后才生效", gen.TypeRole, r.ID), d.rights.Holders(manageGrants)...)
	}
	if err := s.supersede(ctx, d.Code, now); err != nil {
		return nil, err
	}
	r, err := add.SetSince(now).Save(ctx)
	if err != nil {
		return nil, err
	}
	return r, s.applied(ctx, d.Code)
}

// fill writes what a role counts for, where it is said at all.
func fill(add *gen.RoleCreate, r authz.OwnRole) {
	if r.Rights != nil {
		add.SetRights(r.Rights)
	}
	if len(r.Kinds) > 0 {
		add.SetKinds(r.Kinds)
	}
	if len(r.States) > 0 {
		add.SetStates(r.States)
	}
	if len(r.Platforms) > 0 {
		add.SetPlatforms(r.Platforms)
	}
	if len(r.Posts) > 0 {
		add.SetPosts(r.Posts)
	}
}

// ConfirmRole is the second person's word on a proposed version. Called twice
// the second changes nothing.
func (s *Service) ConfirmRole(ctx context.Context, id uuid.UUID) (_ *gen.Role, err error) {
	defer errs.Wrap(&err, "roster.ConfirmRole(%s)", id)
	ctx, v, err := s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	r, err := s.role(ctx, role.ID(id))
	if err != nil || (r.Since != nil && r.Until == nil) {
		return r, err
	}
	switch {
	case r.Until != nil:
		return nil, errs.New(errs.NotAllowedInState, "这一版已放弃或已被代替，请重新提出")
	case sameID(r.ProposedByID, &v.Membership):
		return nil, authz.Another(ctx, manageGrants, "这一版由您提出")
	}
	if r.ProposedByID != nil {
		if err := authz.Second(ctx, *r.ProposedByID); err != nil {
			return nil, err
		}
	}
	d, err := s.drafting(ctx, v, draftOf(r))
	if err != nil {
		return nil, err
	}
	if now, ok := d.rights.Own(r.Code); ok && now.Version > r.Version {
		return nil, errs.New(errs.Conflict, "提出之后这一角色又有了第 %d 版，请在它的基础上重新提出", now.Version)
	}
	effect, err := s.effectOf(ctx, v, d)
	if err != nil {
		return nil, err
	}
	if err := effect.allowed(v.Membership); err != nil {
		return nil, err
	}
	now := clock.Now(ctx)
	if err := s.supersede(ctx, r.Code, now); err != nil {
		return nil, err
	}
	if r, err = s.client.Role.UpdateOne(r).SetSince(now).SetConfirmedByID(v.Membership).Save(ctx); err != nil {
		return nil, err
	}
	return r, s.applied(ctx, r.Code)
}

// draftOf is a stored version as it was asked for.
func draftOf(r *gen.Role) RoleDraft {
	d := RoleDraft{Code: r.Code, Name: r.Name, Duty: r.Duty, Base: r.Base, Kinds: r.Kinds, States: r.States, Platforms: r.Platforms, Reason: r.Reason}
	for perm, scope := range r.Rights {
		sc, _ := authz.ParseScope(scope)
		d.Rights = append(d.Rights, Right{authz.Perm(perm), sc})
	}
	for _, p := range r.Posts {
		d.Posts = append(d.Posts, seat.Post(p))
	}
	return d
}

// DiscardRole takes back a version that nobody has confirmed. Called twice the
// second changes nothing.
func (s *Service) DiscardRole(ctx context.Context, id uuid.UUID) (_ *gen.Role, err error) {
	defer errs.Wrap(&err, "roster.DiscardRole(%s)", id)
	ctx, _, err = s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	r, err := s.role(ctx, role.ID(id))
	if err != nil || (r.Since == nil && r.Until != nil) {
		return r, err
	}
	if r.Since != nil {
		return nil, errs.New(errs.NotAllowedInState, "这一版已经生效，要停用请用停用角色")
	}
	return s.client.Role.UpdateOne(r).SetUntil(clock.Now(ctx)).Save(ctx)
}

// RetireRole ends a role of the committee's own that nobody holds and nothing
// names; of a shipped one, what the committee says of it. Called twice the second
// changes nothing.
func (s *Service) RetireRole(ctx context.Context, code, reason string) (_ *gen.Role, err error) {
	defer errs.Wrap(&err, "roster.RetireRole(%s)", code)
	ctx, v, err := s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	if err := texts(field{&reason, longText, true, "停用的理由", "reason"}); err != nil {
		return nil, err
	}
	last, err := s.client.Role.Query().Where(role.Code(code), role.SinceNotNil()).Order(gen.Desc(role.FieldVersion)).First(ctx)
	if last, err = authz.Found(last, err, "角色"); err != nil || last.Until != nil {
		return last, err
	}
	d, err := s.withoutRole(ctx, code)
	if err != nil {
		return nil, err
	}
	effect, err := s.effectOf(ctx, v, d)
	if err != nil {
		return nil, err
	}
	if !authz.Shipped(code) && len(effect.People) > 0 {
		return nil, errs.New(errs.Conflict, "还有 %d 人担任%s：%s；请先撤销授权或改派", len(effect.People), last.Name, peopleNames(effect.People)).With("holders", len(effect.People))
	}
	if err := effect.allowed(v.Membership); err != nil {
		return nil, err
	}
	r, err := s.client.Role.UpdateOne(last).SetUntil(clock.Now(ctx)).Save(ctx)
	if err != nil {
		return nil, err
	}
	return r, s.applied(ctx, code)
}

// PreviewRole says what SetRole would do, or refuses as it would. It changes
// nothing.
func (s *Service) PreviewRole(ctx context.Context, in RoleDraft) (_ RoleEffect, err error) {
	defer errs.Wrap(&err, "roster.PreviewRole(%s)", in.Code)
	ctx, v, err := authz.Enter(ctx, manageGrants)
	if err != nil {
		return RoleEffect{}, err
	}
	d, err := s.drafting(ctx, v, in)
	if err != nil {
		return RoleEffect{}, err
	}
	return s.effectOf(ctx, v, d)
}

func (s *Service) role(ctx context.Context, where ...predicate.Role) (*gen.Role, error) {
	r, err := s.client.Role.Query().Where(where...).Only(ctx)
	return authz.Found(r, err, "角色")
}

// supersede ends what is in force or proposed of a role.
func (s *Service) supersede(ctx context.Context, code string, now time.Time) error {
	rows, err := s.client.Role.Query().Where(role.Code(code), role.SinceNotNil(), role.UntilIsNil()).All(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := s.client.Role.UpdateOne(r).SetUntil(now).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// applied computes again whom the matters wait for that a role has to do with.
func (s *Service) applied(ctx context.Context, code string) error {
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return err
	}
	return s.matters.AwaitRole(authz.WithRights(ctx, rights), code)
}

// effectOf is what comes of a changed policy.
func (s *Service) effectOf(ctx context.Context, v *authz.Viewer, d *drafted) (out RoleEffect, err error) {
	out.NeedsTwo = d.two
	if out.People, err = s.affected(ctx, d); err != nil {
		return out, err
	}
	left, err := s.matters.LeavesUnder(ctx, d.changes, d.Code)
	if err != nil {
		return out, err
	}
	for i := range left {
		left[i].Roles = []string{d.Code}
	}
	out.Leaves = waits(left, d.rights)
	out.Breaks, err = s.matters.Breaks(ctx, d.changes)
	return out, err
}

// allowed refuses what would leave matters or processes without anybody, and
// what would give more to who decides it.
func (e RoleEffect) allowed(me uuid.UUID) error {
	for _, p := range e.People {
		if p.Membership == me && len(p.Gains) > 0 {
			return errs.New(errs.NotAllowed, "不能给自己增加权限（%s），请由另一位租户管理员办理", saysRights(p.Gains))
		}
	}
	if len(e.Breaks) > 0 {
		return errs.New(errs.Conflict, "已发布的流程还要用到：%s", strings.Join(e.Breaks, "；")).With("findings", e.Breaks)
	}
	if len(e.Leaves) > 0 {
		return errs.New(errs.Conflict, "还有 %d 件进行中的事项会没有人办理，各件见预览；请先安排接手的人", len(e.Leaves)).With("waiting", len(e.Leaves))
	}
	return nil
}

func saysRights(list []Right) string {
	out := make([]string, 0, 3)
	for _, r := range list[:min(3, len(list))] {
		out = append(out, authz.Says(r.Permission))
	}
	return strings.Join(out, "、")
}

func peopleNames(list []Effect) string {
	out := make([]string, 0, 5)
	for _, p := range list[:min(5, len(list))] {
		out = append(out, p.Name)
	}
	return strings.Join(out, "、")
}

// affected is who holds a role now or would, with what he gains and loses.
func (s *Service) affected(ctx context.Context, d *drafted) ([]Effect, error) {
	type person struct {
		ID         uuid.UUID
		Name, Post string
		Roles      []string // today
		Held       bool     // this role, by a grant
		Then       bool     // it would be held by a post
	}
	posts := d.row.Posts
	if posts == nil {
		posts = []string{}
	}
	rows, err := tenants.Rows[person](ctx, `
		SELECT m.id, m.name, coalesce(m.post, ''), (SELECT coalesce(array_agg(DISTINCT role), '{}') FROM holds($1) h WHERE h.membership_id = m.id),
			EXISTS (SELECT FROM grants g WHERE g.membership_id = m.id AND g.role = $2 AND in_force(g, $1)),
			EXISTS (SELECT FROM seats x WHERE x.membership_id = m.id AND x.post = ANY ($3) AND in_force(x, $1))
		FROM memberships m WHERE in_force(m, $1) AND (EXISTS (SELECT FROM holds($1) h WHERE h.membership_id = m.id AND h.role = $2)
			OR EXISTS (SELECT FROM seats x WHERE x.membership_id = m.id AND x.post = ANY ($3) AND in_force(x, $1)))
		ORDER BY m.name, m.id`, clock.Today(ctx), d.Code, posts)
	if err != nil {
		return nil, err
	}
	out := make([]Effect, 0, len(rows))
	for _, p := range rows {
		roles := slices.DeleteFunc(slices.Clone(p.Roles), func(r string) bool { return r == d.Code })
		if p.Held || p.Then {
			roles = append(roles, d.Code)
		}
		before, after := tablesOf(d.rights, p.Roles), tablesOf(d.changes, roles)
		out = append(out, Effect{Membership: p.ID, Name: p.Name, Post: p.Post, Gains: less(after, before), Loses: less(before, after), NeedsTwo: d.two})
	}
	return out, nil
}

func tablesOf(p *authz.Policy, roles []string) authz.Table {
	t := authz.Table{}
	for _, r := range roles {
		t = unite(t, p.Table(r))
	}
	return t
}
