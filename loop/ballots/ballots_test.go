package ballots_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/ballots"
)

func TestOpening(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	for _, c := range []struct {
		sentence string
		path     string
		change   func(*ballots.Spec)
	}{
		{"it has a title", "title", func(s *ballots.Spec) { s.Title = " " }},
		{"it asks about a unit", "subjects", func(s *ballots.Spec) { s.Subjects = nil }},
		{"it asks about each unit once", "subjects.1", func(s *ballots.Spec) { s.Subjects = []uuid.UUID{h.units[0], h.units[0]} }},
		{"it asks about handling units", "subjects.0", func(s *ballots.Spec) { s.Subjects = []uuid.UUID{uuid.New()} }},
		{"it has a dimension", "dimensions", func(s *ballots.Spec) { s.Dimensions = nil }},
		{"dimensions differ", "dimensions.1", func(s *ballots.Spec) { s.Dimensions = []string{"质量", " 质量"} }},
		{"there are two options besides abstaining", "options", func(s *ballots.Spec) { s.Options = options[2:] }},
		{"one of the options is abstaining", "options", func(s *ballots.Spec) { s.Options = options[:3] }},
		{"only one", "options", func(s *ballots.Spec) {
			s.Options = []ballots.Option{{Name: "满意"}, {Name: "弃权", Abstention: true}, {Name: "不投", Abstention: true}}
		}},
		{"at least three persons vote", "voters", func(s *ballots.Spec) { s.Voters = s.Voters[:2] }},
		{"nobody stands on the list twice", "voters.2", func(s *ballots.Spec) { s.Voters = []uuid.UUID{s.Voters[0], s.Voters[1], s.Voters[0]} }},
		{"voters are of the committee", "voters.2", func(s *ballots.Spec) {
			s.Voters = []uuid.UUID{s.Voters[0], s.Voters[1], h.who[stranger].membership}
		}},
		{"it ends after it begins", "closesAt", func(s *ballots.Spec) { s.OpensAt = s.ClosesAt }},
		{"it does not end in the past", "closesAt", func(s *ballots.Spec) { s.ClosesAt = h.clock.Now() }},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			spec := h.spec()
			c.change(&spec)
			_, err := h.open(spec)
			if e := refused(t, err, errs.Invalid); strings.Join(e.Path, ".") != c.path {
				t.Errorf("at %v", e.Path)
			}
		})
	}
	t.Run("it belongs to a cohort", func(t *testing.T) {
		for _, m := range []uuid.UUID{uuid.New(), h.matter("proposal")} {
			spec := h.spec()
			spec.Matter = m
			_, err := h.open(spec)
			refused(t, err, errs.NotFound)
		}
	})
	t.Run("it is opened for a cohort that the standing committee has heard, before the report on it", func(t *testing.T) {
		for _, state := range []string{"P1_COLLECT", "H4_ACCOUNT", "H7_REPORT", "S0_PLANNED"} {
			h.stands(state)
			_, err := h.open(h.spec())
			if e := refused(t, err, errs.NotAllowedInState); strings.Join(e.Path, ".") != "matter" || e.Details["state"] != state {
				t.Error(e)
			}
		}
		h.stands("H6_APPRAISED")
		must(t, h.close(h.who[director], h.opened(h.spec()).ID, "再测一次"))
		h.stands("H5_HEARD")
	})
	t.Run("only who runs cohorts opens and closes it", func(t *testing.T) {
		for _, role := range []string{chair, admin, unitLead} {
			refused(t, h.as(h.who[role], "openBallot", func(ctx context.Context) error { _, err := h.Open(ctx, h.spec()); return err }), errs.NotAllowed)
			refused(t, h.close(h.who[role], uuid.New(), "-"), errs.NotAllowed)
		}
	})
	t.Run("while one is open, there is no second one of the matter", func(t *testing.T) {
		h.opened(h.spec())
		_, err := h.open(h.spec())
		refused(t, err, errs.Conflict)
	})
	t.Run("a service without a long secret is refused", func(t *testing.T) {
		if _, err := ballots.New(h.db.Store, secret[:31]); err == nil {
			t.Error("it was made")
		}
	})
}

