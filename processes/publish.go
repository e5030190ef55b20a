package processes

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// Publish makes a draft the version with which new matters begin, if its loop
// closes here and now: with the settings in force and the roles that somebody
// holds. It answers what was only pointed out. Called twice the second changes
// nothing. Errors: Invalid with details.findings; NotAllowedInState for a
// retired one.
func (s *Service) Publish(ctx context.Context, id uuid.UUID) (_ *gen.Process, _ []flow.Finding, err error) {
	defer errs.Wrap(&err, "processes.Publish(%s)", id)
	ctx, err = s.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.find(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	switch p.Status {
	case process.StatusPUBLISHED:
		return p, nil, nil
	case process.StatusRETIRED:
		return nil, nil, errs.New(errs.NotAllowedInState, "已停用的流程不能再发布，请另建一份草稿").With("state", p.Status).With("allowedActions", []string{})
	}
	d, err := flow.Parse([]byte(p.Source))
	if err != nil {
		return nil, nil, err
	}
	r, err := s.report(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	if bad := flow.Errors(r.Findings); len(bad) > 0 {
		return nil, nil, errs.New(errs.Invalid, "流程还不能发布，有 %d 处不能闭环，例如 %s", len(bad), bad[0].String()).With("findings", details(r.Findings))
	}
	if p, err = p.Update().SetStatus(process.StatusPUBLISHED).Save(ctx); err != nil {
		return nil, nil, err
	}
	return p, r.Findings, s.tellAgain(ctx, p)
}

// details are findings as a frontend reads them.
func details(fs []flow.Finding) []map[string]any {
	out := make([]map[string]any, len(fs))
	for i, f := range fs {
		out[i] = map[string]any{"machine": f.Machine, "place": f.Place, "line": f.Line, "level": string(f.Level), "problem": f.Problem}
	}
	return out
}

// Retirement ends a version.
type Retirement struct {
	Process uuid.UUID
	Reason  string
}

// Retire lets no more matters begin with a version; those that run go on. A
// draft is put away by it. Called twice the second changes nothing.
func (s *Service) Retire(ctx context.Context, in Retirement) (_ *gen.Process, err error) {
	defer errs.Wrap(&err, "processes.Retire(%s)", in.Process)
	ctx, err = s.enter(ctx)
	if err != nil {
		return nil, err
	}
	if err := reasoned(in.Reason); err != nil {
		return nil, err
	}
	p, err := s.find(ctx, in.Process)
	if err != nil || p.Status == process.StatusRETIRED {
		return p, err
	}
	if p.Status == process.StatusPUBLISHED && flow.Regulated(p.Kind) {
		others, err := s.client.Process.Query().Where(process.Kind(p.Kind), process.StatusEQ(process.StatusPUBLISHED), process.IDNEQ(p.ID)).Count(ctx)
		if err != nil {
			return nil, err
		}
		if others == 0 {
			return nil, errs.New(errs.Conflict, "“%s”是随产品提供的流程，不能没有在用的版本；请先发布新版", p.Title)
		}
	}
	return p.Update().SetStatus(process.StatusRETIRED).Save(ctx)
}
