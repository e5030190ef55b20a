package platforms

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// RowType is what the rows behind a figure are.
type RowType string

// The types of rows, as ent names them.
const (
	RowEvent      RowType = gen.TypeEvent
	RowAttendance RowType = gen.TypeAttendance
	RowParty      RowType = gen.TypeParty
	RowMatter     RowType = gen.TypeMatter
	RowItem       RowType = gen.TypeItem
	RowRecord     RowType = gen.TypeRecord
)

// figure defines one counter. Its rows are the one truth: the number is how
// many there are. The query answers the id of each row and of its matter; it
// may use span (see counted) and mine, the condition on matters m.
type figure struct {
	code, label, unit string
	of                RowType
	query             string
}

// mine keeps to the matters of the platform, or of any platform.
const mine = `m.platform_id IS NOT NULL AND (span.platform IS NULL OR m.platform_id = span.platform)`

// held are the events of some kinds that took place in the year.
func held(kinds string) string {
	return `SELECT e.id, e.matter_id AS matter FROM span, events e JOIN matters m ON m.id = e.matter_id
		WHERE e.kind IN (` + kinds + `) AND e.state = 'HELD' AND e."on" >= span.day0 AND e."on" < span.day1 AND ` + mine
}

// known leaves out what belongs to a visit that is concealed still: it counts
// nothing until it has been held (domain.md trap 17).
func known(event string) string {
	return ` AND NOT EXISTS (SELECT FROM events c WHERE c.id = ` + event + ` AND c.concealed AND c.state <> 'HELD')`
}

// raised is the day on which an item came up: that of its event, else that on
// which it was entered.
const raised = `coalesce(ev."on", (i.created_at AT TIME ZONE 'Asia/Shanghai')::date)`

// items are the items of a kind that came up in the year and keep to a further
// condition.
func items(kind, further string) string {
	return `SELECT i.id, i.matter_id AS matter FROM span, items i JOIN matters m ON m.id = i.matter_id LEFT JOIN events ev ON ev.id = i.event_id
		WHERE i.kind = '` + kind + `' AND ` + raised + ` >= span.day0 AND ` + raised + ` < span.day1 AND ` + mine + known(`i.event_id`) + further
}

// dated is the day of a record: its own, else that on which it was entered.
const dated = `coalesce(r."on", (r.created_at AT TIME ZONE 'Asia/Shanghai')::date)`

func records(kind string) string {
	return `SELECT r.id, r.matter_id AS matter FROM span, records r JOIN matters m ON m.id = r.matter_id
		WHERE r.kind = '` + kind + `' AND ` + dated + ` >= span.day0 AND ` + dated + ` < span.day1 AND ` + mine + known(`r.event_id`)
}

// attended are the attendances of the year, with their parties.
const attended = ` FROM span, attendances a JOIN events e ON e.id = a.event_id JOIN matters m ON m.id = a.matter_id JOIN parties p ON p.id = a.party_id
		WHERE a.status = 'ATTENDED' AND e.state = 'HELD' AND e."on" >= span.day0 AND e."on" < span.day1 AND ` + person + ` AND ` + mine

// person leaves out units among the parties: one is written down by its own
// name, or as a department of which nobody is named with post or organisation.
// Who comes for a unit is named himself.
const person = `(p.membership_id IS NOT NULL OR NOT (
		btrim(coalesce(p.name, '')) <> '' AND btrim(p.name) = btrim(coalesce(p.organisation, ''))
		OR p.unit_id IS NOT NULL AND btrim(coalesce(p.name, '')) = ''
		OR coalesce(p.kind, '') IN ('DEPARTMENT', 'SUPERVISED_UNIT') AND btrim(coalesce(p.post, '')) = '' AND btrim(coalesce(p.organisation, '')) = ''
		OR EXISTS (SELECT FROM units u WHERE u.name = btrim(p.name))))`

// times are the attendances at events of some kinds, of any for "".
func times(kinds string) string {
	q := `SELECT a.id, a.matter_id AS matter` + attended
	if kinds != "" {
		q += ` AND e.kind IN (` + kinds + `)`
	}
	return q
}

