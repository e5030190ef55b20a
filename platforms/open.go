package platforms

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Sources of topics that the product itself gives (LS-07).
const (
	SourceMember = "委员荐题"
	SourcePublic = "群众征题"
)

// Opening is a new matter on a platform.
type Opening struct {
	PlatformID  uuid.UUID
	Title       string
	Source      string         // one of the platform's, if it lists any; empty for a member's own: 委员荐题
	Data        map[string]any // what the process keeps with the matter
	StreetID    *uuid.UUID
	OwnerUnitID *uuid.UUID // nil: the platform's
	SectorID    *uuid.UUID
	PlanNote    string     // item of the year's plan that it carries out; kept in data.planNote
	FollowsID   *uuid.UUID // an earlier matter that this one takes up again
	Reason      string     // of the first step
}

// longestData is the most that may be kept with a matter at its opening, as
// JSON, in bytes.
const longestData = 64 << 10

// Open opens a matter on a platform for the context's viewer, who becomes its
// first party. Called twice it opens two; an idempotency key prevents that.
func (s *Service) Open(ctx context.Context, in Opening) (_ *flow.Case, err error) {
	defer errs.Wrap(&err, "platforms.Open(%s)", in.PlatformID)
	v := authz.From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	if v.Somewhere(authz.Perm(openMatter)) == authz.None {
		return nil, errs.New(errs.NotAllowed, "您没有在平台上新建事项的权限")
	}
	sys := authz.System(ctx)
	p, err := s.active(sys, in.PlatformID)
	if err != nil {
		return nil, err
	}
	if v = opens(v, p); v == nil {
		return nil, errs.New(errs.NotAllowed, "您没有在这个平台上新建事项的权限")
	}
	authz.Acts(ctx, v)
	scope := v.May(authz.Perm(openMatter))
	filled := process.Form(in.Data)
	if in.Data, err = s.kept(ctx, p, in.Data); err != nil {
		return nil, err
	}
	if err := in.tidy(); err != nil {
		return nil, err
	}
	if err := in.from(p, scope); err != nil {
		return nil, err
	}
	if err := s.place(sys, v, scope, p, &in); err != nil {
		return nil, err
	}
	if in.FollowsID != nil { // as the viewer sees it
		if ok, err := s.client.Matter.Query().Where(matter.ID(*in.FollowsID)).Exist(ctx); err != nil || !ok {
			return nil, orMissing(err, "接续的事项", "followsId")
		}
	}
	return s.engine.Start(ctx, flow.Opening{
		Kind: p.ProcessKind, Platform: &p.ID, Title: in.Title, Sector: in.SectorID, Street: in.StreetID, OwnerUnit: in.OwnerUnitID, Reason: in.Reason,
		Entry: true, Form: filled,
		Payload: func(ctx context.Context, m *gen.Matter) error {
			if err := s.client.Matter.UpdateOne(m).SetPlatformID(p.ID).SetSource(in.Source).SetData(in.Data).Exec(ctx); err != nil {
				return err
			}
			if err := s.client.Party.Create().SetMatter(m).SetMembershipID(v.Membership).SetName(v.Name).SetRole("LEAD").
				SetCreatedAt(clock.Now(ctx)).Exec(ctx); err != nil || in.FollowsID == nil {
				return err
			}
			return s.client.Link.Create().SetFromID(m.ID).SetToID(*in.FollowsID).SetKind("FOLLOWS").SetDecidedByID(v.Membership).
				SetCreatedAt(clock.Now(ctx)).Exec(ctx)
		},
	})
}

// opens is the viewer as far as he may open something on a platform, by what
// counts everywhere or by a role that counts there; nil where he may not. Who may
// do so for his units only has some, or the platform is theirs.
func opens(v *authz.Viewer, p *gen.Platform) *authz.Viewer {
	for _, x := range v.On(p.ProcessKind, &p.ID, "") {
		switch scope := x.May(authz.Perm(openMatter)); {
		case scope == authz.None:
		case scope.Has(authz.Unit) && !scope.Has(authz.Tenant) && len(x.Units) == 0:
		default:
			return x
		}
	}
	return nil
}

// Entrance is the action with which the viewer opens something on a platform,
// nil where its process asks nothing, and whether he may.
func (s *Service) Entrance(ctx context.Context, p *gen.Platform) (_ *process.Action, may bool, err error) {
	defer errs.Wrap(&err, "platforms.Entrance(%s)", p.ID)
	a, may, err := s.engine.Entrance(ctx, p.ProcessKind, &p.ID)
	return a, may && p.Status == platform.StatusACTIVE && opens(authz.From(ctx), p) != nil, err
}

// kept is what the matter keeps of what is filled in: all of it, unless the
// opening action has effects that say what becomes of it.
func (s *Service) kept(ctx context.Context, p *gen.Platform, data map[string]any) (map[string]any, error) {
	a, _, err := s.engine.Entrance(ctx, p.ProcessKind, &p.ID)
	if err == nil && a != nil && a.Form != nil && len(a.Effects) > 0 {
		return nil, nil
	}
	return data, err
}

