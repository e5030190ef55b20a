package demo

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/platforms"
)

// boards: LS-18, PL-01, ZS-01.
func (in *installation) boards(t *testing.T) {
	for _, c := range []struct {
		login, tenant, code string
		year                int
		want                map[string]int
	}{
		{"lsk-committee", "旅顺口区政协", "lushishangliang", 2023, map[string]int{"outcomes": 54, "resolutions": 54, "meetings": 9, "documents": 9, "reports": 9, "matters": 9, "source:群众征题": 5}},
		{"pld-committee", "普兰店区政协", "shuangbai", 2023, map[string]int{"talks": 100, "resolutions": 100, "outcomes": 100, "problems_found": 220, "problems_solved": 220, "opinions": 30, "matters": 20}},
		// M13: 400余人次 of source 002 are those of the visits
		{"zs-committee", "中山区政协", "wupeitong", 2024, map[string]int{"matters": 24, "reports": 24, "visits": 48, "visit_person_times": 412, "meeting_person_times": 48, "person_times": 460, "opinions": 8}},
		{"zs-committee", "中山区政协", "yishihui", 2024, map[string]int{"meetings": 1, "visits": 1, "problems_found": 4, "problems_solved": 3}},
		{"zs-committee", "中山区政协", "yiqihui", 2024, map[string]int{"meetings": 1, "problems_found": 3, "problems_solved": 2}},
		{"xg-committee", "西岗区政协", "minzhujiandu", 2023, map[string]int{"matters": 1, "reports": 1, "visits": 2, "suggestions": 1}},
	} {
		in.as(t, c.login, c.tenant, func(ctx context.Context) {
			desk := platforms.New(in.Engine)
			p, err := in.Store.Ent().Platform.Query().Where(platform.Code(c.code)).Only(ctx)
			must(t, err)
			counters, err := desk.Counters(ctx, &p.ID, c.year)
			must(t, err)
			for _, x := range counters {
				if want, ok := c.want[x.Code]; ok && x.Value != want {
					t.Errorf("%s %d: %d %s %s, want %d", c.code, c.year, x.Value, x.Unit, x.Label, want)
				}
				if rows := in.rows(t, ctx, p.ID, c.year, x.Code); rows != x.Value {
					t.Errorf("%s %d: %s is %d and has %d rows", c.code, c.year, x.Label, x.Value, rows)
				}
				if target := map[string]int{"talks": 100, "resolutions": 100}[x.Code]; c.code == "shuangbai" && target > 0 && (x.Target == nil || *x.Target != target || x.Pace.Done != 1) {
					t.Errorf("%s: target %v", x.Label, x.Target)
				}
			}
		})
	}
	spoken := in.number(`SELECT count(*)::int FROM steps s JOIN matters m ON m.id = s.matter_id WHERE m.kind = 'wupeitong' AND s.action = 'select'`)
	if spoken != 4 {
		t.Errorf("%d reports were heard, want 4", spoken)
	}
}

// rows are how many rows a counter has, page by page.
func (in *installation) rows(t *testing.T, ctx context.Context, p uuid.UUID, year int, code string) (n int) {
	t.Helper()
	for after := uuid.Nil; ; {
		page, err := platforms.New(in.Engine).Rows(ctx, &p, year, code, after, platforms.MostRows)
		must(t, err)
		n += len(page.IDs)
		if after = page.Next; after == uuid.Nil {
			return n
		}
	}
}

func (in *installation) venues(t *testing.T) {
	in.as(t, "lsk-admin", "旅顺口区政协", func(ctx context.Context) {
		list, err := platforms.New(in.Engine).Venues(ctx)
		must(t, err)
		got, sum := map[string]int{}, 0
		for _, v := range list {
			got[v.Category] += v.Value
			sum += v.Value
		}
		if want := map[string]int{"“两代表一委员之家”": 9, "“两代表一委员”工作室": 92, "政协委员个人工作室": 19, "党派委员工作室": 1}; sum != 121 || !maps.Equal(got, want) {
			t.Errorf("%d: %v", sum, got)
		}
	})
	// two roles of 中山's own hang on posts of its stations, and its process names them
	if n := in.number(`SELECT count(*)::int FROM roles r JOIN tenants t ON t.id = r.tenant_id WHERE t.code = '210202' AND r.code LIKE 'own\_%' AND r.since IS NOT NULL`); n != 2 {
		t.Errorf("%d roles of its own", n)
	}
	if n := in.number(`SELECT count(*)::int FROM awaited a JOIN matters m ON m.id = a.matter_id WHERE m.kind = 'zhanliao' AND a.role = 'own_convener' AND NOT a.instead`); n != 1 {
		t.Errorf("%d visits wait for the head of the station", n)
	}
	if n := in.number(`SELECT count(*)::int FROM matters WHERE kind = 'zhanliao' AND closed_at IS NOT NULL`); n != 1 {
		t.Errorf("%d visits are settled", n)
	}
	below := in.number(`SELECT count(*)::int FROM units u JOIN units h ON h.id = u.parent_id AND h.kind = 'VENUE_HOME' WHERE u.category = '“两代表一委员”工作室'`)
	heads := in.number(`SELECT count(*)::int FROM seats s JOIN units u ON u.id = s.unit_id JOIN tenants t ON t.id = u.tenant_id WHERE t.code = '210212' AND s.post = 'STATION_HEAD'`)
	if below != 92 || heads != 6 {
		t.Errorf("%d studios below homes, %d heads", below, heads)
	}
}