func TestNotices(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4)
	told := func() (texts []string) {
		t.Helper()
		texts = rows(h, pgx.RowTo[string], `SELECT text FROM notices WHERE membership_id = ANY($1)`, []uuid.UUID{
			h.voters[0].membership, h.voters[1].membership, h.voters[2].membership, h.voters[3].membership})
		if all := rows(h, pgx.RowTo[int], `SELECT count(*) FROM notices`); all[0] != len(texts) {
			t.Errorf("%d notices, %d to the voters", all[0], len(texts))
		}
		return texts
	}
	b := h.opened(h.spec())
	t.Run("everybody on the list is told once, at the opening, that he may vote and when", func(t *testing.T) {
		texts := told()
		if len(texts) != 4 || len(slices.Compact(slices.Clone(texts))) != 1 ||
			texts[0] != "请参加“2023年度一号提案民主测评”，不记名投票，时间为 2023-11-20 09:00 至 2023-11-22 09:00" {
			t.Error(texts)
		}
	})
	t.Run("no notice says who has a token or who has voted", func(t *testing.T) {
		for i, v := range h.voters[:3] {
			h.votes(v, b, all(i))
		}
		must(t, h.close(h.who[director], b.ID, "完成"))
		if n := len(told()); n != 4 {
			t.Errorf("%d notices", n)
		}
	})
	t.Run("where nothing is opened nobody is told", func(t *testing.T) {
		spec := h.spec()
		spec.Voters = append(spec.Voters, h.who[stranger].membership)
		_, err := h.open(spec)
		refused(t, err, errs.Invalid)
		if n := len(told()); n != 4 {
			t.Errorf("%d notices", n)
		}
	})
}

