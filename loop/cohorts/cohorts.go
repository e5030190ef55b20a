package cohorts

import (
	"context"
	"strings"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Years are the three years of a cohort.
type Years struct{ Prestudy, Handling, Supervision int }

// YearsOf derives the years from the handling year (trap 14).
func YearsOf(handleYear int) Years { return Years{handleYear - 1, handleYear, handleYear + 1} }

// Phase is one of the three parts of the loop.
type Phase string

const (
	Prestudy    Phase = "PRESTUDY"    // 选题预研协商，事前
	Handling    Phase = "HANDLING"    // 提案办理协商，事中
	Supervision Phase = "SUPERVISION" // 落实情况监督，事后
)

// PhaseOf reads the phase off a state, empty for what is no state of a cohort.
func PhaseOf(state string) Phase {
	switch {
	case strings.HasPrefix(state, "P"):
		return Prestudy
	case strings.HasPrefix(state, "H"):
		return Handling
	case strings.HasPrefix(state, "S"):
		return Supervision
	}
	return ""
}

// Service opens cohorts; everything after that is an action of the engine.
type Service struct{ engine *flow.Engine }

// New makes the service; Register must have been called on the engine.
func New(e *flow.Engine) *Service { return &Service{engine: e} }

const (
	firstYear = 2000 // anything earlier is a slip of the keyboard
	titleMax  = 80   // characters, as for a proposal's 案由
)

// Open begins the collecting of directions for the 一号提案 of a year. A
// second cohort of the year is a Conflict, also when two open at once; so
// calling it twice does nothing more.
func (s *Service) Open(ctx context.Context, handleYear int, title string) (_ *flow.Case, err error) {
	defer errs.Wrap(&err, "cohorts.Open(%d)", handleYear)
	if _, err := authz.Require(ctx, "cohort.run"); err != nil {
		return nil, err
	}
	if title, err = (text.Field{Label: "标题", Path: []string{"title"}, Least: 1, Most: titleMax}).Take(title); err != nil {
		return nil, err
	}
	// Prestudy is the year before, so nothing later than next year can be begun.
	if last := clock.Today(ctx).Year() + 1; handleYear < firstYear || handleYear > last {
		return nil, errs.New(errs.Invalid, "办理年度应在 %d 至 %d 之间", firstYear, last).At("handleYear")
	}
	taken := errs.New(errs.Conflict, "%d年度已有一号提案闭环，一个年度只能有一个", handleYear).At("handleYear")
	there, err := s.engine.Client().Cohort.Query().Where(cohort.HandleYear(handleYear)).Exist(authz.System(ctx))
	if err != nil {
		return nil, err
	}
	if there {
		return nil, taken
	}
	return s.engine.Start(ctx, flow.Opening{Kind: Kind, Title: title, Payload: func(ctx context.Context, m *gen.Matter) error {
		err := s.engine.Client().Cohort.Create().SetMatterID(m.ID).SetHandleYear(handleYear).Exec(ctx)
		if errs.Is(tenants.Translate(err), errs.Conflict) {
			return taken.Because(err)
		}
		return err
	}})
}
