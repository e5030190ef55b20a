package processes

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Publish makes a draft the version with which new matters begin, if its loop
// closes here and now: with the settings in force and the roles that somebody
// holds. A regulated kind takes two: Publish then only proposes, and the draft
// stays one until Confirm. It answers what was only pointed out. Called twice
// the second changes nothing. Errors: Invalid with details.findings;
// NotAllowedInState for one that was retired or discarded.
func (s *Service) Publish(ctx context.Context, id uuid.UUID) (_ *gen.Process, _ []process.Finding, err error) {
	defer errs.Wrap(&err, "processes.Publish(%s)", id)
	ctx, v, err := s.enter(ctx, manage)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.find(ctx, id)
	if err != nil || p.Status == entprocess.StatusPUBLISHED {
		return p, nil, err
	}
	found, err := s.publishable(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	if !process.Regulated(p.Kind) {
		p, err = s.publish(ctx, p.Update())
		return p, found, err
	}
	if p.ProposedAt != nil {
		return p, found, nil
	}
	if p, err = p.Update().SetProposedByID(v.Membership).SetProposedAt(clock.Now(ctx)).Save(ctx); err != nil {
		return nil, nil, err
	}
	text := fmt.Sprintf("%s提出发布“%s”第 %d 版，须由另一人看过改动后确认", v.Name, p.Title, p.Version)
	return p, found, flow.TellRoles(ctx, notices.Decision(text, gen.TypeProcess, p.ID), authz.HoldersOf(ctx, confirm)...)
}

// Confirmation is the second person's word on a version that was proposed.
type Confirmation struct {
	Process uuid.UUID
	Hash    string // of the text that he saw
}

// Confirm publishes what another person proposed, if it still may be. Called
// twice the second changes nothing. Errors: as Publish; NotAllowed to who
// proposed it; VersionConflict where the text is another than was seen.
func (s *Service) Confirm(ctx context.Context, in Confirmation) (_ *gen.Process, err error) {
	defer errs.Wrap(&err, "processes.Confirm(%s)", in.Process)
	ctx, v, err := s.enter(ctx, confirm)
	if err != nil {
		return nil, err
	}
	p, err := s.find(ctx, in.Process)
	if err != nil || p.Status == entprocess.StatusPUBLISHED {
		return p, err
	}
	switch {
	case p.ProposedByID == nil:
		return nil, errs.New(errs.NotAllowedInState, "还没有人提出发布这一版，没有可以确认的").With("state", p.Status).With("allowedActions", []string{})
	case *p.ProposedByID == v.Membership:
		return nil, authz.Another(ctx, confirm, "这一版由您提出发布")
	case in.Hash != p.Hash:
		return nil, errs.New(errs.VersionConflict, "定义与您看到的不同，请刷新后重新核对").With("currentVersion", p.Hash)
	}
	if err := authz.Second(ctx, *p.ProposedByID); err != nil {
		return nil, err
	}
	if _, err := s.publishable(ctx, p); err != nil {
		return nil, err
	}
	return s.publish(ctx, p.Update().SetConfirmedByID(v.Membership))
}

// publishable answers what a draft's check points out, and refuses one that
// cannot be published.
func (s *Service) publishable(ctx context.Context, p *gen.Process) ([]process.Finding, error) {
	if p.Status != entprocess.StatusDRAFT {
		return nil, errs.New(errs.NotAllowedInState, "已停用或丢弃的流程不能再发布，请另建一份草稿").With("state", p.Status).With("allowedActions", []string{})
	}
	d, err := process.Parse([]byte(p.Source))
	if err != nil {
		return nil, err
	}
	r, err := s.report(ctx, d)
	if err != nil {
		return nil, err
	}
	if bad := process.Errors(r.Findings); len(bad) > 0 {
		return nil, errs.New(errs.Invalid, "流程还不能发布，有 %d 处不合要求，例如 %s", len(bad), bad[0].String()).With("findings", details(r.Findings))
	}
	return r.Findings, nil
}

func (s *Service) publish(ctx context.Context, u *gen.ProcessUpdateOne) (*gen.Process, error) {
	p, err := u.SetStatus(entprocess.StatusPUBLISHED).Save(ctx)
	if err != nil {
		return nil, err
	}
	return p, s.tellAgain(ctx, p)
}

// details are findings as a frontend reads them.
func details(fs []process.Finding) []map[string]any {
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
	ctx, _, err = s.enter(ctx, manage)
	if err != nil {
		return nil, err
	}
	if err := reasoned(&in.Reason); err != nil {
		return nil, err
	}
	p, err := s.find(ctx, in.Process)
	if err != nil || p.Status == entprocess.StatusRETIRED || p.Status == entprocess.StatusDISCARDED {
		return p, err
	}
	if p.Status == entprocess.StatusPUBLISHED && process.Regulated(p.Kind) {
		others, err := s.client.Process.Query().Where(entprocess.Kind(p.Kind), entprocess.StatusEQ(entprocess.StatusPUBLISHED), entprocess.IDNEQ(p.ID)).Count(ctx)
		if err != nil {
			return nil, err
		}
		if others == 0 {
			return nil, errs.New(errs.Conflict, "“%s”是随产品提供的流程，不能没有在用的版本；请先发布新版", p.Title)
		}
	}
	return p.Update().SetStatus(entprocess.StatusRETIRED).Save(ctx)
}
