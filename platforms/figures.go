package platforms

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// figure is one counter: a definition in the words of package figures, whose rows
// are the one truth; the number is how many there are.
type figure struct {
	code, label, unit string
	of                string
	among             figures.Condition
}

func one(word string, of ...string) figures.Condition { return figures.Condition{word: {Words: of}} }

func yes(c figures.Condition, word string) figures.Condition {
	c[word] = figures.Asked{Yes: true}
	return c
}

// counters are the counters in the order in which they are shown (domain.md
// 1.6, 1.7, trap 18).
var counters = []figure{
	{"talks", "恳谈", "场", "board_event", one("event", "TALK")},
	{"meetings", "协商会议", "场", "board_event", one("event", "MEETING")},
	{"activities", "履职活动", "场", "board_event", one("event", "ACTIVITY")},
	{"visits", "走访、视察", "次", "board_event", one("event", "VISIT", "INSPECTION")},
	// A talk, a meeting and a visit are different things to take part in: each
	// has its own 人次, and the sum says that it is one.
	{"person_times", "参加人次（各类合计）", "人次", "board_people", nil},
	{"talk_person_times", "恳谈人次", "人次", "board_people", one("event", "TALK")},
	{"meeting_person_times", "协商会议人次", "人次", "board_people", one("event", "MEETING")},
	{"activity_person_times", "履职活动人次", "人次", "board_people", one("event", "ACTIVITY")},
	{"visit_person_times", "走访、视察人次", "人次", "board_people", one("event", "VISIT", "INSPECTION")},
	{"persons", "参加人数", "人", "board_person", nil},
	{"matters", "事项", "件", "board_matter", yes(figures.Condition{}, "own")},
	{"problems_found", "收集问题", "个", "board_item", one("item", "PROBLEM")},
	{"problems_solved", "解决问题", "个", "board_solved", nil},
	{"resolutions", "议定事项", "件", "board_item", one("item", "RESOLUTION")},
	// Done, or claimed: somebody has taken it on.
	{"outcomes", "协商成果", "件", "board_item", yes(one("item", "RESOLUTION"), "taken")},
	{"leads", "招商线索", "条", "board_item", one("item", "LEAD")},
	{"suggestions", "意见建议", "条", "board_item", one("item", "SUGGESTION")},
	{"documents", "微建议等文件", "份", "board_record", one("record", "DOCUMENT")},
	// An opinion to which several links lead is one.
	{"opinions", "社情民意", "条", "board_opinion", nil},
	{"reports", "报告", "份", "board_record", one("record", "REPORT")},
	{"remarks", "群众反映", "条", "board_remark", nil},
}

// definition is the counter for some platforms, or for all.
func (f *figure) definition(platforms []uuid.UUID) *figures.Definition {
	d := &figures.Definition{Code: "platform/" + f.code, Version: 1, Label: f.label, Unit: f.unit, Of: f.of, Among: f.among}
	return d.On(platforms)
}

// bySource is the prefix of the counters of one source each, "source:群众征题".
// Citizens' topics come from the public and are counted with it.
const bySource = "source:"

func sourceFigure(source string) *figure {
	return &figure{bySource + source, source, "件", "board_matter", one("source", source)}
}

// figureOf finds a counter by code, nil when there is none.
func figureOf(code string) *figure {
	if source, ok := strings.CutPrefix(code, bySource); ok {
		if source == "" || len(source) > 4*shortText {
			return nil
		}
		return sourceFigure(source)
	}
	for i := range counters {
		if counters[i].code == code {
			return &counters[i]
		}
	}
	return nil
}

func codeList() string {
	var codes []string
	for _, f := range counters {
		codes = append(codes, f.code)
	}
	return strings.Join(codes, "、")
}

// span is the year and the platform that a counter is about.
type span struct {
	platforms []uuid.UUID // none: all
	year      int
}

// with is a platform and all that are below it, nothing for all platforms.
func with(ctx context.Context, platform *uuid.UUID) ([]uuid.UUID, error) {
	if platform == nil {
		return nil, nil
	}
	type one struct{ ID uuid.UUID }
	rows, err := tenants.Rows[one](ctx, `
		WITH RECURSIVE below AS (SELECT $1::uuid AS id UNION SELECT p.id FROM platforms p JOIN below b ON p.parent_id = b.id) SELECT id FROM below ORDER BY id`, *platform)
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, err
}

