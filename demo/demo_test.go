package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/sitting"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func TestLoad(t *testing.T) {
	in := install(t)
	t.Run("stopped in the middle and run again it comes to its end", in.load)
	if t.Failed() {
		return
	}
	t.Run("the third sitting has the figures of the report", in.thirdSitting)
	t.Run("it is frozen in the report of 2024, each number with its rows", in.yearlyReport)
	t.Run("its deadlines were kept, and nothing of it is still due but what is followed", in.kept)
	t.Run("four key proposals of it are complete with posts, visit, meeting and report, and were followed until a report settled them", in.keyProposals)
	t.Run("it has everything that happens to proposals", in.variety)
	t.Run("the next sitting's key proposals stand in four states, and nothing of it is late", in.nextSitting)
	t.Run("three cohorts are in three phases, seen in the city only", in.threeCohorts)
	t.Run("the overview has their tasks, what is overdue, and the districts' shares", in.overview)
	t.Run("中山 and 旅顺口 see what the city asked of them, and have broken it down", in.asked)
	t.Run("what is open from earlier years is one list", in.openBefore)
	t.Run("the secret ballot's counts add up, and the appraisal has them", in.ballotCounts)
	t.Run("the year plans were approved and hold the loops", in.yearPlans)
	t.Run("what was sent has arrived: process, instruction, joint activity, and a proposal with its answer", in.crossed)
	t.Run("who has something to do finds it in the todos", in.todos)
	t.Run("what members are asked to do each year some have done and some have not", in.askedOfMembers)
	t.Run("旅顺口's people see nothing of 中山", in.apart)
	t.Run("everybody can sign in, and one person in two committees", in.signIns)
	t.Run("every chain of the audit is whole, in the order of time", in.audited)
	t.Run("the worker finds nothing late but in the loops, which stand still in August 2023", in.swept)
	t.Run("nothing stands still", func(t *testing.T) { tenantstest.NothingStands(t, in.db.SuperURL) })
	t.Run("the platforms have the figures of their sources, each the number of its rows", in.boards)
	t.Run("旅顺口 has its 121 venues by category, with heads where people exist", in.venues)
	t.Run("something of 旅顺口's platform waits at each of its steps", in.everyStep)
	t.Run("what the sources name is there, and what they do not say is waived", in.told)
	t.Run("concealed visits are known to their teams alone", in.concealed)
	t.Run("a second Load changes nothing and is quick", in.again)
	t.Run("the index of what was written is what it would be made anew", in.indexed)
}