func orMissing(err error, what, path string) error {
	if err != nil {
		return err
	}
	return errs.New(errs.Invalid, "%s不存在，或您无权查看", what).At(path)
}

func (in *Opening) tidy() (err error) {
	if in.Title, err = line(in.Title, nameText, true, "标题", "title"); err != nil {
		return err
	}
	if in.Source, err = line(in.Source, shortText, false, "议题来源", "source"); err != nil {
		return err
	}
	if in.PlanNote, err = line(in.PlanNote, longText, false, "计划", "planNote"); err != nil {
		return err
	}
	if in.Reason, err = line(in.Reason, longText, false, "理由", "reason"); err != nil {
		return err
	}
	data := map[string]any{}
	for k, v := range in.Data {
		data[k] = v
	}
	if in.PlanNote != "" {
		data["planNote"] = in.PlanNote
	}
	if b, err := json.Marshal(data); err != nil || len(b) > longestData {
		return errs.New(errs.Invalid, "填写的内容无法读取，或内容过多").At("data")
	}
	in.Data = data
	in.StreetID, in.OwnerUnitID, in.SectorID, in.FollowsID = given(in.StreetID), given(in.OwnerUnitID), given(in.SectorID), given(in.FollowsID)
	return nil
}

// active is a platform on which something may be opened.
func (s *Service) active(ctx context.Context, id uuid.UUID) (*gen.Platform, error) {
	p, err := s.platform(ctx, id)
	if err == nil && p.Status != platform.StatusACTIVE {
		return nil, errs.New(errs.NotAllowedInState, "平台“%s”已停用，不再开始新的事项", p.Brand)
	}
	return p, err
}

// staff: more than for oneself.
func staff(scope authz.Scope) bool { return scope.Has(authz.Tenant) || scope.Has(authz.Unit) }

// from settles where the topic comes from.
func (in *Opening) from(p *gen.Platform, scope authz.Scope) error {
	if len(p.Sources) == 0 {
		return nil
	}
	if !staff(scope) && slices.Contains(p.Sources, SourceMember) {
		if in.Source != "" && in.Source != SourceMember {
			return errs.New(errs.NotAllowed, "委员本人提出的议题，来源是“%s”", SourceMember).At("source")
		}
		in.Source = SourceMember
	}
	if !slices.Contains(p.Sources, in.Source) {
		return errs.New(errs.Invalid, "请在平台的议题来源中选择一项").At("source").With("sources", p.Sources)
	}
	return nil
}

// place settles to which units the matter belongs, and with it whose it is.
func (s *Service) place(ctx context.Context, v *authz.Viewer, scope authz.Scope, p *gen.Platform, in *Opening) error {
	streets, err := s.client.Unit.Query().Where(unit.IDIn(v.Seats...), unit.KindIn(authz.Streets...)).Exist(ctx)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		id    *uuid.UUID
		path  string
		kinds []unit.Kind
	}{{in.StreetID, "streetId", authz.Streets}, {in.SectorID, "sectorId", authz.Sectors}, {in.OwnerUnitID, "ownerUnitId", nil}} {
		if f.id == nil {
			continue
		}
		if _, err := s.openUnit(ctx, *f.id, f.path, f.kinds...); err != nil {
			return err
		}
		theirs := f.path == "ownerUnitId" && p.OwnerUnitID != nil && *f.id == *p.OwnerUnitID // the platform's own
		switch {
		case scope.Has(authz.Tenant) || v.InUnit(f.id) || theirs:
		case f.path == "streetId" && !(scope.Has(authz.Unit) && streets): // who is of no street may say where it happens, not whose it is
		case scope.Has(authz.Unit):
			return errs.New(errs.NotAllowed, "您只能为自己的单位新建事项").At(f.path)
		default:
			return errs.New(errs.NotAllowed, "您不属于所选的单位").At(f.path)
		}
	}
	if in.OwnerUnitID == nil {
		in.OwnerUnitID = p.OwnerUnitID
	}
	if scope.Has(authz.Tenant) || !scope.Has(authz.Unit) || v.InUnit(in.OwnerUnitID) || v.InUnit(in.StreetID) || v.InUnit(in.SectorID) {
		return nil
	}
	return s.seat(ctx, v, in)
}

// seat puts the matter into the unit in which the viewer sits: his street,
// else his 界别, else what he sits in first. Who holds the right in a unit in which
// he does not sit opens it for that one.
func (s *Service) seat(ctx context.Context, v *authz.Viewer, in *Opening) error {
	mine := v.Seats
	if len(mine) == 0 {
		mine = v.Units
	}
	seats, err := s.client.Unit.Query().Where(unit.IDIn(mine...), authz.UnitOn(clock.Today(ctx))).Order(unit.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		kinds []unit.Kind
		into  **uuid.UUID
	}{{authz.Streets, &in.StreetID}, {authz.Sectors, &in.SectorID}, {nil, &in.OwnerUnitID}} {
		for _, u := range seats {
			if f.kinds == nil || slices.Contains(f.kinds, u.Kind) {
				*f.into = &u.ID
				return nil
			}
		}
	}
	return errs.New(errs.NotAllowed, "您还没有在任何单位任职，不能以单位的名义新建事项")
}
