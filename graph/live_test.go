package graph_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/tenants"
)

func TestOneHearsWhatAnotherDoes(t *testing.T) {
	c := withPlatform(t)
	s, replica := c.station(0, live.Limits{}), c.station(0, live.Limits{})
	matter := c.talking(c.made["platform"], "早市占道")
	version := func() float64 {
		return dig(c.ask("街道干部", `query($id: ID!) { matter(id: $id) { version } }`, input{"id": matter}).Data, "matter", "version").(float64)
	}
	one := s.listen(c, "街道干部", input{"m": []string{matter}})
	two := replica.listen(c, "委员丙", input{"m": []string{matter}})
	t.Run("a matter that two people show has changed: both hear it, with the version that it has now, on either server", func(t *testing.T) {
		c.act("街道干部", matter, "plan", input{"title": c.mark + "议事会", "on": "2024-12-27"})
		for who, h := range map[string]*hearer{"街道干部": one, "委员丙": two} {
			if got := versions(h.change()); len(got) != 1 || got[matter] != version() {
				t.Errorf("%s hears %v, want version %v", who, got, version())
			}
		}
	})
	t.Run("what was refused, and so undone, is heard by nobody; what follows is", func(t *testing.T) {
		before := version()
		c.refusal("街道干部", "performAction", input{"matterId": matter, "action": "close"})
		c.act("街道干部", matter, "plan", input{"title": c.mark + "第二次议事会", "on": "2024-12-28"})
		for _, h := range []*hearer{one, two} {
			if got := versions(h.change()); got[matter] != before+1 {
				t.Errorf("%v, want version %v", got, before+1)
			}
		}
	})
	t.Run("who listens for notices hears his own, and that he has read them", func(t *testing.T) {
		mine, others := s.listen(c, "专委干部", input{"n": true}), s.listen(c, "商务局联络员", input{"n": true})
		c.act("街道干部", matter, "tell", nil)
		ids := mine.change()["notices"].([]any)
		list := c.ask("专委干部", `{ notices(first: 1) { edges { node { id } } } }`, nil)
		if len(ids) != 1 || ids[0] != dig(list.Data, "notices", "edges", 0, "node", "id") {
			t.Fatal(ids, list.text)
		}
		if theirs := others.change()["notices"].([]any); len(theirs) != 1 || theirs[0] == ids[0] {
			t.Error(theirs)
		}
		c.do("专委干部", "markNoticeRead", input{"id": ids[0]})
		if again := mine.change()["notices"].([]any); len(again) != 1 || again[0] != ids[0] {
			t.Error(again)
		}
	})
	t.Run("who listens for his to-dos hears when one comes and when one goes", func(t *testing.T) {
		todos := func(who string) float64 {
			return dig(c.ask(who, `{ todos { totalCount } }`, nil).Data, "todos", "totalCount").(float64)
		}
		liaison, host := s.listen(c, "街道干部", input{"t": true}), replica.listen(c, "委员丙", input{"t": true})
		was, hosts := todos("街道干部"), todos("委员丙")
		next := c.raise("专委干部", c.made["platform"], "楼道灯不亮")
		if got := dig(liaison.change(), "todos", "count"); got != was+1 || got != todos("街道干部") {
			t.Errorf("%v to-dos are heard of, there were %v", got, was)
		}
		c.act("街道干部", next, "describe", input{"need": "晚上看不见"}) // his list stays as it is: nothing is heard
		c.act("街道干部", next, "nameHost", input{"host": []input{{"name": "-", "membershipId": c.person["委员丙"]}}})
		c.act("街道干部", next, "arrange", nil)
		for who, of := range map[string]struct {
			h    *hearer
			want float64
		}{"街道干部": {liaison, was}, "委员丙": {host, hosts + 1}} {
			if got := dig(of.h.change(), "todos", "count"); got != of.want || got != todos(who) {
				t.Errorf("%s hears of %v to-dos, want %v", who, got, of.want)
			}
		}
	})
}

// notice leaves one notice, in a transaction of the product's own.
func (c *committee) notice(ctx context.Context, who, text string) uuid.UUID {
	c.t.Helper()
	n, err := c.r.Store.Ent().Notice.Create().SetMembershipID(uuid.MustParse(c.person[who])).SetText(text).Save(ctx)
	must(c.t, err)
	return n.ID
}

