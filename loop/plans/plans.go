package plans

import (
	"context"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqljson"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Kind is what is planned.
type Kind string

const (
	Consultation Kind = "CONSULTATION" // 协商计划
	Supervision  Kind = "SUPERVISION"  // 监督计划
	Research     Kind = "RESEARCH"     // 调研计划
	Work         Kind = "WORK"         // 工作要点
)

var kindNames = map[Kind]string{Consultation: "协商计划", Supervision: "监督计划", Research: "调研计划", Work: "工作要点"}

// Kinds are all kinds, in the order in which they are offered.
var Kinds = []Kind{Consultation, Supervision, Research, Work}

// Name is what the plan of a year is called: 2026年度协商计划.
func (k Kind) Name(year int) string { return fmt.Sprintf("%d年度%s", year, kindNames[k]) }

// Keys of a plan in its matter's data.
const (
	dataPlan = "plan" // Kind
	dataYear = "year" // number
)

// Of reads a plan's kind and year, empty and 0 for what is no plan.
func Of(m *gen.Matter) (Kind, int) {
	if m.Kind != MatterKind {
		return "", 0
	}
	kind, _ := m.Data[dataPlan].(string)
	switch year := m.Data[dataYear].(type) {
	case int:
		return Kind(kind), year
	case float64: // as JSON has it
		return Kind(kind), int(year)
	}
	return Kind(kind), 0
}

// Register makes the rules of plans known to the engine.
func Register(s *flow.Rules) {
	s.Kind(Declaration)
	s = s.For(Declaration.Code)
	registerRules(s)
	for name, f := range effects {
		f.Register(s, "plan."+name)
	}
	// Counted from the last day of the year before, so that twelve months end
	// with the year.
	s.Base("plan.year", "从计划的年度开始起算", func(c *flow.Case, _ *gen.Assignment) (time.Time, string) {
		_, year := Of(c.Matter)
		return clock.Date(year-1, time.December, 31), fmt.Sprintf("%d年开始", year)
	})
}

// Service opens plans; everything after that is an action of the engine.
type Service struct{ engine *flow.Engine }

// New makes the service; Register must have been called on the engine.
func New(e *flow.Engine) *Service { return &Service{engine: e} }

const (
	firstYear = 2000 // anything earlier is a slip of the keyboard
	titleMax  = 80   // characters, as for a proposal's 案由
)

// Opening is a new plan.
type Opening struct {
	Plan  Kind
	Year  int
	Title string // empty: as Kind.Name says
}

// Open begins the draft of a year's plan. A second one of the kind and year is
// a Conflict, also when two open at once; so calling it twice does nothing
// more.
func (s *Service) Open(ctx context.Context, in Opening) (_ *flow.Case, err error) {
	defer errs.Wrap(&err, "plans.Open(%s %d)", in.Plan, in.Year)
	sys, _, err := authz.Enter(ctx, "plan.draft")
	if err != nil {
		return nil, err
	}
	if kindNames[in.Plan] == "" {
		return nil, errs.New(errs.Invalid, "请选择计划的种类：协商计划、监督计划、调研计划或工作要点").At("plan")
	}
	if last := clock.Today(ctx).Year() + 1; in.Year < firstYear || in.Year > last {
		return nil, errs.New(errs.Invalid, "年度应在 %d 至 %d 之间", firstYear, last).At("year")
	}
	title, err := text.Field{Label: "标题", Path: []string{"title"}, Most: titleMax}.Take(in.Title)
	if err != nil {
		return nil, err
	}
	if title == "" {
		title = in.Plan.Name(in.Year)
	}
	if err := tenants.Alone(ctx, "plans"); err != nil { // no constraint reaches into data
		return nil, err
	}
	there, err := s.engine.Client().Matter.Query().Where(of(in.Plan, in.Year)...).Exist(sys)
	if err != nil {
		return nil, err
	}
	if there {
		return nil, errs.New(errs.Conflict, "已有%s，同一种类一个年度只能有一份", in.Plan.Name(in.Year)).At("year")
	}
	return s.engine.Start(ctx, flow.Opening{Kind: MatterKind, Title: title, Payload: func(ctx context.Context, m *gen.Matter) error {
		return s.engine.Client().Matter.UpdateOne(m).SetData(map[string]any{dataPlan: string(in.Plan), dataYear: in.Year}).Exec(ctx)
	}})
}

// of finds the plan of a kind and year that was not withdrawn.
func of(k Kind, year int) []predicate.Matter {
	return []predicate.Matter{matter.Kind(MatterKind), matter.StateNEQ(withdrawn), func(s *entsql.Selector) {
		s.Where(sqljson.ValueEQ(matter.FieldData, string(k), sqljson.Path(dataPlan)))
		s.Where(sqljson.ValueEQ(matter.FieldData, year, sqljson.Path(dataYear)))
	}}
}
