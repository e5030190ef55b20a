package graph

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/ent/gen/role"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/substitution"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
)

// permissions is the catalogue with what the committee's published processes ask
// for: of each kind the newest version.
func (r *Resolver) permissions(ctx context.Context) ([]*model.PermissionEntry, error) {
	list, err := authz.Catalogue()
	if err != nil {
		return nil, err
	}
	used, err := r.Engine.InUse(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*model.PermissionEntry, len(list))
	for i, e := range list {
		out[i] = &model.PermissionEntry{Permission: e.Permission.String(), Group: e.Group, Says: e.Says, Scopes: e.Scopes.String(), Actions: actionsBy(used, e.Permission)}
	}
	return out, nil
}

// actionsBy are the actions that ask for a permission.
func actionsBy(used []flow.InUse, p authz.Permission) []*model.PermissionAction {
	out, last := []*model.PermissionAction{}, ""
	for _, u := range used {
		if u.Kind == last { // an older version
			continue
		}
		last = u.Kind
		for _, machine := range []string{process.OfMatter, process.OfAssignment} {
			m := u.Def.Machines[machine]
			if m == nil {
				continue
			}
			for _, a := range m.Actions {
				if !a.Automatic && a.Right == p && !slices.ContainsFunc(out, func(x *model.PermissionAction) bool { return x.Kind == u.Kind && x.Action == a.Code }) {
					out = append(out, &model.PermissionAction{Kind: u.Kind, KindTitle: u.Title, Action: a.Code, Label: a.Label})
				}
			}
		}
	}
	return out
}

// permissionTable is what each role of the committee may do.
func (r *Resolver) permissionTable(ctx context.Context) ([]*model.RoleRights, error) {
	p, err := authz.Rights(ctx)
	if err != nil {
		return nil, err
	}
	return permissionTable(p), nil
}

var aRole = entity[gen.Role]{
	gen.TypeRole, func(x *gen.Role) uuid.UUID { return x.ID },
	func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Role, error) { return c.Role.Get(ctx, id) },
}

// roleDraft is what the service takes.
func roleDraft(in model.SetRoleInput) (roster.RoleDraft, error) {
	d := roster.RoleDraft{Code: in.Code, Name: in.Name, Duty: value(in.Duty), Base: value(in.Base), Kinds: in.Kinds, States: in.States,
		Platforms: in.PlatformIds, Posts: in.Posts, Expected: in.ExpectedVersion, Reason: value(in.Reason)}
	for _, r := range in.Rights {
		scope, ok := authz.ParseScope(r.Scope)
		if !ok {
			return d, errs.New(errs.Invalid, "没有这样的范围，应是 OWN、PARTY、UNIT、TENANT，以 | 分开").At("rights")
		}
		d.Rights = append(d.Rights, roster.Right{Permission: authz.Perm(r.Permission), Scope: scope})
	}
	return d, nil
}

func (r *Resolver) setRole(ctx context.Context, in model.SetRoleInput) (*gen.Role, error) {
	d, err := roleDraft(in)
	if err != nil {
		return nil, err
	}
	return r.Roster.SetRole(ctx, d)
}

func (r *Resolver) retireRole(ctx context.Context, in model.RetireRoleInput) (*gen.Role, error) {
	return r.Roster.RetireRole(ctx, in.Code, in.Reason)
}