// load stops once a third is done, and goes on.
func (in *installation) load(t *testing.T) {
	ctx, cancel := context.WithCancel(in.ctx)
	defer cancel()
	_, err := Load(ctx, in.Product, func(done, total int, _ string) {
		if done == total/3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	began, last := time.Now(), 0
	in.list, err = Load(in.ctx, in.Product, func(done, total int, what string) {
		if done <= last || done > total {
			t.Errorf("%d after %d of %d: %s", done, last, total, what)
		}
		last = done
		if done == total {
			t.Logf("%d pieces of work, the last two thirds in %s", total, time.Since(began).Round(time.Second))
		}
	})
	must(t, err)
}

func (in *installation) indexed(t *testing.T) {
	const digest = `SELECT count(*)::text || ' ' || md5(string_agg(line, '|' ORDER BY line)) FROM (
		SELECT concat_ws(' ', p.tenant_id, p.source, p.part_id, p.field, p.matter_id, p.weight, p.brief, p.shown, p.body, p.words) COLLATE "C" AS line
		FROM search_parts p) x`
	before := query(in, pgx.RowTo[string], digest)
	for c, err := range in.Store.Committees(in.ctx) {
		must(t, err)
		_, err = search.Again(in.ctx, in.Store, c.ID)
		must(t, err)
	}
	if after := query(in, pgx.RowTo[string], digest); after[0] != before[0] || len(before[0]) < 37 {
		t.Errorf("made anew: %v, written: %v", after, before)
	}
}

func (in *installation) figures(t *testing.T, ordinal int) (f proposals.Figures) {
	t.Helper()
	in.as(t, "zs-director", "中山区政协", func(ctx context.Context) {
		s, err := in.Store.Ent().Sitting.Query().Where(sitting.Ordinal(ordinal)).Only(ctx)
		must(t, err)
		f, err = in.Proposals.Figures(ctx, s.ID)
		must(t, err)
	})
	return f
}

func (in *installation) thirdSitting(t *testing.T) {
	f := in.figures(t, 3)
	if f.Received != 109 || f.Merged != 5 || f.Opinions != 35 || f.Filed != 69 || f.Pending+f.Letters+f.NotFiled+f.Withdrawn+f.Forwarded != 0 {
		t.Errorf("%+v", f)
	}
	if f.Completed != f.Filed || f.Assigned != f.Filed || f.Plenary != f.Received || f.Rehandled != 0 {
		t.Errorf("%+v", f)
	}
	if len(f.Ratings) != 1 || f.Ratings[0].Code != "SATISFIED" || f.Answered != f.Asked || f.Asked < f.Filed {
		t.Errorf("ratings: %+v", f.Ratings)
	}
	numbers := query(in, pgx.RowTo[int], `SELECT p.case_no FROM proposals p JOIN sittings s ON s.id = p.sitting_id JOIN tenants t ON t.id = p.tenant_id
		WHERE t.code = '210202' AND s.ordinal = 3 AND p.case_no IS NOT NULL ORDER BY 1`)
	for i, n := range numbers { // there is no 一号提案 for which 001 would be kept
		if n != i+1 {
			t.Fatal(numbers)
		}
	}
}

func (in *installation) kept(t *testing.T) {
	late := query(in, pgx.RowTo[string], `
		SELECT m.title || ' ' || t.key || ' ' || t.due_on || ' ' || t.ended_at FROM timers t JOIN matters m ON m.id = t.matter_id JOIN tenants n ON n.id = t.tenant_id
		WHERE n.code = '210202' AND t.ended_at IS NOT NULL AND (t.ended_at AT TIME ZONE 'Asia/Shanghai')::date > t.due_on AND t.key NOT IN ('return')`)
	for _, l := range late {
		t.Error(l)
	}
	for _, l := range query(in, pgx.RowTo[string], `
		SELECT m.kind || ' ' || m.title || ' ' || t.key || ' ' || t.due_on || ' ' || coalesce(t.ended_at::text, '') FROM timers t JOIN matters m ON m.id = t.matter_id JOIN tenants n ON n.id = t.tenant_id
		WHERE n.code = '210200' AND (coalesce(t.ended_at, '2023-08-31') AT TIME ZONE 'Asia/Shanghai')::date > t.due_on AND t.key NOT IN ('return')
		  AND NOT (m.kind = 'task' AND t.key = 'node' AND t.ended_at IS NULL)`) {
		t.Error("大连 in August 2023:", l)
	}
	open := query(in, pgx.RowTo[string], `
		SELECT m.state FROM matters m JOIN proposals p ON p.matter_id = m.id JOIN sittings s ON s.id = p.sitting_id JOIN tenants n ON n.id = m.tenant_id
		WHERE n.code = '210202' AND s.ordinal = 3 AND m.closed_at IS NULL`)
	if want := []string{"TRACKING", "TRACKING", "TRACKING", "TRACKING"}; !slices.Equal(open, want) {
		t.Error(open)
	}
	if n := in.number(`SELECT count(*)::int FROM matters m JOIN tenants n ON n.id = m.tenant_id WHERE n.code = '210202' AND m.kind = 'opinion' AND m.closed_at IS NULL`); n != 2 {
		t.Errorf("%d opinions are open, want a proposal's of today and an expert's", n)
	}
}

func (in *installation) keyProposals(t *testing.T) {
	in.as(t, "zs-chair", "中山区政协", func(ctx context.Context) {
		all, err := in.Store.Ent().Proposal.Query().Where().WithMatter(func(q *gen.MatterQuery) { q.WithRecords().WithItems() }).WithSitting().All(ctx)
		must(t, err)
		titles := map[string]bool{}
		for _, p := range all {
			if !p.IsKey || p.Edges.Sitting.Ordinal != 3 {
				continue
			}
			titles[p.Edges.Matter.Title] = true
			kinds, after := map[record.Kind]bool{}, false
			for _, r := range p.Edges.Matter.Edges.Records {
				kinds[r.Kind] = true
				after = after || (r.Kind == record.KindREPORT && p.CompletedAt != nil && r.On.After(*p.CompletedAt))
			}
			for _, i := range p.Edges.Matter.Edges.Items { // or a unit's, on its commitment
				after = after || i.Evidence != ""
			}
			settled := in.number(`SELECT count(*)::int FROM steps WHERE matter_id = $1 AND action = 'settle'`, p.Edges.Matter.ID)
			if !after || settled != 1 || p.Edges.Matter.State != "ARCHIVED" {
				t.Errorf("%s: reported back %v, settled %d times, %s", p.Edges.Matter.Title, after, settled, p.Edges.Matter.State)
			}
			if p.CompletedAt == nil || p.LeadLeaderPost == "" || p.SuperviseLeaderPost == "" || !kinds[record.KindVISIT] || !kinds[record.KindMEETING] || !kinds[record.KindREPORT] {
				t.Errorf("%s: %v", p.Edges.Matter.Title, kinds)
			}
		}
		if len(titles) != 4 || !titles["关于特色街区升级改造，助力夜经济提质增效的提案"] {
			t.Error(titles)
		}
	})
}

// variety: each of these has happened at least so often in 中山.
func (in *installation) variety(t *testing.T) {
	for action, least := range map[string]int{
		"inviteCosign": 20, "sign": 40, "signAsConvener": 3, "returnForEdit": 3, "merge": 5, "convertToOpinion": 36, "preAssign": 5, "preAssignOpinion": 5,
		"applyReturn": 3, "grantReturn": 2, "applyExtension": 2, "decideExtension": 1, "submitCoOpinion": 8, "rejectDraft": 3, "sendBack": 1, "enterRating": 3,
		"nameOfficer": 10, "reportCommitment": 15, "settle": 10, "markKey": 8, "renumber": 40, "archive": 65, "hold": 3, "accept": 25,
	} {
		n := in.number(`SELECT count(*)::int FROM steps s JOIN tenants n ON n.id = s.tenant_id WHERE n.code = '210202' AND s.action = $1`, action)
		if n < least {
			t.Errorf("%s: %d, want %d", action, n, least)
		}
	}
	for what, sql := range map[string]string{
		"every kind of share":              `SELECT count(DISTINCT role)::int - 5 FROM assignments`,
		"every class of reply":             `SELECT count(DISTINCT class)::int - 3 FROM replies WHERE kind = 'REPLY'`,
		"proposals that staff entered":     `SELECT least(count(*)::int, 4) - 4 FROM proposals WHERE entered_by_id IS NOT NULL`,
		"seven sealed collective ones":     `SELECT count(*)::int - 9 FROM attachments WHERE kind = 'SEAL'`, // six of the sitting, one of the next, two of the city
		"every kind of proposer in use":    `SELECT count(DISTINCT proposer_kind)::int - 6 FROM proposals`,
		"both channels":                    `SELECT count(DISTINCT channel)::int - 2 FROM assignments`,
		"nobody without a name or a title": `SELECT count(*)::int FROM matters WHERE title = ''`,
	} {
		if n := in.number(sql); n != 0 {
			t.Errorf("%s: off by %d", what, n)
		}
	}
}

func (in *installation) nextSitting(t *testing.T) {
	in.as(t, "zs-director", "中山区政协", func(ctx context.Context) {
		all, err := in.Store.Ent().Matter.Query().Where(matter.Kind("proposal"), matter.OpenedAtGT(today.AddDate(-1, 0, 0))).WithProposal().WithAssignments().WithTimers().All(authz.System(ctx))
		must(t, err)
		var key []string
		states := map[string]int{}
		for _, m := range all {
			states[m.State]++
			for _, x := range m.Edges.Timers {
				if x.EndedAt == nil && x.DueOn.Before(clock.Day(today)) && x.Key != "return" {
					t.Errorf("%s: %s was due on %s", m.Title, x.Label, x.DueOn)
				}
			}
			if m.Edges.Proposal.IsKey {
				key = append(key, fmt.Sprintf("%s/%d", m.State, m.Edges.Proposal.Round))
			}
		}
		slices.Sort(key)
		if want := []string{"ASSIGNED/1", "HANDLING/1", "HANDLING/2", "REPLIED/1"}; !slices.Equal(key, want) {
			t.Errorf("key proposals: %v", key)
		}
		for _, want := range []string{"DRAFT", "COSIGNING", "SUBMITTED", "RETURNED", "UNDER_REVIEW", "FILED", "PRE_ASSIGNED", "ASSIGNED", "HANDLING", "REPLIED", "COMPLETION_REVIEW", "CONVERTED_OPINION"} {
			if states[want] == 0 {
				t.Errorf("nothing is %s", want)
			}
		}
	})
	if f := in.figures(t, 4); f.Received != 17 || f.Intersession != 17 {
		t.Errorf("%+v", f)
	}
}

func (in *installation) threeCohorts(t *testing.T) {
	in.as(t, "dl-director", "大连市政协", func(ctx context.Context) {
		all, err := in.Store.Ent().Matter.Query().Where(matter.Kind(cohorts.Kind)).WithCohort(func(q *gen.CohortQuery) { q.WithProposalMatter(func(q *gen.MatterQuery) { q.WithProposal() }) }).WithItems().All(ctx)
		must(t, err)
		got := map[int]string{}
		for _, m := range all {
			year := m.Edges.Cohort.HandleYear
			got[year] = m.State + " " + string(cohorts.PhaseOf(m.State))
			p := m.Edges.Cohort.Edges.ProposalMatter
			if year < 2024 && (p == nil || p.Title != m.Title || !p.Edges.Proposal.IsNoOne || *p.Edges.Proposal.CaseNo != 1) {
				t.Errorf("%d: its proposal is %v", year, p)
			}
			directions := 0
			for _, i := range m.Edges.Items {
				if i.Kind == item.KindDIRECTION {
					directions++
				}
			}
			if year == 2024 && directions != 13 {
				t.Errorf("%d directions", directions)
			}
		}
		if want := map[int]string{2022: "S3_FIELD SUPERVISION", 2023: "H3_HANDLE_CONSULT HANDLING", 2024: "P3_RESEARCH PRESTUDY"}; !maps.Equal(got, want) {
			t.Error(got)
		}
	})
	for _, who := range []struct{ login, tenant string }{{"zs-director", "中山区政协"}, {"zs-chair", "中山区政协"}, {"lsk-clerk", "旅顺口区政协"}, {"zs-member-01", "大连市政协"}, {"dl-clerk", "大连市政协"}} {
		in.as(t, who.login, who.tenant, func(ctx context.Context) {
			n, err := in.Store.Ent().Matter.Query().Where(matter.Kind(cohorts.Kind)).Count(ctx)
			if err != nil || n != 0 {
				t.Error(who, n, err)
			}
		})
	}
}

func (in *installation) todos(t *testing.T) {
	api := (&graph.Resolver{Store: in.Store, Directory: in.Directory, Services: in.Services, Roster: in.Roster}).Query()
	must := map[string][]string{
		"中山区政协": {"clerk", "reviewer", "director", "info", "gov", "party-office", "member-01", "member-03", "member-04", "member-07", "member-20",
			"shangwu-liaison", "shangwu-officer", "shangwu-lead", "wenlv-officer", "zhujian-officer", "gongxin-liaison", "jinrong-liaison", "fagai-officer", "shijian-liaison"},
		"大连市政协":  {"clerk", "director", "sg", "gongxin-officer", "fagai-liaison", "shuiwu-liaison"},
		"旅顺口区政协": {"clerk", "director", "member-02", "street-1", "approver-1", "host-1", "zhujian-liaison"},
		"普兰店区政协": {"clerk", "member-02", "committee", "gongye", "zhengfa", "weisheng"},
		"西岗区政协":  {"clerk", "member-02", "committee", "sg", "supervisor-1"},
		"甘井子区政协": {"clerk", "member-02", "committee", "chair"},
	}
	for _, c := range committees() {
		keys := must[c.Short]
		if keys == nil {
			keys = []string{"clerk", "member-02"}
		}
		for _, key := range keys {
			in.as(t, c.Prefix+"-"+key, c.Short, func(ctx context.Context) {
				list, err := api.Todos(ctx, nil, nil, nil, nil, nil, nil)
				if err != nil || len(list.Edges) == 0 {
					t.Error(c.Prefix, key, err)
				}
			})
		}
	}
}

func (in *installation) apart(t *testing.T) {
	zs := in.committee(t, "中山区政协")
	ids := query(in, pgx.RowTo[uuid.UUID], `SELECT id FROM matters WHERE tenant_id = $1`, zs)
	people := query(in, pgx.RowTo[uuid.UUID], `SELECT id FROM memberships WHERE tenant_id = $1`, zs)
	for _, login := range []string{"lsk-admin", "lsk-clerk", "lsk-member-01", "lsk-unit-liaison"} {
		in.as(t, login, "旅顺口区政协", func(ctx context.Context) {
			for _, ctx := range []context.Context{ctx, authz.System(ctx)} {
				m, err1 := in.Store.Ent().Matter.Query().Where(matter.IDIn(ids...)).Count(ctx)
				all, err2 := in.Store.Ent().Membership.Query().IDs(ctx)
				if err := errors.Join(err1, err2); err != nil || m != 0 || slices.ContainsFunc(all, func(id uuid.UUID) bool { return slices.Contains(people, id) }) {
					t.Error(login, m, err)
				}
			}
		})
		in.within(t, in.Store.InTx, login, "旅顺口区政协", func(ctx context.Context) {
			_, err := in.Engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: ids[0], Action: "startReview", Form: process.Form{"disposition": "FILED"}})
			if !errs.Is(err, errs.NotFound) {
				t.Error(login, err)
			}
		})
	}
}