// opened are the matters of the platforms without citizens' topics, unless
// topics are what a platform is for. Matters of a process that the platform
// once ran go on counting.
const opened = `SELECT m.id, m.id AS matter FROM span, matters m JOIN platforms pl ON pl.id = m.platform_id
		WHERE (m.kind <> '` + TopicKind + `' OR pl.process_kind = '` + TopicKind + `') AND m.opened_at >= span.start AND m.opened_at < span.until AND ` + mine

// active parties take part still.
const active = `p.cosign NOT IN ('CANCELLED', 'DECLINED', 'EXPIRED')`

// figures are the counters in the order in which they are shown (domain.md
// 1.6, 1.7, trap 18).
var figures = []figure{
	{"talks", "恳谈", "场", RowEvent, held(`'TALK'`)},
	{"meetings", "协商会议", "场", RowEvent, held(`'MEETING'`)},
	{"activities", "履职活动", "场", RowEvent, held(`'ACTIVITY'`)},
	{"visits", "走访、视察", "次", RowEvent, held(`'VISIT', 'INSPECTION'`)},
	// A talk, a meeting and a visit are different things to take part in: each
	// has its own 人次, and the sum says that it is one.
	{"person_times", "参加人次（各类合计）", "人次", RowAttendance, times("")},
	{"talk_person_times", "恳谈人次", "人次", RowAttendance, times(`'TALK'`)},
	{"meeting_person_times", "协商会议人次", "人次", RowAttendance, times(`'MEETING'`)},
	{"activity_person_times", "履职活动人次", "人次", RowAttendance, times(`'ACTIVITY'`)},
	{"visit_person_times", "走访、视察人次", "人次", RowAttendance, times(`'VISIT', 'INSPECTION'`)},
	// A person is a membership, else a name; a party without either stands for itself.
	{"persons", "参加人数", "人", RowParty, `SELECT DISTINCT ON (coalesce(p.membership_id::text, nullif(btrim(p.name), ''), p.id::text)) p.id, a.matter_id AS matter` +
		attended + ` ORDER BY coalesce(p.membership_id::text, nullif(btrim(p.name), ''), p.id::text), p.id, a.id`},
	{"matters", "事项", "件", RowMatter, opened},
	{"problems_found", "收集问题", "个", RowItem, items("PROBLEM", "")},
	{"problems_solved", "解决问题", "个", RowItem, `SELECT i.id, i.matter_id AS matter FROM span, items i JOIN matters m ON m.id = i.matter_id
		WHERE i.kind = 'PROBLEM' AND i.status = 'DONE' AND i.settled_at >= span.start AND i.settled_at < span.until AND ` + mine + known(`i.event_id`)},
	{"resolutions", "议定事项", "件", RowItem, items("RESOLUTION", "")},
	// Done, or claimed: somebody has taken it on.
	{"outcomes", "协商成果", "件", RowItem, items("RESOLUTION", ` AND (i.status = 'DONE' OR (i.status IN ('OPEN', 'REPORTED') AND (i.unit_id IS NOT NULL OR i.owner <> '')))`)},
	{"leads", "招商线索", "条", RowItem, items("LEAD", "")},
	{"suggestions", "意见建议", "条", RowItem, items("SUGGESTION", "")},
	{"documents", "微建议等文件", "份", RowRecord, records("DOCUMENT")},
	// An opinion to which several links lead is one.
	{"opinions", "社情民意", "条", RowMatter, `SELECT DISTINCT o.id, o.id AS matter FROM span, links l JOIN matters m ON m.id = l.from_id JOIN matters o ON o.id = l.to_id
		WHERE l.kind = 'CONVERTED_TO' AND l.undone_at IS NULL AND o.kind = 'opinion' AND l.created_at >= span.start AND l.created_at < span.until AND ` + mine},
	{"reports", "报告", "份", RowRecord, records("REPORT")},
	{"remarks", "群众反映", "条", RowParty, `SELECT p.id, p.matter_id AS matter FROM span, parties p JOIN matters m ON m.id = p.matter_id
		WHERE p.role = 'RAISER' AND ` + active + ` AND p.created_at >= span.start AND p.created_at < span.until AND ` + mine + known(`p.event_id`)},
}

// bySource is the prefix of the counters of one source each, "source:群众征题".
// Citizens' topics come from the public and are counted with it.
const bySource = "source:"