func (r *Resolver) previewRole(ctx context.Context, in model.SetRoleInput) (*model.RolePreview, error) {
	d, err := roleDraft(in)
	var e roster.RoleEffect
	if err == nil {
		e, err = r.Roster.PreviewRole(ctx, d)
	}
	bad, err := shown(asInput(err))
	out := &model.RolePreview{NeedsTwo: e.NeedsTwo, People: []*model.RightsEffect{}, Leaves: []*model.WaitingMatter{}, Breaks: append([]string{}, e.Breaks...), UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	for _, p := range e.People {
		out.People = append(out.People, &model.RightsEffect{MembershipID: p.Membership, Name: p.Name, Post: p.Post, Gains: rights(p.Gains), Loses: rights(p.Loses),
			NeedsTwo: e.NeedsTwo, Leaves: []*model.WaitingMatter{}})
	}
	out.Leaves, err = r.waiting(ctx, e.Leaves)
	return out, err
}

// roles are those of the committee that are in force or wait for a second person,
// or every version of one.
func (r *Resolver) roles(ctx context.Context, code *string) ([]*gen.Role, error) {
	q := r.ent().Role.Query().Order(role.ByCode(), role.ByVersion())
	if code != nil {
		return q.Where(role.Code(*code)).All(ctx)
	}
	return q.Where(role.UntilIsNil()).All(ctx)
}

// rightsOf are the rights that a role's version names, in the catalogue's order.
func rightsOf(x *gen.Role) []*model.Right {
	out := []*model.Right{}
	for _, perm := range slices.Sorted(maps.Keys(x.Rights)) {
		out = append(out, &model.Right{Permission: perm, Scope: x.Rights[perm]})
	}
	return out
}

func postsOf(x *gen.Role) []seat.Post {
	out := make([]seat.Post, len(x.Posts))
	for i, p := range x.Posts {
		out[i] = seat.Post(p)
	}
	return out
}

func (r *Resolver) platformsOf(ctx context.Context, x *gen.Role) ([]*gen.Platform, error) {
	if len(x.Platforms) == 0 {
		return []*gen.Platform{}, nil
	}
	return r.ent().Platform.Query().Where(platform.IDIn(x.Platforms...)).Order(platform.ByID()).All(ctx)
}

var aSubstitution = entity[gen.Substitution]{
	gen.TypeSubstitution, func(x *gen.Substitution) uuid.UUID { return x.ID },
	func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Substitution, error) {
		return c.Substitution.Get(ctx, id)
	},
}

func (r *Resolver) nameSubstitute(ctx context.Context, in model.NameSubstituteInput) (*gen.Substitution, error) {
	return r.Roster.NameSubstitute(ctx, roster.NewSubstitute{Substitute: in.SubstituteID, From: in.From, To: &in.To, Reason: in.Reason})
}

// substitutions are those whose last day has not passed.
func (r *Resolver) substitutions(ctx context.Context) ([]*gen.Substitution, error) {
	return r.ent().Substitution.Query().Where(authz.SubstitutionLasts(clock.Today(ctx))).
		Order(substitution.ByValidFrom(), substitution.ByID()).All(ctx)
}

// rightsMatrix is the catalogue with the committee's roles: who has what, and how
// far.
func (r *Resolver) rightsMatrix(ctx context.Context) ([]*model.MatrixRow, error) {
	p, err := authz.Rights(ctx)
	if err != nil {
		return nil, err
	}
	list, err := authz.Catalogue()
	out := make([]*model.MatrixRow, len(list))
	for i, e := range list {
		row := &model.MatrixRow{Permission: e.Permission.String(), Group: e.Group, Says: e.Says, Cells: []*model.MatrixCell{}}
		for _, x := range p.Known() {
			if s := p.Table(x.Code)[e.Permission]; s != authz.None {
				row.Cells = append(row.Cells, &model.MatrixCell{Role: x.Code, Name: x.Name, Scope: s.String(), Limited: !p.Limit(x.Code).None()})
			}
		}
		out[i] = row
	}
	return out, err
}

// rightsOn is a page of who could do what on a day.
func (r *Resolver) rightsOn(ctx context.Context, in roster.Wanted, first *int, after *string) (*model.HeldRolePage, error) {
	first, _, err := page(first, nil)
	if err != nil {
		return nil, err
	}
	from := 0
	if after != nil {
		if from, err = strconv.Atoi(*after); err != nil || from < 1 {
			return nil, errs.New(errs.Invalid, "after 应是上一页的 next").At("after")
		}
	}
	list, err := r.Roster.HeldOn(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &model.HeldRolePage{Rows: []*model.HeldRole{}, Total: len(list)}
	end := min(from+*first, len(list))
	for _, h := range list[min(from, len(list)):end] {
		row := &model.HeldRole{MembershipID: h.Membership, Name: h.Name, Post: h.Post, Role: h.Role, RoleName: h.RoleName, Version: h.Version,
			UnitID: h.Unit, UnitName: given(h.UnitName), BehalfOfID: h.Behalf, BehalfOfName: given(h.BehalfName),
			Kinds: append([]string{}, h.Limit.Kinds...), States: append([]string{}, h.Limit.States...), Rights: rights(h.Rights)}
		if h.ByPost != "" {
			post := seat.Post(h.ByPost)
			row.ByPost = &post
		}
		out.Rows = append(out.Rows, row)
	}
	if end < len(list) {
		next := strconv.Itoa(end)
		out.Next = &next
	}
	return out, nil
}
