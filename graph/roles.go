package graph

import (
	"context"
	"slices"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
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