func TestWhoMayNotSeeHearsNothing(t *testing.T) {
	v := newVisit(t)
	s := v.station(0, live.Limits{})
	// Who is silent is shown by what comes after: of two changes, one hidden and
	// then one seen, only the second is heard.
	seen := v.talking(v.made["platform"], "早市占道")
	only := func(t *testing.T, who string, hidden func()) {
		t.Helper()
		h := s.listen(v.committee, who, input{"m": []string{v.matter, seen}})
		hidden()
		v.act("街道干部", seen, "plan", input{"title": "议事会", "on": "2024-12-27"})
		if got := versions(h.change()); len(got) != 1 || got[seen] == 0 {
			t.Errorf("%s hears %v", who, got)
		}
		h.hang()
	}
	note := func() {
		v.act("街道干部", v.matter, "noteVisit", input{"eventId": v.parts["Event"], "text": "又看了一次", "items": []input{{"text": "门口无坡道", "eventId": v.parts["Event"]}}})
	}
	t.Run("of a concealed visit the visited unit hears nothing, neither of what was done nor of a part that came without a step", func(t *testing.T) {
		only(t, "商务局联络员", note)
		only(t, "商务局局长", func() {
			v.system(func(ctx context.Context) error {
				return v.r.Store.Ent().Party.Create().SetMatterID(uuid.MustParse(v.matter)).SetEventID(uuid.MustParse(v.parts["Event"])).SetName("向导乙").SetRole(party.RoleGUEST).Exec(ctx)
			})
		})
	})
	t.Run("the matter's own people hear of it", func(t *testing.T) {
		h := s.listen(v.committee, "街道干部", input{"m": []string{v.matter}})
		note()
		if got := versions(h.change()); got[v.matter] == 0 {
			t.Error(got)
		}
	})
	t.Run("of a matter that one does not see one hears nothing, confidential ones included", func(t *testing.T) {
		v.system(func(ctx context.Context) error {
			return v.r.Store.Ent().Matter.UpdateOneID(uuid.MustParse(v.matter)).SetConfidential(true).SetVisibility(matter.VisibilityPARTIES).Exec(ctx)
		})
		for _, who := range []string{"专委干部", "商务局联络员"} {
			if dig(v.ask(who, `query($id: ID!) { matter(id: $id) { id } }`, input{"id": v.matter}).Data, "matter") != nil {
				t.Fatalf("%s sees it", who)
			}
			only(t, who, func() { v.act("街道干部", v.matter, "tell", nil) })
		}
	})
	t.Run("another committee hears nothing, whatever ids and whatever cursor it brings", func(t *testing.T) {
		other := v.found("210299", "DISTRICT", "乙区")
		mine := s.listen(v.committee, "街道干部", input{"m": []string{v.matter, seen}, "t": true, "n": true})
		theirs := s.listen(other, "管理员甲", input{"m": []string{v.matter, seen}, "t": true, "n": true, "a": mine.cursor})
		v.act("街道干部", seen, "plan", input{"title": "议事会", "on": "2024-12-27"})
		mine.change()
		var own uuid.UUID
		other.system(func(ctx context.Context) error { own = other.notice(ctx, "管理员甲", "请看"); return nil })
		if c := theirs.change(); len(versions(c)) > 0 || c["todos"] != nil || fmt.Sprint(c["notices"]) != fmt.Sprintf("[%s]", own) {
			t.Error(c)
		}
	})
	t.Run("a right that is taken away is gone for the next change", func(t *testing.T) {
		h := s.listen(v.committee, "专委干部", input{"m": []string{seen}, "n": true})
		for _, g := range dig(v.ask("管理员甲", `query($id: ID!) { node(id: $id) { ... on Membership { grants { id role } } } }`, input{"id": v.person["专委干部"]}).Data, "node", "grants").([]any) {
			v.do("管理员甲", "revokeGrant", input{"grantId": dig(g, "id"), "reason": "调离"})
		}
		v.act("街道干部", seen, "plan", input{"title": "议事会", "on": "2024-12-27"})
		var own uuid.UUID
		v.system(func(ctx context.Context) error { own = v.notice(ctx, "专委干部", "请看"); return nil })
		for {
			c := h.change()
			if len(versions(c)) > 0 {
				t.Fatal(c)
			}
			if slices.Contains(c["notices"].([]any), any(own.String())) {
				break
			}
		}
	})
}

// small is a committee with a few people and nothing else.
func small(t *testing.T) *committee {
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.add("委员甲", "STAFF", nil, "auditor")
	return c
}