func (s span) scope() figures.Scope { return figures.Scope{Kind: figures.Year, Year: s.year} }

// Counter is one figure.
type Counter struct {
	Code   string
	Label  string
	Unit   string // 场, 件, 个, 条, 次, 人次, 人, 份
	Value  int
	Target *int // of the year; of all platforms together, for all platforms
	Pace   *Pace
}

// Names are the codes of the counters and what they are called, in the order in
// which they are shown.
func Names() (out []Counter) {
	for _, f := range counters {
		out = append(out, Counter{Code: f.code, Label: f.label, Unit: f.unit})
	}
	return out
}

// Pace compares how much of the target is done with how much of the year is
// gone.
type Pace struct {
	Gone float64 // share of the year, today included; 1 for a year that is over
	Done float64 // share of the target; may be over 1
	Word string  // 超前, 按期 or 落后
}

// inTime is the share of the target by which a figure may be off and still be
// 按期.
const inTime = 0.05

func paceOf(value, target, year int, today time.Time) *Pace {
	from, to := clock.Date(year, 1, 1), clock.Date(year+1, 1, 1)
	days := to.Sub(from).Hours() / 24
	p := &Pace{Done: float64(value) / float64(target), Word: "按期"}
	p.Gone = min(max((today.Sub(from).Hours()/24+1)/days, 0), 1)
	switch {
	case p.Done > p.Gone+inTime:
		p.Word = "超前"
	case p.Done < p.Gone-inTime, p.Gone == 1 && p.Done < 1:
		p.Word = "落后"
	}
	return p
}

// checkYear keeps years to those that anybody can mean.
func checkYear(year int) error {
	if year < 2000 || year > 2099 {
		return errs.New(errs.Invalid, "请填写四位年份").At("year")
	}
	return nil
}

// Counters answers all figures of a platform with those below it, or of all
// platforms together, for a calendar year in Shanghai: two statements for the
// figures, two for the platforms. Targets are the platform's own.
func (s *Service) Counters(ctx context.Context, platformID *uuid.UUID, year int) (_ []Counter, err error) {
	defer errs.Wrap(&err, "platforms.Counters(%d)", year)
	if err := look(ctx); err != nil {
		return nil, err
	}
	if err := checkYear(year); err != nil {
		return nil, err
	}
	q := s.client.Platform.Query()
	if platformID != nil {
		q.Where(platform.ID(*platformID))
	}
	list, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	if platformID != nil && len(list) == 0 {
		return nil, errs.New(errs.NotFound, "没有这个平台，或您无权查看")
	}
	of, err := with(ctx, platformID)
	if err != nil {
		return nil, err
	}
	out, err := count(ctx, span{of, year})
	if err != nil {
		return nil, err
	}
	sources, err := countSources(ctx, span{of, year}, list)
	if err != nil {
		return nil, err
	}
	out = append(out, sources...)
	today := clock.Today(ctx)
	for i := range out {
		out[i].aim(list, year, today)
	}
	return out, nil
}

// aim adds target and pace.
func (c *Counter) aim(list []*gen.Platform, year int, today time.Time) {
	for _, p := range list {
		if t := target(p, year, c.Code); t != nil {
			sum := *t
			if c.Target != nil {
				sum += *c.Target
			}
			c.Target = &sum
		}
	}
	if c.Target != nil {
		c.Pace = paceOf(c.Value, *c.Target, year, today)
	}
}

// count asks for all counters at once.
func count(ctx context.Context, s span) ([]Counter, error) {
	var list []*figures.Definition
	for i := range counters {
		list = append(list, counters[i].definition(s.platforms))
	}
	values, err := figures.Tally(ctx, list, s.scope(), "")
	if err != nil {
		return nil, err
	}
	out := make([]Counter, len(counters))
	for i, f := range counters {
		out[i] = Counter{Code: f.code, Label: f.label, Unit: f.unit, Value: values[i].Numerator}
	}
	return out, nil
}

// mostSources is how many sources are counted.
const mostSources = 100