func (in *installation) signIns(t *testing.T) {
	seen := map[string]int{}
	for _, a := range in.list {
		seen[a.Login]++
		if a.Tenant == "" || a.Role == "" || a.Name == "" || a.What == "" {
			t.Errorf("%+v", a)
		}
	}
	for _, login := range []string{"zs-admin", "zs-clerk", "zs-member-01", "zs-shangwu-lead", "dl-director", "dl-chair", "lsk-admin", "lsk-street-1", "lsk-approver-1", "lsk-host-1", "lsk-committee", "pld-admin", "ch-unit-liaison"} {
		if seen[login] == 0 {
			t.Errorf("%s is not listed", login)
		}
		signed, err := in.accounts.SignIn(in.ctx, login, Password, accounts.Client{Address: "192.0.2.1"})
		if err != nil {
			t.Error(login, err)
			continue
		}
		choices, err := in.accounts.Choices(in.ctx, signed.Account)
		if err != nil || len(choices) != seen[login] {
			t.Error(login, choices, err)
		}
	}
	if seen["zs-member-01"] != 2 || len(seen) != in.number(`SELECT count(*)::int FROM accounts`) {
		t.Error(len(seen), seen["zs-member-01"])
	}
	t.Logf("%d accounts", len(seen))
}

func (in *installation) audited(t *testing.T) {
	for c, err := range in.Store.Committees(in.ctx) {
		must(t, err)
		r, err := audit.Verify(in.ctx, in.Store, c.ID)
		if err != nil || !r.OK || r.Rows == 0 {
			t.Errorf("%s: %+v %v", c.ShortName, r, err)
		}
	}
	if n := in.number(`SELECT count(*)::int FROM audit_log a JOIN audit_log b ON b.tenant_id = a.tenant_id AND b.seq = a.seq + 1 WHERE b.at < a.at`); n != 0 {
		t.Errorf("%d records are before their predecessors: %s", n, query(in, pgx.RowTo[string], `SELECT string_agg(x, E'\\n') FROM (SELECT (SELECT short_name FROM tenants WHERE id = a.tenant_id) || ' ' || a.seq || ' ' || a.at || ' ' || a.action || ' | ' || b.at || ' ' || b.action AS x
			FROM audit_log a JOIN audit_log b ON b.tenant_id = a.tenant_id AND b.seq = a.seq + 1 WHERE b.at < a.at LIMIT 9) y`)[0])
	}
}

