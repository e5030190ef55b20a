package roster

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// NewUnit is a unit to add.
type NewUnit struct {
	Line      unit.Line
	Kind      unit.Kind
	Name      string
	ShortName string
	Parent    *uuid.UUID    // nil: stands at the top of its tree
	Channel   *unit.Channel // for the handling tree, and only there
	DocWord   string        // 发文机关代字 of a handling unit
	Brand     string
	Category  string     // the committee's own, for example 政协委员个人工作室
	Level     string     // 区, 街道, 社区 …
	From      *time.Time // nil: today
}

// CreateUnit adds a unit. Called twice it is a Conflict, by the name.
func (s *Service) CreateUnit(ctx context.Context, in NewUnit) (_ *gen.Unit, err error) {
	defer errs.Wrap(&err, "roster.CreateUnit(%s)", in.Name)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := days(clock.Today(ctx), dated{&in.From, "from"}); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	if in.Parent != nil {
		parent, err := s.unit(ctx, *in.Parent)
		if err != nil {
			return nil, err
		}
		if err := checkParent(in.Line, parent, today); err != nil {
			return nil, err
		}
	}
	if err := s.freeName(ctx, in.Line, in.Parent, in.Name, uuid.Nil); err != nil {
		return nil, err
	}
	return s.insertUnit(ctx, in, or(in.From, today))
}

func (s *Service) insertUnit(ctx context.Context, in NewUnit, from time.Time) (*gen.Unit, error) {
	return s.client.Unit.Create().SetLine(in.Line).SetKind(in.Kind).SetName(in.Name).SetShortName(in.ShortName).
		SetNillableParentID(in.Parent).SetNillableChannel(in.Channel).SetDocWord(in.DocWord).SetBrand(in.Brand).SetCategory(in.Category).SetLevel(in.Level).
		SetActiveFrom(from).Save(ctx)
}

// check tidies the input and says what is wrong with it by itself.
func (in *NewUnit) check() error {
	if err := texts(
		field{&in.Name, nameText, true, "名称", "name"},
		field{&in.ShortName, shortText, false, "简称", "shortName"},
		field{&in.DocWord, shortText, false, "机关代字", "docWord"},
		field{&in.Brand, nameText, false, "工作品牌", "brand"},
		field{&in.Category, shortText, false, "分类", "category"},
		field{&in.Level, shortText, false, "层级", "level"},
	); err != nil {
		return err
	}
	line, ok := lineOf[in.Kind]
	switch {
	case unit.LineValidator(in.Line) != nil:
		return errs.New(errs.Invalid, "请选择组织线、阵地线或承办线").At("line")
	case !ok:
		return errs.New(errs.Invalid, "没有这种单位类别").At("kind")
	case line != in.Line:
		return errs.New(errs.Invalid, "这种类别的单位不属于所选的线").At("kind")
	}
	return checkHandling(in.Kind, in.Channel, in.DocWord)
}

// checkHandling: a channel says by which office a handling unit is given its
// cases; an assigning office is one of the two offices itself.
func checkHandling(kind unit.Kind, channel *unit.Channel, docWord string) error {
	handling := lineOf[kind] == unit.LineHANDLING
	switch {
	case !handling && channel != nil:
		return errs.New(errs.Invalid, "只有承办线的单位有交办渠道").At("channel")
	case !handling && docWord != "":
		return errs.New(errs.Invalid, "只有承办线的单位有机关代字").At("docWord")
	case handling && (channel == nil || unit.ChannelValidator(*channel) != nil):
		return errs.New(errs.Invalid, "请选择交办渠道").At("channel")
	case kind == unit.KindASSIGNING_OFFICE && *channel != unit.ChannelPARTY_OFFICE && *channel != unit.ChannelGOV_OFFICE:
		return errs.New(errs.Invalid, "交办机构只能是党委办或政府办").At("channel")
	}
	return nil
}

// open reports whether a unit has not been closed; one that begins later is
// open too.
func open(u *gen.Unit, today time.Time) bool { return !authz.UnitPeriod(u).Over(today) }

func checkParent(line unit.Line, parent *gen.Unit, today time.Time) error {
	if parent.Line != line {
		return errs.New(errs.Invalid, "上级单位必须在同一条线上").At("parent")
	}
	if !open(parent, today) {
		return errs.New(errs.Invalid, "上级单位“%s”已停用", parent.Name).At("parent")
	}
	return nil
}

func (s *Service) unit(ctx context.Context, id uuid.UUID) (*gen.Unit, error) {
	u, err := s.client.Unit.Get(ctx, id)
	return authz.Found(u, err, "单位")
}

// openUnit is a unit to be changed: not closed, and as the caller saw it.
func (s *Service) openUnit(ctx context.Context, id uuid.UUID, expected *int) (*gen.Unit, error) {
	u, err := s.unit(ctx, id)
	if err != nil {
		return nil, err
	}
	if !open(u, clock.Today(ctx)) {
		return nil, errs.New(errs.NotAllowedInState, "“%s”已停用，不能再改", u.Name)
	}
	return u, errs.Unchanged(expected, u.Version)
}

