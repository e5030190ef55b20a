package processes

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Service is the package's object. It is safe for concurrent use.
type Service struct {
	client *gen.Client
	engine *flow.Engine
	policy *authz.Policy
	post   *exchange.Service // nil until Register: nothing crosses
}

// New makes a service; the nouns' rules must have been registered on the
// engine.
func New(e *flow.Engine, dir *authz.Directory) *Service {
	return &Service{client: e.Client(), engine: e, policy: dir.Policy()}
}

// The rights of the package: manage for all that is done here, confirm to be
// the second person of a publication.
const (
	manage  = "processes.manage"
	confirm = "processes.confirm"
)

// look is the door: the right, in the committee where one is signed in; who is
// to confirm a version may see what he confirms. The context it returns reads
// as the product.
func (s *Service) look(ctx context.Context) (context.Context, error) {
	sys, _, err := authz.Enter(ctx, manage, confirm)
	return sys, err
}

// enter is look for writes: one transaction at a time changes a committee's
// definitions, so that two drafts do not take the same number.
func (s *Service) enter(ctx context.Context, right string) (context.Context, *authz.Viewer, error) {
	sys, v, err := authz.Enter(ctx, right)
	if err != nil {
		return nil, nil, err
	}
	return sys, v, tenants.Alone(ctx, "processes")
}

func (s *Service) find(ctx context.Context, id uuid.UUID) (*gen.Process, error) {
	p, err := s.client.Process.Get(ctx, id)
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "没有这个流程版本，或您无权查看")
	}
	return p, err
}

// reasoned is a reason that must be given.
func reasoned(reason *string) (err error) {
	*reason, err = text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Most: 500, Lines: true}.Take(*reason)
	return err
}

// origin is where a text comes from, one line.
func origin(from string) (string, error) {
	return text.Field{Label: "来源", Path: []string{"origin"}, Most: 80}.Take(from)
}

// Report says of a text what Publish would, and what the definition is; the
// text need not be a version yet. A text that cannot be read is Invalid.
func (s *Service) Report(ctx context.Context, source string) (_ *process.Definition, _ process.Report, err error) {
	defer errs.Wrap(&err, "processes.Report")
	ctx, err = s.look(ctx)
	if err != nil {
		return nil, process.Report{}, err
	}
	d, err := process.Parse([]byte(source))
	if err == nil && d.Version == 0 { // a draft gets its number when it is stored
		d, err = numbered(source, d, 1)
	}
	if err != nil {
		return nil, process.Report{}, err
	}
	r, err := s.report(ctx, d)
	return d, r, err
}

func (s *Service) report(ctx context.Context, d *process.Definition) (process.Report, error) {
	p, err := s.engine.CurrentPolicy(ctx)
	if err != nil {
		return process.Report{}, err
	}
	roles, err := held(ctx)
	if err != nil {
		return process.Report{}, err
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return process.Report{}, err
	}
	r := s.engine.Report(d, p, rights, func(role string) bool { return slices.Contains(roles, role) })
	kept, err := s.kept(ctx, d)
	r.Findings = append(kept, r.Findings...)
	return r, err
}

// held are the roles that somebody has today who can sign in.
func held(ctx context.Context) ([]string, error) {
	return tenants.Collect(ctx, pgx.RowTo[string], `
		SELECT DISTINCT h.role FROM holds($1) h JOIN memberships m ON m.id = h.membership_id
		WHERE in_force(m, $1) AND m.account_id IS NOT NULL`, clock.Today(ctx))
}

// kept: a shipped kind keeps every state that a running matter is in, since
// the rules and figures of its package know them by name.
func (s *Service) kept(ctx context.Context, d *process.Definition) (out []process.Finding, err error) {
	if !process.Regulated(d.Kind) {
		return nil, nil
	}
	rows, err := s.running(ctx, d.Kind)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if m := d.Machines[r.Machine]; m != nil && m.State(r.State) == nil {
			out = append(out, process.Finding{Machine: r.Machine, Place: r.State, Level: process.Error,
				Problem: "有进行中的事项处于这个环节，新版必须保留它"})
		}
	}
	return out, nil
}

