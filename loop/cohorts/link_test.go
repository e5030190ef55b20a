package cohorts

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	entlink "github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestLinking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l, other := h.opened(t, 2022, water), h.opened(t, 2023, energy)
	l.prestudied(t)
	other.prestudied(t)
	a, b := h.proposal(t, water, proposal.DispositionFILED), h.proposal(t, energy, proposal.DispositionNONE)
	to := func(id uuid.UUID) process.Form { return process.Form{"proposalId": id.String()} }

	t.Run("what is no proposal of this committee, or not handed in, does not exist", func(t *testing.T) {
		draft := h.proposal(t, "草稿", proposal.DispositionNONE)
		must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
			return c.Proposal.Update().Where(proposal.MatterID(draft)).ClearSubmittedAt().Exec(ctx)
		}))
		elsewhere := *h
		elsewhere.d = h.d.Found(t, committee("210202", definition(t, Kind), h.counts))
		theirs := elsewhere.proposal(t, water, proposal.DispositionFILED)
		for _, id := range []uuid.UUID{draft, theirs, other.id, uuid.Must(uuid.NewV7())} {
			l.refused(t, errs.NotFound, director, "linkProposal", to(id))
		}
		l.refused(t, errs.Invalid, director, "linkProposal", to(h.proposal(t, "不予立案", proposal.DispositionNOT_FILED)))
	})
	t.Run("a proposal belongs to at most one cohort", func(t *testing.T) {
		l.does(t, director, "linkProposal", to(a), "H0_SUBMITTED")
		other.refused(t, errs.Conflict, director, "linkProposal", to(a))
	})
	t.Run("a designated filed proposal is the 一号提案", func(t *testing.T) {
		l.does(t, chair, "designate", l.fact(process.Form{"by": "CHAIR_MEETING"}), "H0_DESIGNATED")
		if !l.look(t).Edges.Cohort.Edges.ProposalMatter.Edges.Proposal.IsNoOne {
			t.Fatal("not marked")
		}
	})
	t.Run("another proposal takes its place only with a reason, and needs its own designation", func(t *testing.T) {
		l.refused(t, errs.GuardFailed, director, "linkProposal", to(b))
		l.refused(t, errs.Invalid, director, "relinkProposal", to(b))
		c := l.doesWith(t, director, "relinkProposal", to(b), "前一件已并案", "H0_SUBMITTED")
		if designated(c) || *c.Edges.Cohort.ProposalMatterID != b {
			t.Fatal(c.Edges.Cohort)
		}
		must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
			undone, err := c.Link.Query().Where(entlink.FromID(a), entlink.UndoneAtNotNil()).Count(ctx)
			if err != nil || undone != 1 {
				t.Errorf("undone %d", undone)
			}
			p, err := c.Proposal.Query().Where(proposal.MatterID(a)).Only(ctx)
			if err == nil && p.IsNoOne {
				t.Error("the former proposal is still marked")
			}
			return err
		}))
	})
	t.Run("a proposal that went free can be taken by another cohort", func(t *testing.T) {
		other.does(t, director, "linkProposal", to(a), "H0_SUBMITTED")
	})
	t.Run("of two cohorts that take one proposal at once, one is refused", func(t *testing.T) {
		wanted := h.proposal(t, "两家都要的", proposal.DispositionNONE)
		results := make(chan error, 2)
		for _, x := range []*loop{l, other} {
			go func() { _, err := x.try(t, director, "relinkProposal", to(wanted), "同时"); results <- err }()
		}
		first, second := <-results, <-results
		if first != nil {
			first, second = second, first
		}
		if first != nil || !errs.Is(second, errs.Conflict) {
			t.Fatal(first, second)
		}
	})
	t.Run("a sitting has one 一号提案", func(t *testing.T) {
		rival, mine := h.proposal(t, "已标记", proposal.DispositionFILED), h.proposal(t, "待标记", proposal.DispositionFILED)
		must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
			term, err := c.Term.Create().SetOrdinal(14).Save(ctx)
			if err != nil {
				return err
			}
			sitting, err := c.Sitting.Create().SetTermID(term.ID).SetOrdinal(1).Save(ctx)
			if err != nil {
				return err
			}
			if err := c.Proposal.Update().Where(proposal.MatterIDIn(rival, mine)).SetSittingID(sitting.ID).Exec(ctx); err != nil {
				return err
			}
			return c.Proposal.Update().Where(proposal.MatterID(rival)).SetIsNoOne(true).Exec(ctx)
		}))
		l.doesWith(t, director, "relinkProposal", to(mine), "换一件", "H0_SUBMITTED")
		l.refused(t, errs.Conflict, chair, "designate", l.fact(process.Form{"by": "CHAIR_MEETING"}))
	})
}