// freeName refuses a name that an open unit beside it has; but is left out.
func (s *Service) freeName(ctx context.Context, line unit.Line, parent *uuid.UUID, name string, but uuid.UUID) error {
	beside := unit.ParentIDIsNil()
	if parent != nil {
		beside = unit.ParentID(*parent)
	}
	taken, err := s.client.Unit.Query().Where(unit.LineEQ(line), beside, unit.Name(name), unit.IDNEQ(but),
		authz.UnitLasts(clock.Today(ctx))).Exist(ctx)
	if err == nil && taken {
		return errs.New(errs.Conflict, "同一上级下已有名为“%s”的单位", name).At("name")
	}
	return err
}

// UnitChange corrects what a unit is called for short and how it is reached;
// nil leaves a field as it is. Its name is changed by RenameUnit.
type UnitChange struct {
	Unit      uuid.UUID
	Expected  *int
	ShortName *string
	Channel   *unit.Channel
	DocWord   *string
	Brand     *string
	Category  *string
	Level     *string
}

// UpdateUnit corrects a unit. Called twice with an expected version, the
// second is a VersionConflict; without, it writes the same again.
func (s *Service) UpdateUnit(ctx context.Context, in UnitChange) (_ *gen.Unit, err error) {
	defer errs.Wrap(&err, "roster.UpdateUnit(%s)", in.Unit)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := texts(
		field{in.ShortName, shortText, false, "简称", "shortName"},
		field{in.DocWord, shortText, false, "机关代字", "docWord"},
		field{in.Brand, nameText, false, "工作品牌", "brand"},
		field{in.Category, shortText, false, "分类", "category"},
		field{in.Level, shortText, false, "层级", "level"},
	); err != nil {
		return nil, err
	}
	u, err := s.openUnit(ctx, in.Unit, in.Expected)
	if err != nil {
		return nil, err
	}
	channel, word := u.Channel, u.DocWord
	if in.Channel != nil {
		channel = in.Channel
	}
	if in.DocWord != nil {
		word = *in.DocWord
	}
	if err := checkHandling(u.Kind, channel, word); err != nil {
		return nil, err
	}
	return s.client.Unit.UpdateOne(u).SetNillableShortName(in.ShortName).SetNillableChannel(in.Channel).
		SetNillableDocWord(in.DocWord).SetNillableBrand(in.Brand).SetNillableCategory(in.Category).SetNillableLevel(in.Level).AddVersion(1).Save(ctx)
}

// Move puts a unit under another one, or at the top of its tree.
type Move struct {
	Unit     uuid.UUID
	Parent   *uuid.UUID // nil: the top
	Expected *int
}

// MoveUnit changes whom a unit belongs to, and so who sees what concerns it.
// Called twice the second changes nothing.
func (s *Service) MoveUnit(ctx context.Context, in Move) (_ *gen.Unit, err error) {
	defer errs.Wrap(&err, "roster.MoveUnit(%s)", in.Unit)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	u, err := s.unit(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	if sameID(u.ParentID, in.Parent) {
		return u, nil
	}
	if u, err = s.openUnit(ctx, in.Unit, in.Expected); err != nil {
		return nil, err
	}
	if in.Parent != nil {
		if err := s.checkMove(ctx, u, *in.Parent); err != nil {
			return nil, err
		}
	}
	if err := s.freeName(ctx, u.Line, in.Parent, u.Name, u.ID); err != nil {
		return nil, err
	}
	move := s.client.Unit.UpdateOne(u).AddVersion(1)
	if in.Parent == nil {
		return move.ClearParentID().Save(ctx)
	}
	return move.SetParentID(*in.Parent).Save(ctx)
}

func (s *Service) checkMove(ctx context.Context, u *gen.Unit, to uuid.UUID) error {
	parent, err := s.unit(ctx, to)
	if err != nil {
		return err
	}
	if err := checkParent(u.Line, parent, clock.Today(ctx)); err != nil {
		return err
	}
	tree, err := s.tree(ctx, u.Line)
	if err != nil {
		return err
	}
	if tree.within(to, u.ID) {
		return errs.New(errs.Invalid, "不能移到自己或自己的下级之下").At("parent")
	}
	return nil
}

// tree is child → parent.
type tree map[uuid.UUID]uuid.UUID

func (s *Service) tree(ctx context.Context, line unit.Line) (tree, error) {
	rows, err := s.client.Unit.Query().Where(unit.LineEQ(line), unit.ParentIDNotNil()).Select(unit.FieldID, unit.FieldParentID).All(ctx)
	if err != nil {
		return nil, err
	}
	t := make(tree, len(rows))
	for _, u := range rows {
		t[u.ID] = *u.ParentID
	}
	return t, nil
}

// within reports whether a unit is the other one or below it.
func (t tree) within(id, other uuid.UUID) bool {
	for range len(t) + 1 { // bounded, should there ever be a circle
		if id == other {
			return true
		}
		parent, ok := t[id]
		if !ok {
			return false
		}
		id = parent
	}
	return false
}