// Export is a version's text.
func (s *Service) Export(ctx context.Context, id uuid.UUID) (_ string, err error) {
	defer errs.Wrap(&err, "processes.Export(%s)", id)
	ctx, err = s.look(ctx)
	if err != nil {
		return "", err
	}
	p, err := s.find(ctx, id)
	if err != nil {
		return "", err
	}
	return p.Source, nil
}

// Diff lists what a version has otherwise than another of the same kind.
func (s *Service) Diff(ctx context.Context, from, to uuid.UUID) (_ []process.Change, err error) {
	defer errs.Wrap(&err, "processes.Diff(%s, %s)", from, to)
	ctx, err = s.look(ctx)
	if err != nil {
		return nil, err
	}
	a, err := s.definition(ctx, from)
	if err != nil {
		return nil, err
	}
	b, err := s.definition(ctx, to)
	if err != nil {
		return nil, err
	}
	return process.Diff(a, b), nil
}

func (s *Service) definition(ctx context.Context, id uuid.UUID) (*process.Definition, error) {
	p, err := s.find(ctx, id)
	if err != nil {
		return nil, err
	}
	return process.Published([]byte(p.Source))
}

// What a dry run may be at most.
const (
	maxMatters = 1000
	maxDays    = 3660 // ten years
)

// DryRun is a dry run of a text, or of a stored version where Process is given.
type DryRun struct {
	Source  string
	Process *uuid.UUID
	process.Plan
}

// Simulate runs a definition dry with the committee's settings and calendar
// from today on, where the plan names no day.
func (s *Service) Simulate(ctx context.Context, in DryRun) (_ process.Result, err error) {
	defer errs.Wrap(&err, "processes.Simulate")
	ctx, err = s.look(ctx)
	if err != nil {
		return process.Result{}, err
	}
	if err := in.check(); err != nil {
		return process.Result{}, err
	}
	var d *process.Definition
	if in.Process != nil {
		d, err = s.definition(ctx, *in.Process)
	} else {
		d, err = process.Parse([]byte(in.Source))
	}
	if err != nil {
		return process.Result{}, err
	}
	p, err := s.engine.CurrentPolicy(ctx)
	if err != nil {
		return process.Result{}, err
	}
	cal, err := s.engine.Calendar(ctx)
	if err != nil {
		return process.Result{}, err
	}
	if in.Start.IsZero() {
		in.Start = clock.Today(ctx)
	}
	return process.Simulate(d, p, cal, in.Plan), nil
}

func (in DryRun) check() error {
	if in.Matters < 1 || in.Matters > maxMatters {
		return errs.New(errs.Invalid, "件数为 1 至 %d", maxMatters).At("matters")
	}
	if in.Horizon < 1 || in.Horizon > maxDays {
		return errs.New(errs.Invalid, "观察天数为 1 至 %d", maxDays).At("horizonDays")
	}
	if in.Within < 0 || in.Within > maxDays {
		return errs.New(errs.Invalid, "开始的天数为 0 至 %d", maxDays).At("startWithinDays")
	}
	if in.Visits < 0 || in.Visits > 20 {
		return errs.New(errs.Invalid, "同一环节至多来 20 次").At("visits")
	}
	delays := []process.Delay{in.Otherwise}
	for _, d := range in.Delays {
		delays = append(delays, d)
	}
	for _, d := range delays {
		if d.Min < 0 || d.Max < d.Min || d.Max > maxDays {
			return errs.New(errs.Invalid, "用几天：最少不小于 0，最多不小于最少，也不超过 %d", maxDays).At("delays")
		}
	}
	for _, w := range in.Weights {
		if w < 0 || w > 1_000_000 {
			return errs.New(errs.Invalid, "权重为 0 至 1000000").At("weights")
		}
	}
	return nil
}

// Versions lists a kind's versions, newest first; all kinds when it is empty.
func (s *Service) Versions(ctx context.Context, kind string) (_ []*gen.Process, err error) {
	defer errs.Wrap(&err, "processes.Versions(%s)", kind)
	ctx, err = s.look(ctx)
	if err != nil {
		return nil, err
	}
	q := s.client.Process.Query().Where(entprocess.StatusNEQ(entprocess.StatusDISCARDED))
	if kind != "" {
		q = q.Where(entprocess.Kind(kind))
	}
	return q.Order(gen.Asc(entprocess.FieldKind), gen.Desc(entprocess.FieldVersion)).All(ctx)
}
