package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/oversight"
)

func (r *Resolver) ownDistricts(ctx context.Context) ([]*model.OwnDistrict, error) {
	list, err := r.Oversight.Districts(ctx)
	out := make([]*model.OwnDistrict, len(list))
	for i, d := range list {
		out[i] = &model.OwnDistrict{Code: d.Code, Name: d.Name, Active: d.Active}
	}
	return out, err
}

func districtRequestOf(x oversight.Request) *model.DistrictRequest {
	return &model.DistrictRequest{ID: x.ID, What: model.DistrictRequestKind(x.What), Code: x.Code, Name: x.Name, AdminLogin: given(x.AdminLogin), AdminName: given(x.AdminName),
		Reason: x.Reason, AskedBy: x.AskedBy, AskedAt: x.AskedAt, State: model.DistrictRequestState(x.State), SettledAt: x.SettledAt, Answer: given(x.Answer)}
}

func (r *Resolver) districtRequests(ctx context.Context, c *cursor, first *int) (*model.DistrictRequestConnection, error) {
	from, n, err := pageFrom(c, first)
	if err != nil {
		return nil, err
	}
	list, more, err := r.Oversight.Requests(ctx, from, n)
	edges, info := edgesOf(list, c, more, func(x oversight.Request) cursor { return byID(x.ID) }, func(x oversight.Request, at cursor) *model.DistrictRequestEdge {
		return &model.DistrictRequestEdge{Node: districtRequestOf(x), Cursor: at}
	})
	return &model.DistrictRequestConnection{Edges: edges, PageInfo: info}, err
}

// wishing is a mutation of what is asked for a district.
func (r *Resolver) wishing(ctx context.Context, input any, do func(context.Context) (oversight.Request, error)) (*model.DistrictRequestPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		x, err := do(ctx)
		return oversight.EntityRequest, x.ID, err
	})
	out := &model.DistrictRequestPayload{UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	x, err := r.Oversight.ARequest(ctx, id)
	if err == nil {
		out.Request = districtRequestOf(x)
	}
	return out, err
}

func wishOf(in model.RequestDistrictInput) oversight.Wish {
	return oversight.Wish{What: string(in.What), Code: in.Code, Name: value(in.Name), ShortName: value(in.ShortName), AdminLogin: value(in.AdminLogin), AdminName: value(in.AdminName), Reason: in.Reason}
}
