package assembly_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/ballots"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// TestAppraisalOfASecretBallot: the two nouns meet here, a ballot whose time is
// over is closed by who takes its result over, and only then has one.
func TestAppraisalOfASecretBallot(t *testing.T) {
	t.Parallel()
	d := assembled.New(t, district.Plan{
		Code: "210200", On: clock.Date(2023, 12, 8), Runs: []string{"cohort", "proposal"}, Posts: []string{"主任", "委员甲", "委员乙", "委员丙"},
		Units: []district.Unit{{Name: "市水务局", Kind: unit.KindHANDLING_UNIT}},
	})
	voters := []string{"委员甲", "委员乙", "委员丙"}
	u := d.Units["市水务局"]
	var id uuid.UUID
	d.Must("", func(ctx context.Context, c *gen.Client) (err error) {
		id, err = stage(ctx, c, d)
		return err
	})
	var b *ballots.Ballot
	must(t, d.As("主任", func(ctx context.Context) (err error) {
		b, err = d.Ballots.Open(ctx, ballots.Spec{Matter: id, Title: "民主测评", Subjects: []uuid.UUID{u}, Dimensions: []string{"办理质量", "落实效果"},
			Options: []ballots.Option{{Name: "满意"}, {Name: "不满意"}, {Name: "弃权", Abstention: true}}, Voters: memberships(d, voters), ClosesAt: d.Clock.Now().Add(time.Hour)})
		return err
	}))
	take := func() (c *flow.Case, err error) {
		err = d.As("主任", func(ctx context.Context) (err error) {
			c, err = d.Services.Engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: "recordAppraisal",
				Form: process.Form{"on": "2023-12-08", "ballotId": b.ID.String()}})
			return err
		})
		return c, err
	}
	for _, v := range voters {
		var token string
		must(t, d.As(v, func(ctx context.Context) (err error) { token, err = d.Ballots.Claim(ctx, b.ID); return err }))
		_, err := d.Ballots.Cast(d.Ctx(), token, []ballots.Choice{{Subject: u, Dimension: "办理质量", Option: "满意"}, {Subject: u, Dimension: "落实效果", Option: "弃权"}})
		must(t, err)
	}
	if _, err := take(); !errs.Is(err, errs.GuardFailed) {
		t.Fatalf("an open ballot: %v", err)
	}
	d.Clock.Advance(2 * time.Hour)
	c, err := take()
	must(t, err)
	r := c.Records[len(c.Records)-1]
	first, _ := r.Data["results"].([]any)
	if c.State != "H6_APPRAISED" || len(first) != 2 || r.Data["voters"] != 3.0 || r.Data["cast"] != 3.0 || first[1].(map[string]any)["abstained"] != 3.0 {
		t.Errorf("%s %v", c.State, r.Data)
	}
}

func memberships(d *assembled.District, names []string) (out []uuid.UUID) {
	for _, n := range names {
		out = append(out, d.Who(n).Membership)
	}
	return out
}

// stage is a cohort that was heard, with the proposal that it carries.
func stage(ctx context.Context, c *gen.Client, d *assembled.District) (id uuid.UUID, err error) {
	pm, err := c.Matter.Create().SetKind("proposal").SetProcessID(d.Runs["proposal"]).SetState("HANDLING").SetTitle("提案").SetOpenedAt(d.Clock.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
	if err != nil {
		return id, err
	}
	if err := c.Proposal.Create().SetMatterID(pm.ID).SetProposerKind(proposal.ProposerKindJOINT_ORG).SetSubmittedAt(d.Clock.Now()).SetDisposition("FILED").Exec(ctx); err != nil {
		return id, err
	}
	if err := c.Assignment.Create().SetMatterID(pm.ID).SetUnitID(d.Units["市水务局"]).SetRole(assignment.RoleLEAD).SetState("SIGNED").SetAssignedAt(d.Clock.Now()).SetOriginAssignedAt(d.Clock.Now()).Exec(ctx); err != nil {
		return id, err
	}
	m, err := c.Matter.Create().SetKind("cohort").SetProcessID(d.Runs["cohort"]).SetState("H5_HEARD").SetTitle("一号提案").SetOpenedAt(d.Clock.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
	if err != nil {
		return id, err
	}
	if err := c.Cohort.Create().SetMatterID(m.ID).SetHandleYear(2023).SetProposalMatterID(pm.ID).Exec(ctx); err != nil {
		return id, err
	}
	return m.ID, c.Record.Create().SetMatterID(m.ID).SetKind(record.KindMEETING).SetStage("常委会听取").SetOn(clock.Date(2023, 12, 8)).Exec(ctx)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
