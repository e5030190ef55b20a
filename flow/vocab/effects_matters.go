package vocab

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

type createArgs struct {
	Kind  string `json:"kind" doc:"新事项的流程代码"`
	Field string `json:"field" doc:"流程代码取自表单的哪一栏，没有写 kind 时用"`
	Link  string `json:"link" doc:"本事项指向新事项的联系：CONVERTED_TO、SINKS_TO、DERIVED_FROM 等"`
	Title string `json:"title" doc:"标题取自表单的哪一栏，不写则用条目（表单的 itemId）的内容，没有条目则用本事项的标题"`
}

type linkArgs struct {
	Kind  string `json:"kind" doc:"联系的类别：FOLLOWS、MERGED_INTO、DERIVED_FROM、BELONGS_TO、SINKS_TO 等"`
	Field string `json:"field" doc:"表单中选定另一事项的一栏"`
}

type timerArgs struct {
	Key string `json:"key" doc:"期限的代码，流程的 timers 中有、而任何环节都不自动计时的"`
}

var kindCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,30}$`)

func registerMatters(s *flow.Rules) {
	flow.EffectOf(s, "create", "另开一件事项并与之联系；有平台使用该流程时归入平台。", func(p *process.Place, a createArgs) {
		need(p, "link", a.Link)
		enum(p, "联系的类别", a.Link, schema.Link{}, "kind")
		p.NeedField(a.Field)
		p.NeedField(a.Title)
		switch {
		case a.Kind == "" && a.Field == "":
			p.Find("要写明 kind 或 field")
		case a.Kind != "" && !kindCode.MatchString(a.Kind):
			p.Find("流程代码“%s”不对", process.Clip(a.Kind))
		case p.Sealed(a.Kind):
			p.Find("“%s”有自己的内容，不能由别的流程直接开出", a.Kind)
		}
	}, create)
	flow.EffectOf(s, "link", "与另一件看得到的事项建立联系；已有的不重复。", func(p *process.Place, a linkArgs) {
		need(p, "kind", a.Kind)
		need(p, "field", a.Field)
		enum(p, "联系的类别", a.Kind, schema.Link{}, "kind")
		p.NeedField(a.Field)
	}, join)
	flow.EffectOf(s, "start_timer", "开始一个期限；正在计时的不变。", freeTimer, func(ctx context.Context, r *flow.Run, a timerArgs) error {
		return r.StartTimer(ctx, a.Key)
	})
	flow.EffectOf(s, "stop_timer", "结束一个期限。", freeTimer, func(ctx context.Context, r *flow.Run, a timerArgs) error {
		return r.StopTimer(ctx, a.Key)
	})
}

// freeTimer: a deadline that a state runs begins and ends with the state,
// whatever an effect says.
func freeTimer(p *process.Place, a timerArgs) {
	if p.Def.Timers[a.Key] == nil {
		p.Find("流程里没有期限“%s”%s", a.Key, process.Choices(a.Key, slices.Sorted(maps.Keys(p.Def.Timers))))
		return
	}
	if s := p.Def.RunsIn(a.Key); s != nil {
		p.Find("期限“%s”由环节“%s”自动开始和结束，不能另行开始或结束；请从环节的 timers 中去掉，或不用这条效果", a.Key, s.Label)
	}
}

// createDepth is how many matters may open one another in one action: two
// processes that open each other by themselves must not go on for ever.
const createDepth = 3

type depthKey struct{}

func create(ctx context.Context, r *flow.Run, a createArgs) error {
	depth, _ := ctx.Value(depthKey{}).(int)
	if depth >= createDepth {
		return errs.New(errs.GuardFailed, "流程之间互相开出事项，超过 %d 层，请租户管理员检查流程定义", createDepth)
	}
	ctx = context.WithValue(ctx, depthKey{}, depth+1)
	kind, at := a.Kind, "kind"
	if kind == "" {
		kind, at = whole(r).text(a.Field), a.Field
	}
	if !kindCode.MatchString(kind) || r.Engine.KindOf(kind).Sealed {
		return errs.New(errs.Invalid, "不能开出“%s”这类事项，请重新选择", process.Clip(kind)).At(at)
	}
	source, err := theItem(r, whole(r), "itemId")
	if err != nil {
		return err
	}
	if err := twice(r, link.Kind(a.Link), kind, source); err != nil {
		return err
	}
	title := r.Title
	if source != nil {
		title = source.Text
	}
	if a.Title != "" {
		if title = whole(r).text(a.Title); title == "" {
			return errs.New(errs.Invalid, "请填写标题").At(a.Title)
		}
	}
	host, err := hostOf(ctx, r, kind)
	if err != nil {
		return err
	}
	c, err := r.Engine.Start(ctx, opening(r, kind, title, host, source))
	if shown, ok := errs.As(err); ok && shown.Details[flow.Homeless] != nil { // this form does not ask for it
		return errs.New(errs.GuardFailed, "还不能开出新的事项：%s。本事项属于哪个单位，新的就属于哪个单位，请先转交", shown.Message)
	}
	if err != nil {
		return err
	}
	r.After["created"] = c.Matter.ID
	return tie(ctx, r, link.Kind(a.Link), c.Matter, source)
}

// twice: one item becomes one matter of a kind.
func twice(r *flow.Run, kind link.Kind, of string, source *gen.Item) error {
	for _, l := range r.Out {
		if source != nil && l.UndoneAt == nil && l.Kind == kind && l.ItemID != nil && *l.ItemID == source.ID && l.Edges.To != nil && l.Edges.To.Kind == of {
			return errs.New(errs.Conflict, "“%s”已经%s另一件事项，不能再开一次", process.Clip(source.Text), label(string(kind))).At("itemId")
		}
	}
	return nil
}

// origin is what those who go on with a matter must read, since they may not
// see the one it came from: the text, who brought it and whence. The name of a
// citizen stays with his topic.
func origin(r *flow.Run, source *gen.Item) map[string]any {
	text, by := r.Title, []string{}
	if source != nil {
		text = source.Text
	}
	for _, p := range r.Active(party.RoleLEAD, party.RoleCO) {
		by = append(by, p.Name)
	}
	return map[string]any{"text": text, "from": map[string]any{
		"kind": r.Kind, "number": r.Matter.Number, "title": r.Title, "source": r.Source, "by": by,
	}}
}

// opening is a matter with the same units as this one.
func opening(r *flow.Run, kind, title string, host *gen.Platform, source *gen.Item) flow.Opening {
	o := flow.Opening{Kind: kind, Title: title, Sector: r.SectorID, Street: r.StreetID, OwnerUnit: r.OwnerUnitID, OnBehalf: r.OnBehalf, Reason: r.Reason}
	o.Payload = func(ctx context.Context, m *gen.Matter) error {
		u := r.Client.Matter.UpdateOne(m).SetSource(r.Source)
		if authz.Regulated(kind) { // a committee's own process asks for what it needs
			u.SetData(origin(r, source))
		}
		if host != nil {
			u.SetPlatformID(host.ID)
			if o.OwnerUnit == nil {
				if host.OwnerUnitID != nil {
					u.SetOwnerUnitID(r.Heirs.Of(*host.OwnerUnitID))
				}
			}
		}
		return u.Exec(ctx)
	}
	return o
}

// hostOf is the platform that runs the process: this matter's own, one near
// it, one of the same unit, else the only one there is; nil where that is not
// clear.
func hostOf(ctx context.Context, r *flow.Run, kind string) (*gen.Platform, error) {
	all, err := r.Client.Platform.Query().Where(platform.ProcessKind(kind), platform.StatusEQ(platform.StatusACTIVE)).Order(platform.ByID()).All(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	same := func(a, b *uuid.UUID) bool { return a != nil && b != nil && *a == *b }
	one := func(a, b *uuid.UUID) bool { return a != nil && b != nil && r.Heirs.Same(*a, *b) }
	var parent *uuid.UUID
	if r.PlatformID != nil {
		own, err := r.Client.Platform.Get(ctx, *r.PlatformID)
		if err != nil {
			return nil, err
		}
		parent = own.ParentID
	}
	for _, near := range []func(*gen.Platform) bool{
		func(p *gen.Platform) bool { return same(&p.ID, r.PlatformID) },
		func(p *gen.Platform) bool { return same(p.ParentID, r.PlatformID) || same(&p.ID, parent) },
		func(p *gen.Platform) bool {
			return one(p.OwnerUnitID, r.OwnerUnitID) || one(p.OwnerUnitID, r.StreetID)
		},
	} {
		for _, p := range all {
			if near(p) {
				return p, nil
			}
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return nil, nil
}

// join links to a matter that the viewer sees.
func join(ctx context.Context, r *flow.Run, a linkArgs) error {
	form := whole(r)
	id, err := form.id(a.Field)
	if err != nil {
		return err
	}
	if id == nil || *id == r.Matter.ID {
		return form.invalid(a.Field, "请选择另一件事项")
	}
	q := r.Client.Matter.Query().Where(matter.ID(*id))
	if r.Viewer != nil {
		q.Where(authz.MatterPredicate(r.Viewer))
	}
	other, err := q.Only(ctx)
	if gen.IsNotFound(err) {
		return form.invalid(a.Field, "没有这件事项，或您无权查看，请重新选择")
	}
	if err != nil {
		return err
	}
	source, err := theItem(r, form, "itemId")
	if err != nil {
		return err
	}
	return tie(ctx, r, link.Kind(a.Kind), other, source)
}

// tie writes the link, unless it is there.
func tie(ctx context.Context, r *flow.Run, kind link.Kind, to *gen.Matter, source *gen.Item) error {
	var of *uuid.UUID
	if source != nil {
		of = &source.ID
	}
	for _, l := range r.Out {
		if l.UndoneAt == nil && l.Kind == kind && l.ToID == to.ID && (of == nil || (l.ItemID != nil && *l.ItemID == *of)) {
			return nil
		}
	}
	l, err := r.Client.Link.Create().SetFromID(r.Matter.ID).SetToID(to.ID).SetKind(kind).SetNillableItemID(of).
		SetNillableDecidedByID(r.Actor()).SetReason(r.Reason).SetCreatedAt(r.Now).Save(ctx)
	if err != nil {
		return err
	}
	l.Edges.To = to
	r.Out = append(r.Out, l)
	r.After["linked"] = to.ID
	return nil
}
