package processes

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/notice"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// confirm is the second person's word.
func (w *world) confirm(who string, id uuid.UUID, hash string) (p *gen.Process, err error) {
	err = w.as(who, func(ctx context.Context) error {
		p, err = w.Confirm(ctx, Confirmation{id, hash})
		return err
	})
	return p, err
}

// newest is the version with which matters of a kind begin.
func (w *world) newest(kind string) (version int) {
	w.t.Helper()
	w.in(func(ctx context.Context) error {
		p, err := w.client.Process.Query().Where(entprocess.Kind(kind), entprocess.StatusEQ(entprocess.StatusPUBLISHED)).
			Order(gen.Desc(entprocess.FieldVersion)).First(authz.System(ctx))
		if err == nil {
			version = p.Version
		}
		return err
	})
	return version
}

// M6, S1: one administrator changes what protects all others.
func TestAVersionOfARegulatedKindTakesTwo(t *testing.T) {
	w := newWorld(t)
	p := must(w, w.FromTemplate, "opinion")
	p = must(w, w.UpdateDraft, Edit{Process: p.ID, Source: strings.Replace(p.Source, "label: 待采用", "label: 等待采用", 1)})

	t.Run("M6: who publishes a regulated kind only proposes it", func(t *testing.T) {
		_, err := w.confirm("秘书长", p.ID, p.Hash)
		refused(t, err, errs.NotAllowedInState)
		got, _, err := w.propose(p.ID)
		if err != nil || got.Status != entprocess.StatusDRAFT || got.ProposedAt == nil || *got.ProposedByID != w.d.Who("管理员").Membership {
			t.Fatalf("%v %v", got, err)
		}
		again, _, err := w.propose(p.ID)
		if err != nil || !again.ProposedAt.Equal(*got.ProposedAt) {
			t.Fatalf("proposed twice: %v %v", again, err)
		}
	})
	t.Run("who may confirm is told, and not who proposed", func(t *testing.T) {
		w.in(func(ctx context.Context) error {
			rows, err := w.client.Notice.Query().Where(notice.TextContains("提出发布")).All(authz.System(ctx))
			if err == nil && (len(rows) != 1 || rows[0].MembershipID != w.d.Who("秘书长").Membership) {
				t.Errorf("%v", rows)
			}
			return err
		})
	})
	t.Run("the second is another person who holds processes.confirm and saw this text", func(t *testing.T) {
		_, err := w.confirm("管理员", p.ID, p.Hash)
		refused(t, err, errs.NotAllowed)
		_, err = w.confirm("专委干部", p.ID, p.Hash)
		refused(t, err, errs.NotAllowed)
		_, err = w.confirm("秘书长", p.ID, "another")
		refused(t, err, errs.VersionConflict)
	})
	t.Run("another text has to be proposed again", func(t *testing.T) {
		p = must(w, w.UpdateDraft, Edit{Process: p.ID, Source: strings.Replace(p.Source, "等待采用", "待信息工作人员采用", 1)})
		if p.ProposedAt != nil || p.ProposedByID != nil {
			t.Fatal("the proposal outlived its text")
		}
		_, err := w.confirm("秘书长", p.ID, p.Hash)
		refused(t, err, errs.NotAllowedInState)
	})
	t.Run("it is published when the second confirms, and says by whom", func(t *testing.T) {
		if _, _, err := w.propose(p.ID); err != nil {
			t.Fatal(err)
		}
		got, err := w.confirm("秘书长", p.ID, p.Hash)
		if err != nil || got.Status != entprocess.StatusPUBLISHED || *got.ProposedByID != w.d.Who("管理员").Membership || *got.ConfirmedByID != w.d.Who("秘书长").Membership {
			t.Fatalf("%v %v", got, err)
		}
		if again, err := w.confirm("秘书长", p.ID, p.Hash); err != nil || again.Status != entprocess.StatusPUBLISHED {
			t.Errorf("confirmed twice: %v %v", again, err)
		}
		if w.newest("opinion") != p.Version {
			t.Error("matters begin with another version")
		}
	})
	t.Run("a committee's own kind takes one", func(t *testing.T) {
		if got := w.published(walk); got.ProposedAt != nil {
			t.Error("proposed")
		}
	})
	t.Run("who confirms can read what he confirms", func(t *testing.T) {
		err := w.as("秘书长", func(ctx context.Context) error {
			_, err := w.Export(ctx, p.ID)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// S1: the text by which one person filed his own case and opened drafts to all.
func TestNobodyPublishesBelowTheFloor(t *testing.T) {
	w := newWorld(t)
	p := must(w, w.FromTemplate, "proposal")
	for _, c := range []struct{ name, was, is, says string }{
		{"M6, S1: filing without review and secrecy", "guards: [proposal.reviewed, proposal.not_secret], effects: [proposal.file]", "effects: [proposal.file]", "立案由提案委主任决定"},
		{"M6, S1: filing by whoever may create", "to: FILED, may: proposal.file", "to: FILED, may: proposal.create", "立案由提案委主任决定"},
		{"S1: drafts open to all", "turn: lead, visible: PARTIES, waits: 草稿", "turn: lead, visible: TENANT, waits: 草稿", "草稿和会签中的提案"},
		{"rated by anybody", "may: proposal.rate, as: [rater]", "may: proposal.rate", "只有提案者评价答复"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(p.Source, c.was) {
				t.Fatalf("the shipped text no longer says %s", c.was)
			}
			source := strings.Replace(p.Source, c.was, c.is, 1)
			line := 1 + strings.Count(source[:strings.Index(source, c.is)], "\n")
			must(w, w.UpdateDraft, Edit{Process: p.ID, Source: source})
			_, _, err := w.publish(p.ID)
			e := refused(t, err, errs.Invalid)
			found, _ := e.Details["findings"].([]map[string]any)
			if !slices.ContainsFunc(found, func(f map[string]any) bool {
				return f["line"] == line && f["level"] == string(process.Error) && strings.Contains(f["problem"].(string), c.says)
			}) {
				t.Errorf("line %d is not named: %v", line, found)
			}
		})
	}
	w.in(func(ctx context.Context) error {
		n, err := w.client.Process.Query().Where(entprocess.StatusEQ(entprocess.StatusPUBLISHED)).Count(authz.System(ctx))
		if n > 0 {
			t.Error("something was published")
		}
		return err
	})
}

// A12: a draft that is not wanted any more.
func TestADraftIsDiscarded(t *testing.T) {
	w := newWorld(t)
	p := w.draft(walk)
	for range 2 {
		if got := must(w, w.Discard, p.ID); got.Status != entprocess.StatusDISCARDED {
			t.Fatal(got.Status)
		}
	}
	if rows := must(w, w.Versions, "walk"); len(rows) != 0 {
		t.Errorf("A12: it is still listed: %v", rows)
	}
	if next := w.draft(walk); next.Version != 2 {
		t.Errorf("A12: its number was given again: %d", next.Version)
	}
	_, err := try(w, w.UpdateDraft, Edit{Process: p.ID, Source: walk})
	refused(t, err, errs.NotAllowedInState)
	_, _, err = w.publish(p.ID)
	refused(t, err, errs.NotAllowedInState)
	_, err = try(w, w.Discard, w.published(walk).ID)
	refused(t, err, errs.NotAllowedInState)
}