func TestASubscriptionEnds(t *testing.T) {
	t.Parallel()
	c := small(t)
	s := c.station(0, live.Limits{})
	listen := func() *hearer { clear(c.tokens); return s.listen(c, "委员甲", input{"n": true}) }
	t.Run("by signing out, on the other device too", func(t *testing.T) {
		one, two := listen(), s.listen(c, "委员甲", input{"n": true})
		c.post(context.Background(), c.token("委员甲"), `mutation { signOut { userErrors { message } } }`, nil)
		one.ends("UNAUTHENTICATED")
		two.ends("UNAUTHENTICATED")
	})
	t.Run("by signing out everywhere, from another session", func(t *testing.T) {
		h := listen()
		clear(c.tokens)
		c.post(context.Background(), c.token("委员甲"), `mutation { signOutEverywhere { userErrors { message } } }`, nil)
		h.ends("UNAUTHENTICATED")
	})
	t.Run("by a token that expires, with an error that says what to do", func(t *testing.T) {
		claims, err := c.r.Keys.Parse(listenToken(c), c.clock.Now())
		must(t, err)
		claims.Expires = c.clock.Now().Add(2 * time.Second) // the clock of the product stands, the timer's goes
		token, err := c.r.Keys.Sign(claims)
		must(t, err)
		s.open(token, input{"n": true}).ends("UNAUTHENTICATED")
	})
	t.Run("by a membership that is suspended", func(t *testing.T) {
		h := listen()
		c.system(func(ctx context.Context) error {
			return c.r.Store.Ent().Membership.UpdateOneID(uuid.MustParse(c.person["委员甲"])).SetStatus(membership.StatusSUSPENDED).Exec(ctx)
		})
		h.ends("UNAUTHENTICATED")
	})
	t.Run("and nobody listens any more", func(t *testing.T) {
		for s.r.Live.Count() > 0 {
			time.Sleep(time.Millisecond)
		}
	})
}

func listenToken(c *committee) string { clear(c.tokens); return c.token("委员甲") }