func TestBeforeTheOpening(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	spec := h.spec()
	spec.OpensAt = h.clock.Now().Add(time.Hour)
	b := h.opened(spec)
	t.Run("nothing is claimed before the opening", func(t *testing.T) {
		_, err := h.claim(h.voters[0], b.ID)
		refused(t, err, errs.NotAllowedInState)
	})
	h.clock.Advance(time.Hour)
	token := h.claimed(h.voters[0], b.ID)
	t.Run("nothing is cast before the opening", func(t *testing.T) {
		h.clock.Advance(-time.Minute)
		defer h.clock.Advance(time.Minute)
		_, err := h.Cast(h.ctx(), token, sheet(b, all(0)))
		refused(t, err, errs.NotAllowedInState)
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	b := h.opened(h.spec())
	token := h.claimed(h.voters[0], b.ID)
	t.Run("who is not on the list gets no token, whatever his rights", func(t *testing.T) {
		for _, role := range []string{director, chair, admin, stranger} {
			_, err := h.claim(h.who[role], b.ID)
			refused(t, err, errs.NotFound)
		}
	})
	t.Run("a token is given again while it is unused, the same to all who ask at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				if again, err := h.claim(h.voters[0], b.ID); again != token || err != nil {
					t.Error("another token", err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("of 32 who cast one token at once, one is counted", func(t *testing.T) {
		var wg sync.WaitGroup
		var counted atomic.Int32
		for range 32 {
			wg.Go(func() {
				if _, err := h.Cast(h.ctx(), token, sheet(b, all(0))); err == nil {
					counted.Add(1)
				} else if !errs.Is(err, errs.NotFound) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if counted.Load() != 1 {
			t.Fatalf("%d", counted.Load())
		}
	})
	t.Run("who has cast gets no token", func(t *testing.T) {
		_, err := h.claim(h.voters[0], b.ID)
		refused(t, err, errs.Conflict)
	})
	t.Run("a wrong token and a used one are the same refusal", func(t *testing.T) {
		other := h.claimed(h.voters[1], b.ID)
		_, want := h.Cast(h.ctx(), token, nil)
		for _, wrong := range []string{"", "-", other[:len(other)-1], strings.Repeat("A", len(other)), other[:60] + "AAAA" + other[64:], token + " "} {
			if _, err := h.Cast(h.ctx(), wrong, sheet(b, all(0))); err == nil || err.Error() != want.Error() {
				t.Errorf("%q: %v, want %v", wrong, err, want)
			}
		}
	})
}

func TestBallotPapers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 5)
	b := h.opened(h.spec())
	token := h.claimed(h.voters[0], b.ID)
	t.Run("a choice that was not asked, and two for one question, are sent back and the token stays", func(t *testing.T) {
		for path, change := range map[string]func([]ballots.Choice) []ballots.Choice{
			"choices.1.subject":   func(c []ballots.Choice) []ballots.Choice { c[1].Subject = uuid.New(); return c },
			"choices.2.dimension": func(c []ballots.Choice) []ballots.Choice { c[2].Dimension = "-"; return c },
			"choices.3.option":    func(c []ballots.Choice) []ballots.Choice { c[3].Option = "很满意"; return c },
			"choices.12.option":   func(c []ballots.Choice) []ballots.Choice { return append(c, c[0]) },
			"choices.5.option":    func(c []ballots.Choice) []ballots.Choice { c[5] = c[4]; c[5].Option = "不满意"; return c },
		} {
			_, err := h.Cast(h.ctx(), token, change(sheet(b, all(0))))
			if e := refused(t, err, errs.Invalid); strings.Join(e.Path, ".") != path {
				t.Errorf("at %v, want %s", e.Path, path)
			}
		}
		for _, bad := range []string{"\x00", "\xff"} {
			_, err := h.Cast(h.ctx(), token, []ballots.Choice{{Subject: h.units[0], Dimension: bad, Option: "满意"}})
			refused(t, err, errs.Invalid)
		}
	})
	t.Run("and then it is good", func(t *testing.T) {
		if valid, err := h.Cast(h.ctx(), token, sheet(b, all(0))); !valid || err != nil {
			t.Error(valid, err)
		}
	})
	t.Run("a ballot paper with a gap is invalid as a whole", func(t *testing.T) {
		for i, choices := range [][]ballots.Choice{sheet(b, all(0))[1:], nil} {
			valid, err := h.Cast(h.ctx(), h.claimed(h.voters[1+i], b.ID), choices)
			if valid || err != nil {
				t.Error(valid, err)
			}
		}
	})
	t.Run("a caller's transaction, viewer and end do not come into it", func(t *testing.T) {
		token := h.claimed(h.voters[3], b.ID)
		mistake := errors.New("the caller's transaction is rolled back")
		err := h.as(h.voters[3], "-", func(ctx context.Context) error {
			_, err := h.Cast(ctx, token, sheet(b, all(3)))
			return errors.Join(err, mistake)
		})
		if !errors.Is(err, mistake) {
			t.Fatal(err)
		}
		_, err = h.Cast(h.ctx(), token, nil)
		refused(t, err, errs.NotFound)
	})
	t.Run("the counts are separate and add up", func(t *testing.T) {
		must(t, h.close(h.who[director], b.ID, "全部到齐"))
		r, err := h.result(h.who[chair], b.ID)
		must(t, err)
		if r.Voters != 5 || r.Cast != 4 || r.Absent != 1 || r.Withheld || len(r.Tallies) != len(h.units)*len(dimensions) {
			t.Fatalf("%+v", r)
		}
		for _, x := range r.Tallies {
			if x.Valid != 2 || x.Invalid != 2 || x.Abstained != 1 || x.Absent != 1 || x.Votes[0].Votes != 1 || x.Votes[3].Votes != 1 {
				t.Errorf("%+v", x)
			}
		}
	})
}

// keeps expects the database to refuse a change even to a superuser.
func (h *house) keeps(t *testing.T, sql string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), h.db.SuperURL)
	must(t, err)
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), sql); err == nil {
		t.Errorf("it was done: %s", sql)
	}
}

func TestClosing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4)
	b := h.opened(h.spec())
	t.Run("while it runs the question does not change", func(t *testing.T) {
		h.keeps(t, `UPDATE ballots SET closes_at = closes_at + interval '1 day'`)
		h.keeps(t, `UPDATE ballots SET options[1] = '很满意'`)
	})
	for _, v := range h.voters[:3] {
		h.votes(v, b, all(1))
	}
	last := h.claimed(h.voters[3], b.ID)
	t.Run("before its time it is closed only with a reason", func(t *testing.T) {
		refused(t, h.close(h.who[director], b.ID, " \n"), errs.Invalid)
	})
	t.Run("in the transaction that closes there is no result yet", func(t *testing.T) {
		err := h.as(h.who[director], "closeBallot", func(ctx context.Context) error {
			if _, err := h.Close(ctx, b.ID, "提前"); err != nil {
				t.Fatal(err)
			}
			_, err := h.Result(ctx, b.ID)
			return err
		})
		refused(t, err, errs.NotAllowedInState)
	})
	must(t, h.close(h.who[director], b.ID, "会议提前结束"))
	t.Run("a closed ballot is not opened again, and says why it was closed", func(t *testing.T) {
		refused(t, h.close(h.who[director], b.ID, "再说"), errs.NotAllowedInState)
		must(t, h.reads(h.who[director], func(ctx context.Context) error {
			got, err := h.Get(ctx, b.ID)
			if err == nil && (got.State != ballots.Closed || got.CloseReason != "会议提前结束" || got.ClosedBy == nil) {
				t.Errorf("%+v", got)
			}
			return err
		}))
		h.keeps(t, `UPDATE ballots SET state = 'OPEN', closed_at = NULL`)
	})
	t.Run("after the closing nothing is claimed and nothing is cast", func(t *testing.T) {
		_, err := h.Cast(h.ctx(), last, sheet(b, all(0)))
		refused(t, err, errs.NotAllowedInState)
		_, err = h.claim(h.voters[3], b.ID)
		refused(t, err, errs.NotAllowedInState)
	})
	t.Run("the matter can be appraised again", func(t *testing.T) { h.opened(h.spec()) })
}

func TestWhatIsOverClosesByItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	t.Run("when somebody casts", func(t *testing.T) {
		b := h.opened(h.spec())
		token := h.claimed(h.voters[0], b.ID)
		h.clock.Advance(48 * time.Hour)
		_, err := h.Cast(h.ctx(), token, sheet(b, all(0)))
		refused(t, err, errs.NotAllowedInState)
		h.closedByItself(t, b.ID)
	})
	t.Run("when somebody looks, in a transaction for reading too", func(t *testing.T) {
		b := h.opened(h.spec())
		h.clock.Advance(48 * time.Hour)
		_, err := h.result(h.who[chair], b.ID)
		must(t, err)
		h.closedByItself(t, b.ID)
	})
	t.Run("when somebody claims", func(t *testing.T) {
		b := h.opened(h.spec())
		h.clock.Advance(48 * time.Hour)
		_, err := h.claim(h.voters[0], b.ID)
		refused(t, err, errs.NotAllowedInState)
		h.closedByItself(t, b.ID)
	})
}

func (h *house) closedByItself(t *testing.T, id uuid.UUID) {
	t.Helper()
	got := rows(h, pgx.RowTo[string], `SELECT b.state || ' ' || (b.closed_at = b.closes_at) || ' ' || (b.closed_by IS NULL) || ' ' || a.actor
		FROM ballots b JOIN audit_log a ON a.object = 'Ballot:' || b.id AND a.action = 'closeBallot' WHERE b.id = $1`, id)
	if !slices.Equal(got, []string{"CLOSED true true System:ballots"}) {
		t.Errorf("%q", got)
	}
}

func TestTheBook(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	b := h.opened(h.spec())
	for i, v := range h.voters {
		h.votes(v, b, all(i))
	}
	must(t, h.close(h.who[director], b.ID, "完成"))
	got := rows(h, pgx.RowTo[string], `SELECT action || ' ' || actor FROM audit_log WHERE object = 'Ballot:' || $1::text ORDER BY seq`, b.ID.String())
	want := []string{"openBallot Membership:" + h.who[director].membership.String()}
	for _, v := range h.voters {
		want = append(want, "claimBallot Membership:"+v.membership.String(), "castBallot Nobody")
	}
	want = append(want, "closeBallot Membership:"+h.who[director].membership.String())
	if !slices.Equal(got, want) {
		t.Errorf("opening, claiming, casting and closing are in the book: %q", got)
	}
	t.Run("casting stands there without a name, an address or a choice", func(t *testing.T) {
		for _, e := range rows(h, pgx.RowTo[string], `SELECT (entry::jsonb - 'at')::text FROM audit_log WHERE action = 'castBallot'`) {
			if e != `{"v": 2, "actor": "Nobody", "action": "castBallot", "object": "Ballot:`+b.ID.String()+`", "actor_name": "匿名"}` {
				t.Error(e)
			}
		}
	})
	t.Run("the chain holds", func(t *testing.T) {
		if r, err := audit.Verify(h.ctx(), h.db.Store, h.city); err != nil || !r.OK {
			t.Error(r, err)
		}
	})
}