func (in *installation) everyStep(t *testing.T) {
	got := query(in, pgx.RowTo[string], `SELECT DISTINCT state FROM matters WHERE kind = 'lushun' AND closed_at IS NULL`)
	for _, want := range []string{"TOPIC_COLLECTED", "SCREENED", "SUBMITTED_TO_STREET", "TOPIC_APPROVED", "PARTIES_SET", "RESEARCHED", "HELD", "REPORTED", "FOLLOWING"} {
		if !slices.Contains(got, want) {
			t.Errorf("nothing is %s", want)
		}
	}
	topics := query(in, pgx.RowTo[string], `SELECT state FROM matters WHERE kind = 'topic' ORDER BY 1`)
	if want := []string{"ACCEPTED", "ANSWERED", "DECLINED", "RECEIVED"}; !slices.Equal(topics, want) {
		t.Error(topics)
	}
}

func (in *installation) told(t *testing.T) {
	titles := query(in, pgx.RowTo[string], `SELECT title FROM matters WHERE kind = 'lushun'`)
	for _, want := range []string{"盐场新村回迁区房产证", "破解柏杨路杨树沟路段交通安全问题", "推进更高水平“平安旅顺”建设", "加强农村生产生活垃圾分类治理", "缓解企业用工难、留工难"} {
		if !slices.Contains(titles, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if n := in.number(`SELECT count(*)::int FROM matters WHERE kind = 'lushun' AND data ? 'planNote'`); n != 3 {
		t.Errorf("%d topics sank from the plan, want 3", n)
	}
	for login, tenant := range map[string]string{"lsk-admin": "旅顺口区政协", "pld-admin": "普兰店区政协"} {
		in.as(t, login, tenant, func(ctx context.Context) {
			p, err := in.Engine.CurrentPolicy(ctx)
			must(t, err)
			keys := map[string][]string{"lsk-admin": {"two_six"}, "pld-admin": {"three_none", "three_have"}}[login]
			for _, key := range keys {
				c := p.Checklists[key]
				if c.Waived == "" || !c.Ready() || slices.ContainsFunc(c.Items, func(i process.CheckItem) bool { return i.Text != "" }) {
					t.Errorf("%s: %+v", key, c)
				}
			}
		})
	}
	if n := in.number(`SELECT count(*)::int FROM seats WHERE post = 'SUPERVISOR' AND initiator = '政协委派'`); n != 3 {
		t.Errorf("%d commissioners", n)
	}
	forms := query(in, pgx.RowTo[string], `SELECT DISTINCT form FROM events WHERE form <> '' ORDER BY 1`)
	for _, want := range []string{"分组视察", "座谈", "问卷调查", "暗访"} {
		if !slices.Contains(forms, want) {
			t.Errorf("no %s in %v", want, forms)
		}
	}
	leads := query(in, pgx.RowTo[string], `SELECT state FROM matters WHERE kind = 'zhaoshang' ORDER BY 1`)
	if want := []string{"CATALOGUED", "FAILED", "LANDED", "PROVIDED", "TRACKING"}; !slices.Equal(leads, want) {
		t.Error(leads)
	}
}

func (in *installation) concealed(t *testing.T) {
	for title, who := range map[string]map[string][]string{
		"到助餐点排队就餐": {"中山区政协": {"zs-fagai-liaison", "zs-chair", "zs-street-taoyuan", "zs-admin"}},
		"暗访养老机构":   {"西岗区政协": {"xg-minzheng-liaison", "xg-sg", "xg-admin", "xg-supervisor-2"}},
	} {
		for tenant, logins := range who {
			for _, login := range logins {
				in.as(t, login, tenant, func(ctx context.Context) {
					if n, err := in.Store.Ent().Event.Query().Where(event.Title(title)).Count(ctx); err != nil || n != 0 {
						t.Error(login, n, err)
					}
				})
			}
			in.as(t, logins[0], tenant, func(ctx context.Context) {
				if _, err := in.Store.Ent().Event.Query().Where(event.Title(title)).Only(authz.System(ctx)); gen.IsNotFound(err) {
					t.Errorf("there is no %s", title)
				}
			})
		}
	}
}
