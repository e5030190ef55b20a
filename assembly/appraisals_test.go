package assembly

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/ballots"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// TestAppraisalOfASecretBallot: the two nouns meet here, a ballot whose time is
// over is closed by who takes its result over, and only then has one.
func TestAppraisalOfASecretBallot(t *testing.T) {
	t.Parallel()
	db := tenantstest.New(t)
	client := db.Store.Ent()
	authz.Narrow(client)
	client.Use(audit.Hook)
	rights, err := authz.Load()
	must(t, err)
	dir := authz.NewDirectory(rights)
	votes, err := ballots.New(db.Store, []byte("a secret of the installation, 32 bytes and more"))
	must(t, err)
	e := flow.New(client)
	cohorts.Register(e.Rules)
	cohorts.Connect(e, appraisals{votes})
	now := &clock.Movable{}
	now.Set(time.Date(2023, 12, 8, 9, 0, 0, 0, clock.Shanghai))
	city := tenantstest.Tenant(t, db, "210200", "某市政协", "CITY")
	in := func(account, member uuid.UUID, fn func(context.Context) error) error {
		return db.Store.InTx(clock.With(t.Context(), now), city, func(ctx context.Context) error {
			ctx, _ = audit.Collect(ctx)
			if member == uuid.Nil {
				return fn(authz.System(ctx))
			}
			v, err := dir.Viewer(ctx, account, member)
			if err != nil {
				return err
			}
			return fn(authz.With(ctx, v))
		})
	}
	account := uuid.New()
	director := tenantstest.Member(t, db, city, account, "STAFF", "主任")
	voters, accounts := []uuid.UUID{}, []uuid.UUID{}
	for range 3 {
		a := uuid.New()
		accounts, voters = append(accounts, a), append(voters, tenantstest.Member(t, db, city, a, "MEMBER", "委员"))
	}
	var id, u uuid.UUID
	must(t, in(uuid.Nil, uuid.Nil, func(ctx context.Context) error { return stage(ctx, client, e, rights, now, director, &id, &u) }))
	var b *ballots.Ballot
	must(t, in(account, director, func(ctx context.Context) (err error) {
		b, err = votes.Open(ctx, ballots.Spec{Matter: id, Title: "民主测评", Subjects: []uuid.UUID{u}, Dimensions: []string{"办理质量", "落实效果"},
			Options: []ballots.Option{{Name: "满意"}, {Name: "不满意"}, {Name: "弃权", Abstention: true}}, Voters: voters, ClosesAt: now.Now().Add(time.Hour)})
		return err
	}))
	take := func() (c *flow.Case, err error) {
		err = in(account, director, func(ctx context.Context) (err error) {
			c, err = e.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: "recordAppraisal",
				Form: process.Form{"on": "2023-12-08", "ballotId": b.ID.String()}})
			return err
		})
		return c, err
	}
	for i, v := range voters {
		var token string
		must(t, in(accounts[i], v, func(ctx context.Context) (err error) { token, err = votes.Claim(ctx, b.ID); return err }))
		_, err := votes.Cast(clock.With(t.Context(), now), token, []ballots.Choice{{Subject: u, Dimension: "办理质量", Option: "满意"}, {Subject: u, Dimension: "落实效果", Option: "弃权"}})
		must(t, err)
	}
	if _, err := take(); !errs.Is(err, errs.GuardFailed) {
		t.Fatalf("an open ballot: %v", err)
	}
	now.Advance(2 * time.Hour)
	c, err := take()
	must(t, err)
	r := c.Records[len(c.Records)-1]
	first, _ := r.Data["results"].([]any)
	if c.State != "H6_APPRAISED" || len(first) != 2 || r.Data["voters"] != 3.0 || r.Data["cast"] != 3.0 || first[1].(map[string]any)["abstained"] != 3.0 {
		t.Errorf("%s %v", c.State, r.Data)
	}
}

func stage(ctx context.Context, c *gen.Client, e *flow.Engine, rights *authz.Policy, now clock.Clock, director uuid.UUID, id, u *uuid.UUID) error {
	if err := c.Grant.Create().SetMembershipID(director).SetRole("proposal_director").Exec(ctx); err != nil {
		return err
	}
	var pr *gen.Process
	for _, s := range templates.Processes() {
		d, err := process.Parse(s)
		if err != nil {
			return err
		}
		if d.Kind != "cohort" && d.Kind != "proposal" {
			continue
		}
		p, err := c.Process.Create().SetKind(d.Kind).SetVersion(d.Version).SetTitle(d.Title).SetSource(d.Source).SetHash(d.Hash).Save(ctx)
		if err != nil {
			return err
		}
		if d.Kind == "cohort" {
			pr = p
		}
	}
	pp, err := c.Process.Query().Where(entprocess.Kind("proposal")).Only(ctx)
	if err != nil {
		return err
	}
	un, err := c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName("市水务局").Save(ctx)
	if err != nil {
		return err
	}
	*u = un.ID
	pm, err := c.Matter.Create().SetKind("proposal").SetProcess(pp).SetState("HANDLING").SetTitle("提案").SetOpenedAt(now.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
	if err != nil {
		return err
	}
	if err := c.Proposal.Create().SetMatterID(pm.ID).SetProposerKind(proposal.ProposerKindJOINT_ORG).SetSubmittedAt(now.Now()).SetDisposition("FILED").Exec(ctx); err != nil {
		return err
	}
	if err := c.Assignment.Create().SetMatterID(pm.ID).SetUnitID(un.ID).SetRole(assignment.RoleLEAD).SetState("SIGNED").SetAssignedAt(now.Now()).SetOriginAssignedAt(now.Now()).Exec(ctx); err != nil {
		return err
	}
	m, err := c.Matter.Create().SetKind("cohort").SetProcess(pr).SetState("H5_HEARD").SetTitle("一号提案").SetOpenedAt(now.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
	if err != nil {
		return err
	}
	*id = m.ID
	if err := c.Cohort.Create().SetMatterID(m.ID).SetHandleYear(2023).SetProposalMatterID(pm.ID).Exec(ctx); err != nil {
		return err
	}
	return c.Record.Create().SetMatterID(m.ID).SetKind(record.KindMEETING).SetStage("常委会听取").SetOn(clock.Date(2023, 12, 8)).Exec(ctx)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