func (in *installation) swept(t *testing.T) {
	for c, err := range in.Store.Committees(in.ctx) {
		must(t, err)
		_, err = in.Engine.Sweep(in.ctx, audit.Doors{Store: in.Store, System: "sweep"}, c.ID)
		must(t, err)
	}
	if n := in.number(`SELECT count(*)::int FROM timers t JOIN tenants n ON n.id = t.tenant_id JOIN matters m ON m.id = t.matter_id
		WHERE n.code <> '210200' AND m.kind <> 'task' AND t.status = 'OVERDUE'`); n != 0 {
		t.Errorf("%d timers are overdue", n)
	}
}

func (in *installation) again(t *testing.T) {
	before := in.counts()
	began := time.Now()
	list, err := Load(in.ctx, in.Product, nil)
	took := time.Since(began)
	must(t, err)
	if took > 2*time.Second || !slices.Equal(list, in.list) {
		t.Error(took, len(list))
	}
	if after := in.counts(); !maps.Equal(before, after) {
		t.Errorf("%v\n%v", before, after)
	}
	t.Logf("in %s", took.Round(time.Millisecond))
}

// TestInterrupted loads the city and a district in one go, and again into
// another installation, stopped again and again wherever it is.
func TestInterrupted(t *testing.T) {
	two := func() []*committee {
		every := committees()
		all := []*committee{every[1], every[5]} // what crosses between them is cut off too
		for _, p := range all[0].People {
			p.Login = "" // its committee is not there
		}
		return all
	}
	whole := install(t)
	must(t, load(whole.ctx, whole.Product, two(), today, nil))
	pieces := install(t)
	stops := 0
	for ; ; stops++ {
		ctx, cancel := context.WithTimeout(pieces.ctx, time.Duration(200+50*stops)*time.Millisecond) // a loaded machine gets further each time
		err := load(ctx, pieces.Product, two(), today, nil)
		stopped := ctx.Err() != nil
		cancel()
		if err == nil {
			break
		}
		if !stopped || stops == 100 {
			t.Fatal(stops, err)
		}
	}
	t.Logf("stopped %d times", stops)
	if a, b := whole.counts(), pieces.counts(); !maps.Equal(a, b) {
		t.Errorf("%v\n%v", a, b)
	}
	const state = `SELECT m.kind || m.title || m.state || m.version || coalesce(m.number, '') FROM matters m JOIN tenants t ON t.id = m.tenant_id ORDER BY t.code, m.opened_at, m.kind, m.title`
	if a, b := query(whole, pgx.RowTo[string], state), query(pieces, pgx.RowTo[string], state); !slices.Equal(a, b) {
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%s\n%s", a[i], b[i])
			}
		}
	}
}

