package platforms

import (
	"context"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/platform"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Spec is a new platform.
type Spec struct {
	Code        string // in addresses; unique, never changed
	Brand       string
	BrandOwner  string // whose brand it is; empty: the committee's own
	Type        string // 区域型, 界别型, 专业型, 党派型, or the committee's own word (LS-03)
	Level       string
	ProcessKind string
	ParentID    *uuid.UUID
	OwnerUnitID *uuid.UUID
	Approver    string
	HostRule    string
	Sources     []string
	Manners     []string
	Targets     map[string]any // year → code of a counter → number, {"2026": {"talks": 100}}
	TakesTopics bool
}

// codeForm keeps codes fit for addresses.
var codeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,30}$`)

// reserved codes are other addresses beside the platforms' public pages.
var reserved = []string{"receipt"}

// TopicKind is the kind of a citizen's topic.
const TopicKind = "topic"

// Create makes a platform. The same a second time answers the one that is
// there; another under a taken code is a Conflict.
func (s *Service) Create(ctx context.Context, in Spec) (_ *gen.Platform, err error) {
	defer errs.Wrap(&err, "platforms.Create(%s)", in.Code)
	ctx, err = s.enter(ctx, managePlatforms)
	if err != nil {
		return nil, err
	}
	if err := in.tidy(); err != nil {
		return nil, err
	}
	old, err := s.client.Platform.Query().Where(platform.Code(in.Code)).Only(ctx)
	if err == nil && in.same(old) {
		return old, nil
	}
	if err == nil {
		return nil, errs.New(errs.Conflict, "代码“%s”已被平台“%s”使用，请换一个", in.Code, old.Brand).At("code")
	}
	if !gen.IsNotFound(err) {
		return nil, err
	}
	if err := s.fits(ctx, in, uuid.Nil); err != nil {
		return nil, err
	}
	return s.client.Platform.Create().SetCode(in.Code).SetBrand(in.Brand).SetBrandOwner(in.BrandOwner).SetType(in.Type).SetLevel(in.Level).
		SetProcessKind(in.ProcessKind).SetNillableParentID(in.ParentID).SetNillableOwnerUnitID(in.OwnerUnitID).SetApprover(in.Approver).
		SetHostRule(in.HostRule).SetSources(in.Sources).SetManners(in.Manners).SetTargets(in.Targets).SetTakesTopics(in.TakesTopics).Save(ctx)
}

// tidy brings the input to its stored form and says what is wrong with it by
// itself.
func (in *Spec) tidy() (err error) {
	if !codeForm.MatchString(in.Code) || slices.Contains(reserved, in.Code) {
		return errs.New(errs.Invalid, "代码以小写字母开头，2 至 31 个小写字母、数字或短横线，且不能是 receipt").At("code")
	}
	for _, f := range []struct {
		of      *string
		longest int
		must    bool
		label   string
		path    string
	}{
		{&in.Brand, nameText, true, "品牌名称", "brand"}, {&in.BrandOwner, nameText, false, "品牌所属", "brandOwner"},
		{&in.Type, shortText, true, "类型", "type"}, {&in.Level, shortText, false, "层级", "level"},
		{&in.ProcessKind, shortText, true, "流程", "processKind"}, {&in.Approver, nameText, false, "审定人", "approver"},
		{&in.HostRule, nameText, false, "主持规则", "hostRule"},
	} {
		if *f.of, err = line(*f.of, f.longest, f.must, f.label, f.path); err != nil {
			return err
		}
	}
	if in.Sources, err = words(in.Sources, "议题来源", "sources"); err != nil {
		return err
	}
	if in.Manners, err = words(in.Manners, "议事要求", "manners"); err != nil {
		return err
	}
	in.ParentID, in.OwnerUnitID = given(in.ParentID), given(in.OwnerUnitID)
	in.Targets, err = targets(in.Targets)
	return err
}

// given treats the nil UUID as none.
func given(id *uuid.UUID) *uuid.UUID {
	if id == nil || *id == uuid.Nil {
		return nil
	}
	return id
}

// yearForm: a calendar year.
var yearForm = regexp.MustCompile(`^20[0-9]{2}$`)

// targets checks the yearly targets and brings them to the form in which JSON
// gives them back.
func targets(in map[string]any) (map[string]any, error) {
	if len(in) == 0 {
		return nil, nil
	}
	bad := func(message string, args ...any) (map[string]any, error) {
		return nil, errs.New(errs.Invalid, message, args...).At("targets")
	}
	b, err := json.Marshal(in)
	if err != nil || len(b) > 16<<10 {
		return bad("年度目标无法读取，或内容过多")
	}
	var years map[string]map[string]float64
	if json.Unmarshal(b, &years) != nil {
		return bad(`年度目标要写成 {"2026": {"talks": 100}} 的样子`)
	}
	out := map[string]any{}
	for year, list := range years {
		if !yearForm.MatchString(year) {
			return bad("“%.10s”不是年份", year)
		}
		codes := map[string]any{}
		for code, n := range list {
			if figureOf(code) == nil {
				return bad("没有计数“%.40s”；可用的有 %s", code, codeList())
			}
			if n != float64(int(n)) || n < 1 || n > 1_000_000 {
				return bad("“%s”的目标要是 1 至 1000000 的整数", code)
			}
			codes[code] = n
		}
		out[year] = codes
	}
	return out, nil
}

// target is a platform's target, nil where there is none.
func target(p *gen.Platform, year int, code string) *int {
	codes, _ := p.Targets[strconv.Itoa(year)].(map[string]any)
	n, ok := codes[code].(float64)
	if !ok {
		return nil
	}
	t := int(n)
	return &t
}

// same reports whether a platform is what the spec, tidied, asks for.
func (in *Spec) same(p *gen.Platform) bool {
	return reflect.DeepEqual(*in, specOf(p))
}

func specOf(p *gen.Platform) Spec {
	out := Spec{
		Code: p.Code, Brand: p.Brand, BrandOwner: p.BrandOwner, Type: p.Type, Level: p.Level, ProcessKind: p.ProcessKind,
		ParentID: p.ParentID, OwnerUnitID: p.OwnerUnitID, Approver: p.Approver, HostRule: p.HostRule, TakesTopics: p.TakesTopics,
	}
	if len(p.Sources) > 0 {
		out.Sources = p.Sources
	}
	if len(p.Manners) > 0 {
		out.Manners = p.Manners
	}
	if len(p.Targets) > 0 {
		out.Targets = p.Targets
	}
	return out
}

// fits asks whether what the platform refers to is there; self is the platform
// that changes, the nil UUID for a new one.
func (s *Service) fits(ctx context.Context, in Spec, self uuid.UUID) error {
	if authz.Regulated(in.ProcessKind) { // matter.open would step around their rules
		return errs.New(errs.Invalid, "“%s”有自己的入口，不能用作平台的流程", in.ProcessKind).At("processKind")
	}
	if err := s.published(ctx, in.ProcessKind, "processKind"); err != nil {
		return err
	}
	if in.TakesTopics {
		if err := s.published(ctx, TopicKind, "takesTopics"); err != nil {
			return err
		}
	}
	if in.OwnerUnitID != nil {
		if _, err := s.openUnit(ctx, *in.OwnerUnitID, "ownerUnitId"); err != nil {
			return err
		}
	}
	return s.above(ctx, in.ParentID, self)
}

func (s *Service) published(ctx context.Context, kind, path string) error {
	ok, err := s.client.Process.Query().Where(entprocess.Kind(kind), entprocess.StatusEQ(entprocess.StatusPUBLISHED)).Exist(ctx)
	if err == nil && !ok {
		err = errs.New(errs.Invalid, "流程“%s”还没有发布的版本，请先发布", kind).At(path)
	}
	return err
}

// openUnit is a unit of the committee that has not been closed, of one of the
// kinds if any are given.
func (s *Service) openUnit(ctx context.Context, id uuid.UUID, path string, kinds ...unit.Kind) (*gen.Unit, error) {
	fits := authz.Fits{Kinds: kinds}
	if len(kinds) > 0 {
		fits.What = "这一类单位"
	}
	return authz.UnitThere(ctx, s.client, id, fits, path)
}

// deepest bounds the tree of platforms; the sources know three levels (ZS-09).
const deepest = 10

// above walks up from a parent: it must exist, and self must not be on the way.
func (s *Service) above(ctx context.Context, parent *uuid.UUID, self uuid.UUID) error {
	for i := 0; parent != nil; i++ {
		if *parent == self || i == deepest {
			return errs.New(errs.Invalid, "平台不能在自己的下级之下，也不能超过 %d 层", deepest).At("parentId")
		}
		p, err := s.client.Platform.Get(ctx, *parent)
		if gen.IsNotFound(err) {
			return errs.New(errs.Invalid, "上级平台不存在，请重新选择").At("parentId")
		}
		if err != nil {
			return err
		}
		if i == 0 && p.Status != platform.StatusACTIVE {
			return errs.New(errs.Invalid, "上级平台“%s”已停用", p.Brand).At("parentId")
		}
		parent = p.ParentID
	}
	return nil
}

// Patch changes a platform; nil leaves a field as it is. An id that is the nil
// UUID, an empty list and an empty map clear theirs.
type Patch struct {
	Brand       *string
	BrandOwner  *string
	Type        *string
	Level       *string
	ProcessKind *string
	ParentID    *uuid.UUID
	OwnerUnitID *uuid.UUID
	Approver    *string
	HostRule    *string
	Sources     *[]string
	Manners     *[]string
	Targets     *map[string]any
	TakesTopics *bool
}

func put[T any](into *T, v *T) {
	if v != nil {
		*into = *v
	}
}

// Change changes a platform. Matters that run stay on their process. Called
// twice with an expected version, the second is a VersionConflict; without, it
// changes nothing.
func (s *Service) Change(ctx context.Context, id uuid.UUID, in Patch, expected *int) (_ *gen.Platform, err error) {
	defer errs.Wrap(&err, "platforms.Change(%s)", id)
	ctx, err = s.enter(ctx, managePlatforms)
	if err != nil {
		return nil, err
	}
	p, err := s.platform(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := errs.Unchanged(expected, p.Version); err != nil {
		return nil, err
	}
	was := specOf(p)
	now := was
	in.onto(&now)
	if err := now.tidy(); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(now, was) {
		return p, nil
	}
	if err := s.fits(ctx, now, id); err != nil {
		return nil, err
	}
	u := s.client.Platform.UpdateOne(p).AddVersion(1).SetBrand(now.Brand).SetBrandOwner(now.BrandOwner).SetType(now.Type).SetLevel(now.Level).
		SetProcessKind(now.ProcessKind).SetApprover(now.Approver).SetHostRule(now.HostRule).SetSources(now.Sources).SetManners(now.Manners).
		SetTargets(now.Targets).SetTakesTopics(now.TakesTopics)
	if u.SetNillableParentID(now.ParentID); now.ParentID == nil {
		u.ClearParentID()
	}
	if u.SetNillableOwnerUnitID(now.OwnerUnitID); now.OwnerUnitID == nil {
		u.ClearOwnerUnitID()
	}
	return u.Save(ctx)
}

func (in Patch) onto(s *Spec) {
	put(&s.Brand, in.Brand)
	put(&s.BrandOwner, in.BrandOwner)
	put(&s.Type, in.Type)
	put(&s.Level, in.Level)
	put(&s.ProcessKind, in.ProcessKind)
	put(&s.Approver, in.Approver)
	put(&s.HostRule, in.HostRule)
	put(&s.Sources, in.Sources)
	put(&s.Manners, in.Manners)
	put(&s.Targets, in.Targets)
	put(&s.TakesTopics, in.TakesTopics)
	if in.ParentID != nil {
		s.ParentID = in.ParentID
	}
	if in.OwnerUnitID != nil {
		s.OwnerUnitID = in.OwnerUnitID
	}
}

func (s *Service) platform(ctx context.Context, id uuid.UUID) (*gen.Platform, error) {
	p, err := s.client.Platform.Get(authz.System(ctx), id)
	return authz.Found(p, err, "平台")
}

// Retire takes a platform out of use: nothing new is opened on it, what runs
// goes on. The reason stands in the audit, by the caller. Called twice the
// second changes nothing.
func (s *Service) Retire(ctx context.Context, id uuid.UUID, reason string) (_ *gen.Platform, err error) {
	defer errs.Wrap(&err, "platforms.Retire(%s)", id)
	ctx, err = s.enter(ctx, managePlatforms)
	if err != nil {
		return nil, err
	}
	if _, err := line(reason, longText, true, "理由", "reason"); err != nil {
		return nil, err
	}
	p, err := s.platform(ctx, id)
	if err != nil || p.Status == platform.StatusRETIRED {
		return p, err
	}
	below, err := s.client.Platform.Query().Where(platform.ParentID(id), platform.StatusEQ(platform.StatusACTIVE)).Exist(ctx)
	if err != nil {
		return nil, err
	}
	if below {
		return nil, errs.New(errs.NotAllowedInState, "“%s”之下还有在用的平台，请先停用或移走它们", p.Brand)
	}
	return s.client.Platform.UpdateOne(p).SetStatus(platform.StatusRETIRED).SetRetiredAt(clock.Now(ctx)).AddVersion(1).Save(ctx)
}

// Revive takes a platform into use again, if its process, unit and parent are
// still there. Called twice the second changes nothing.
func (s *Service) Revive(ctx context.Context, id uuid.UUID) (_ *gen.Platform, err error) {
	defer errs.Wrap(&err, "platforms.Revive(%s)", id)
	ctx, err = s.enter(ctx, managePlatforms)
	if err != nil {
		return nil, err
	}
	p, err := s.platform(ctx, id)
	if err != nil || p.Status == platform.StatusACTIVE {
		return p, err
	}
	if err := s.fits(ctx, specOf(p), id); err != nil {
		return nil, err
	}
	return s.client.Platform.UpdateOne(p).SetStatus(platform.StatusACTIVE).ClearRetiredAt().AddVersion(1).Save(ctx)
}