// Writers overlap, wait and roll back, so that numbers are given out in one order
// and commits come in another; the connection is cut again and again.
func TestNothingIsLostAndNothingIsDoubled(t *testing.T) {
	t.Parallel()
	c := small(t)
	stations := []*station{c.station(0, live.Limits{}), c.station(0, live.Limits{})}
	var mu sync.Mutex
	written := map[string]bool{}
	h := stations[0].listen(c, "委员甲", input{"n": true})
	var writers sync.WaitGroup
	for i := range 6 {
		writers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for range 25 {
				var ids []uuid.UUID
				undo := random.IntN(5) == 0
				err := c.db.Store.InTx(clock.With(context.Background(), c.clock), c.id, func(ctx context.Context) error {
					ctx, _ = audit.Collect(authz.System(ctx))
					for range 1 + random.IntN(3) {
						ids = append(ids, c.notice(ctx, "委员甲", "请看"))
						time.Sleep(time.Duration(random.IntN(4)) * time.Millisecond)
					}
					if undo {
						return errUndo
					}
					return nil
				})
				mu.Lock()
				for _, id := range ids {
					if err == nil {
						written[id.String()] = true
					}
				}
				mu.Unlock()
				if !undo {
					must(t, err)
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { writers.Wait(); close(over) }()
	times := map[string]int{}
	count := func(change map[string]any) {
		if change["missed"] == true {
			t.Error("told to read everything again")
		}
		for _, id := range change["notices"].([]any) {
			times[id.(string)]++
		}
	}
	cuts, random := 0, rand.New(rand.NewPCG(7, 7))
	for done := false; !done; {
		for range random.IntN(4) {
			select {
			case <-over:
				done = true
			case e := <-h.events:
				h.cursor = dig(e.Data, "changes", "cursor").(string)
				count(dig(e.Data, "changes").(map[string]any))
			}
		}
		h.hang() // and on at another server, by the cursor of what was read last
		cuts++
		h = stations[cuts%2].open(c.token("委员甲"), input{"n": true, "a": h.cursor})
		count(h.change())
	}
	for id := range written {
		if times[id] != 1 {
			t.Errorf("%s was told %d times", id, times[id])
		}
		delete(times, id)
	}
	if len(times) > 0 || cuts < 5 || len(written) < 150 {
		t.Errorf("%d notices that were undone were told; %d cuts, %d notices", len(times), cuts, len(written))
	}
}

func TestAConnectionToTheDatabaseIsLost(t *testing.T) {
	t.Parallel()
	c := small(t)
	s := c.station(0, live.Limits{})
	h := s.listen(c, "委员甲", input{"n": true})
	t.Run("what happened while nobody heard is told when the connection is back", func(t *testing.T) {
		var cut bool
		must(t, c.super.QueryRow(context.Background(), `
			SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`).Scan(&cut))
		var id uuid.UUID
		c.system(func(ctx context.Context) error { id = c.notice(ctx, "委员甲", "请看"); return nil })
		if got := h.change()["notices"]; !cut || fmt.Sprint(got) != fmt.Sprintf("[%s]", id) {
			t.Errorf("cut %v; heard %v, want %s", cut, got, id)
		}
	})
}

func TestASlowReader(t *testing.T) {
	t.Parallel()
	c := small(t)
	s := c.station(0, live.Limits{})
	ctx, cancel := context.WithCancel(clock.With(context.Background(), c.clock))
	defer cancel()
	listen := func() <-chan *model.Change {
		out, err := s.r.Subscription().Changes(s.signedIn(ctx, c.token("委员甲")), nil, false, true, nil)
		must(t, err)
		return out
	}
	write := func(n int) {
		c.system(func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `INSERT INTO notices (id, tenant_id, created_at, text, membership_id)
				SELECT gen_random_uuid(), $1, $2, '请看', $3 FROM generate_series(1, $4)`, c.id, c.clock.Now(), c.person["委员甲"], n)
			return err
		})
	}
	t.Run("many changes while he does not read become one event, or two", func(t *testing.T) {
		slow := listen()
		<-slow
		total, events := 0, 0
		for range 40 {
			write(10)
		}
		for total < 400 {
			select {
			case e := <-slow:
				total += len(e.Notices)
				events++
			case <-time.After(patience):
				t.Fatalf("%d of 400", total)
			}
		}
		if total != 400 || events > 2 {
			t.Errorf("%d notices in %d events", total, events)
		}
	})
	t.Run("who missed too much is told to read everything again, and hears on", func(t *testing.T) {
		slow := listen()
		<-slow
		write(3000)
		if e := <-slow; !e.Missed || len(e.Notices) != 0 {
			t.Error(len(e.Notices), e.Missed)
		}
		write(2)
		if e := <-slow; len(e.Notices) != 2 || e.Missed {
			t.Error(len(e.Notices), e.Missed)
		}
	})
}

func TestTooManyListeners(t *testing.T) {
	t.Parallel()
	c := small(t)
	other := c.found("210203", "DISTRICT", "乙区")
	s := c.station(0, live.Limits{Account: 3, Tenant: 4, Process: 5})
	refused := func(c *committee, who, by string) {
		t.Helper()
		h := s.open(c.token(who), input{"n": true})
		e, _ := h.event()
		if e.code() != "LIMIT_EXCEEDED" || dig(e.Errors[0].Extensions, "details", "limit") != by || !strings.Contains(e.Errors[0].Message, "至多") && !strings.Contains(e.Errors[0].Message, "已满") {
			t.Errorf("%s is not refused by %s: %s", who, by, e.text)
		}
		if end, _ := h.event(); end.name != "complete" {
			t.Errorf("%q", end.name)
		}
	}
	var mine []*hearer
	for range 3 {
		mine = append(mine, s.listen(c, "委员甲", input{"n": true}))
	}
	t.Run("of one account", func(t *testing.T) { refused(c, "委员甲", "account") })
	s.listen(c, "管理员甲", input{"n": true})
	t.Run("of one committee", func(t *testing.T) { refused(c, "管理员乙", "tenant") })
	s.listen(other, "管理员甲", input{"n": true})
	t.Run("of one process", func(t *testing.T) { refused(other, "管理员乙", "process") })
	t.Run("those that are there go on, and a place that is free is given again", func(t *testing.T) {
		mine[0].hang()
		for s.r.Live.Count() > 4 {
			time.Sleep(time.Millisecond)
		}
		mine[0] = s.listen(c, "管理员乙", input{"n": true})
		c.system(func(ctx context.Context) error { c.notice(ctx, "委员甲", "请看"); return nil })
		mine[1].change()
		mine[2].change()
	})
}

func TestManyWaitOnFewConnections(t *testing.T) {
	t.Parallel()
	const many = 200
	c := small(t)
	s := c.station(4, live.Limits{Account: many + 1, Reads: 2})
	var all []*hearer
	for range many {
		all = append(all, s.listen(c, "委员甲", input{"n": true}))
	}
	pool := s.r.Store.Pool()
	idle := func(t *testing.T) {
		t.Helper()
		if n := pool.Stat().AcquiredConns(); n != 0 {
			t.Errorf("%d connections are held", n)
		}
		var open int
		must(t, c.super.QueryRow(context.Background(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'`).Scan(&open))
		if open != 0 {
			t.Errorf("%d transactions are open", open)
		}
	}
	t.Run("a listener that waits holds no connection and no transaction, nor a place among the requests", func(t *testing.T) { idle(t) })
	t.Run("a change reaches all of them, and others work meanwhile", func(t *testing.T) {
		c.system(func(ctx context.Context) error { c.notice(ctx, "委员甲", "请看"); return nil })
		err := s.r.Store.ReadTx(context.Background(), c.id, func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `SELECT count(*) FROM notices`)
			return err
		})
		must(t, err)
		for _, h := range all {
			if n := len(h.change()["notices"].([]any)); n != 1 {
				t.Errorf("%d notices", n)
			}
		}
		idle(t)
	})
}

// signedIn is the context of somebody's request.
func (s *station) signedIn(ctx context.Context, token string) context.Context {
	s.w.t.Helper()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	ctx, err := s.r.Authenticate(req)
	must(s.w.t, err)
	return ctx
}