// countSources counts by source: first those that the platforms list, then
// what else there is, the most frequent first.
func countSources(ctx context.Context, s span, list []*gen.Platform) ([]Counter, error) {
	all := figure{"sources", "议题来源", "件", "board_matter", figures.Condition{"source": {Words: []string{""}, None: true}}}
	values, err := figures.Tally(ctx, []*figures.Definition{all.definition(s.platforms)}, s.scope(), "source")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range list {
		names = append(names, p.Sources...)
	}
	numbers := map[string]int{}
	for _, p := range values[0].Parts[:min(len(values[0].Parts), mostSources)] {
		names, numbers[p.Key] = append(names, p.Key), p.Numerator
	}
	var out []Counter
	for i, name := range names {
		if !slices.Contains(names[:i], name) {
			f := sourceFigure(name)
			out = append(out, Counter{Code: f.code, Label: f.label, Unit: f.unit, Value: numbers[name]})
		}
	}
	return out, nil
}

// FigureRows are rows behind a figure.
type FigureRows struct {
	Of   string // as ent names the type
	IDs  []uuid.UUID
	Next uuid.UUID // after which the next page begins; the nil UUID when this is the last
}

// rowsOf is a page of the rows of a counter, whoever sees them, by id, and one more
// where there is a next page.
func rowsOf(ctx context.Context, d *figures.Definition, s span, after uuid.UUID, limit int) ([]figures.Row, error) {
	return figures.RowsOf(ctx, d, figures.Rows{Scope: s.scope(), After: after, Limit: limit})
}

// MostRows bounds a page of rows.
const MostRows = 100

// Rows answers the rows behind a figure that belong to matters which the viewer
// sees, by id, from after on; limit is 1 to 100. Who sees all of the
// committee's matters gets as many as the figure says; in between, a page may
// be shorter than its limit and still have a next one.
func (s *Service) Rows(ctx context.Context, platformID *uuid.UUID, year int, code string, after uuid.UUID, limit int) (_ *FigureRows, err error) {
	defer errs.Wrap(&err, "platforms.Rows(%s)", code)
	if err := look(ctx); err != nil {
		return nil, err
	}
	if err := checkYear(year); err != nil {
		return nil, err
	}
	f := figureOf(code)
	if f == nil {
		return nil, errs.New(errs.Invalid, "没有计数“%.40s”；可用的有 %s", code, codeList()).At("code")
	}
	if limit < 1 || limit > MostRows {
		return nil, errs.New(errs.Invalid, "每页 1 至 %d 条", MostRows).At("limit")
	}
	under, err := with(ctx, platformID)
	if err != nil {
		return nil, err
	}
	d := f.definition(under)
	page, err := rowsOf(ctx, d, span{under, year}, after, limit)
	if err != nil {
		return nil, err
	}
	out := &FigureRows{Of: d.Type(), IDs: []uuid.UUID{}}
	if len(page) > limit {
		page = page[:limit]
		out.Next = page[limit-1].ID
	}
	var of []uuid.UUID
	for _, r := range page {
		of = append(of, *r.Matter)
	}
	seen, err := s.client.Matter.Query().Where(matter.IDIn(of...)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range page {
		if slices.Contains(seen, *r.Matter) {
			out.IDs = append(out.IDs, r.ID)
		}
	}
	return out, nil
}

// VenueCount is how many venues of a category are open today (LS-02).
type VenueCount struct {
	Category string // the committee's own word, else the name of the kind
	Level    string
	Value    int
}

// Venues counts the venues that are open today, by category and level, the
// largest first; the register itself is the list of units of the line VENUE.
func (s *Service) Venues(ctx context.Context) (_ []VenueCount, err error) {
	defer errs.Wrap(&err, "platforms.Venues")
	if err := look(ctx); err != nil {
		return nil, err
	}
	out, err := tenants.Rows[VenueCount](ctx, `
		SELECT coalesce(nullif(category, ''), kind), coalesce(level, ''), count(*) FROM units u
		WHERE line = 'VENUE' AND in_force(u, $1)
		GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`, clock.Today(ctx))
	for i, v := range out {
		if name, ok := venueKinds[v.Category]; ok {
			out[i].Category = name
		}
	}
	return out, err
}

// venueKinds are the names of the kinds of venue, for those without a category.
var venueKinds = map[string]string{
	"VENUE_HOME": "委员之家", "VENUE_STATION": "委员工作站", "VENUE_STUDIO": "委员工作室", "VENUE_ROOM": "协商议事室",
	"VENUE_SECTOR_STATION": "界别活动站", "VENUE_PARLOUR": "委员会客厅", "VENUE_POST": "委员履职岗",
}