// TestRandomly compares many ballots with a count kept beside them.
func TestRandomly(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 9)
	r := rand.New(rand.NewPCG(4, 16))
	for range 15 {
		spec := h.spec()
		spec.Subjects, spec.Dimensions = spec.Subjects[:1+r.IntN(3)], spec.Dimensions[:1+r.IntN(4)]
		spec.Options = append(slices.Clone(options[:2+r.IntN(2)]), options[3])
		spec.Voters = spec.Voters[:3+r.IntN(7)]
		b := h.opened(spec)
		m := randomly(h, r, b)
		must(t, h.close(h.who[director], b.ID, "结束"))
		got, err := h.result(h.who[director], b.ID)
		must(t, err)
		m.compare(t, got)
	}
}

// model is what should come out.
type model struct {
	voters, cast, invalid int
	votes                 map[ballots.Choice]int
}

// randomly lets each voter do one of the things that voters do.
func randomly(h *house, r *rand.Rand, b *ballots.Ballot) *model {
	t, m := h.t, &model{voters: b.Voters, votes: map[ballots.Choice]int{}}
	for _, p := range h.voters[:b.Voters] {
		choices := sheet(b, func(int) int { return r.IntN(len(b.Options)) })
		r.Shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
		what := r.IntN(8)
		if what == 0 { // stays away
			continue
		}
		token := h.claimed(p, b.ID)
		switch what {
		case 1: // claims, no more
			continue
		case 2: // leaves something out
			choices = choices[:r.IntN(len(choices))]
		case 3: // errs first
			_, err := h.Cast(h.ctx(), token, append(slices.Clone(choices), ballots.Choice{Subject: b.Subjects[0], Dimension: b.Dimensions[0], Option: "很满意"}))
			refused(t, err, errs.Invalid)
		}
		valid, err := h.Cast(h.ctx(), token, choices)
		must(t, err)
		if valid != (what != 2) {
			t.Fatalf("valid: %v", valid)
		}
		m.cast++
		if valid {
			for _, c := range choices {
				m.votes[c]++
			}
		} else {
			m.invalid++
		}
		if what == 4 { // tries again
			_, err := h.Cast(h.ctx(), token, choices)
			refused(t, err, errs.NotFound)
		}
	}
	return m
}

func (m *model) compare(t *testing.T, r *ballots.Result) {
	t.Helper()
	if r.Voters != m.voters || r.Cast != m.cast || r.Absent != m.voters-m.cast || r.Withheld != (m.cast < 3) {
		t.Fatalf("%+v, want %+v", r, m)
	}
	if r.Withheld {
		if len(r.Tallies) > 0 {
			t.Error("fewer than three have cast, and it is told what")
		}
		return
	}
	if len(r.Tallies) != len(r.Ballot.Subjects)*len(r.Ballot.Dimensions) {
		t.Fatalf("%d tallies", len(r.Tallies))
	}
	for _, x := range r.Tallies {
		sum := 0
		for _, v := range x.Votes {
			sum += v.Votes
			if want := m.votes[ballots.Choice{Subject: x.Subject, Dimension: x.Dimension, Option: v.Option.Name}]; v.Votes != want {
				t.Errorf("%s %s: %d votes, want %d", x.Dimension, v.Option.Name, v.Votes, want)
			}
			if v.Option.Abstention && v.Votes != x.Abstained {
				t.Errorf("%d abstained", x.Abstained)
			}
		}
		if sum != x.Valid || x.Valid+x.Invalid != m.cast || x.Invalid != m.invalid || x.Valid+x.Invalid+x.Absent != m.voters {
			t.Errorf("they do not add up: %+v", x)
		}
	}
}