func sourceFigure(source string) *figure {
	return &figure{bySource + source, source, "件", RowMatter, `SELECT m.id, m.id AS matter FROM span, matters m
		WHERE m.opened_at >= span.start AND m.opened_at < span.until AND m.source = span.source AND ` + mine}
}

// figureOf finds a counter by code, nil when there is none.
func figureOf(code string) *figure {
	if source, ok := strings.CutPrefix(code, bySource); ok {
		if source == "" || len(source) > 4*shortText {
			return nil
		}
		return sourceFigure(source)
	}
	for i := range figures {
		if figures[i].code == code {
			return &figures[i]
		}
	}
	return nil
}

func codeList() string {
	var codes []string
	for _, f := range figures {
		codes = append(codes, f.code)
	}
	return strings.Join(codes, "、")
}

// span is the year and the platform that a figure is about.
type span struct {
	platform *uuid.UUID
	year     int
	source   string
}

// over puts the span before a query.
const over = `WITH span AS (SELECT $1::uuid AS platform, $2::date AS day0, $3::date AS day1, $4::timestamptz AS start, $5::timestamptz AS until, $6::text AS source) `

func (s span) args(more ...any) []any {
	from, to := clock.Date(s.year, 1, 1), clock.Date(s.year+1, 1, 1)
	return append([]any{s.platform, from, to, clock.StartOf(from), clock.StartOf(to), s.source}, more...)
}

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
	for _, f := range figures {
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

// Counters answers all figures of a platform, or of all platforms together, for
// a calendar year in Shanghai: two statements for the figures, one for the
// platforms.
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
	out, err := count(ctx, span{platformID, year, ""})
	if err != nil {
		return nil, err
	}
	sources, err := countSources(ctx, span{platformID, year, ""}, list)
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

// countAll asks for all figures at once.
var countAll = func() string {
	var parts []string
	for i, f := range figures {
		parts = append(parts, fmt.Sprintf("(%d, (SELECT count(*) FROM (%s) q))", i, f.query))
	}
	return over + "SELECT n FROM (VALUES " + strings.Join(parts, ", ") + ") AS c (i, n) ORDER BY i"
}()

func count(ctx context.Context, s span) ([]Counter, error) {
	type number struct{ N int }
	rows, err := tenants.Rows[number](ctx, countAll, s.args()...)
	if err != nil {
		return nil, err
	}
	out := make([]Counter, len(figures))
	for i, f := range figures {
		out[i] = Counter{Code: f.code, Label: f.label, Unit: f.unit, Value: rows[i].N}
	}
	return out, nil
}

// countSources counts by source: first those that the platforms list, then
// what else there is, the most frequent first.
func countSources(ctx context.Context, s span, list []*gen.Platform) ([]Counter, error) {
	type share struct {
		Source string
		N      int
	}
	rows, err := tenants.Rows[share](ctx, over+`SELECT m.source, count(*) FROM span, matters m
		WHERE m.opened_at >= span.start AND m.opened_at < span.until AND m.source <> '' AND `+mine+`
		GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100`, s.args()...)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range list {
		names = append(names, p.Sources...)
	}
	numbers := map[string]int{}
	for _, r := range rows {
		names, numbers[r.Source] = append(names, r.Source), r.N
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
	Of   RowType
	IDs  []uuid.UUID
	Next uuid.UUID // after which the next page begins; the nil UUID when this is the last
}

type row struct{ ID, Matter uuid.UUID }

// rowsOf is a page of the rows of a figure, whoever sees them, by id.
func rowsOf(ctx context.Context, f *figure, s span, after uuid.UUID, limit int) ([]row, error) {
	return tenants.Rows[row](ctx, over+"SELECT q.id, q.matter FROM ("+f.query+") q WHERE q.id > $7 ORDER BY q.id LIMIT $8", s.args(after, limit)...)
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
	page, err := rowsOf(ctx, f, span{platformID, year, strings.TrimPrefix(code, bySource)}, after, limit+1)
	if err != nil {
		return nil, err
	}
	out := &FigureRows{Of: f.of, IDs: []uuid.UUID{}}
	if len(page) > limit {
		page = page[:limit]
		out.Next = page[limit-1].ID
	}
	var of []uuid.UUID
	for _, r := range page {
		of = append(of, r.Matter)
	}
	seen, err := s.client.Matter.Query().Where(matter.IDIn(of...)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range page {
		if slices.Contains(seen, r.Matter) {
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