func TestTwoAtOnce(t *testing.T) {
	in := install(t)
	quiet := func() []*committee {
		every := committees()
		all := []*committee{every[1], every[5]}
		for _, p := range all[0].People {
			p.Login = ""
		}
		return all
	}
	failed := make(chan error, 2)
	for range 2 {
		go func() { failed <- load(in.ctx, in.Product, quiet(), today, nil) }()
	}
	must(t, errors.Join(<-failed, <-failed))
	for what, sql := range map[string]string{
		"matters":       `SELECT count(*)::int - count(DISTINCT (tenant_id, kind, title))::int FROM matters`,
		"people":        `SELECT count(*)::int - count(DISTINCT (tenant_id, name))::int FROM memberships`,
		"units":         `SELECT count(*)::int - count(DISTINCT (tenant_id, name))::int FROM units`,
		"marks of ends": `SELECT count(*)::int - 2 FROM audit_log WHERE action = 'loadDemo'`,
	} {
		if n := in.number(sql); n != 0 {
			t.Errorf("%d %s too many", n, what)
		}
	}
}

func TestTooEarly(t *testing.T) {
	in := install(t)
	_, err := Load(clock.With(context.Background(), instant(shanghai(2024, 12, 27, 9, 0))), in.Product, nil)
	if !errs.Is(err, errs.Invalid) || in.number(`SELECT count(*)::int FROM tenants`) != 0 {
		t.Fatal(err)
	}
}
