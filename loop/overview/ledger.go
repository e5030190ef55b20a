package overview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// MaxLines is the longest list that is exported: what a committee owes in ten
// years, and 200 printed pages.
const MaxLines = 10_000

// chunk is how many lines are read with their people and units at once.
const chunk = 500

// Sheet is a ledger as it is exported.
type Sheet struct {
	Committee string
	By        string // who exported it: name and post
	At        time.Time
	Filter    []string // the filter's sentences; none: everything that he sees
	Lines     []Line
}

// Line is one item with everything that is printed of it.
type Line struct {
	ID        uuid.UUID
	Kind      string
	Year      int    // of its loop; 0: of none
	Matter    string // title of what it belongs to; empty where that is the item itself
	Number    string
	Text      string
	Unit      string // 定单位
	Leader    string // 定领导
	Officer   string // 定人员
	Duty      string // 定责任
	Due       *time.Time
	Effect    string // 定效果, with its measure
	Key       bool
	Difficult bool
	Nodes     []Node // by day
	State     string
	Overdue   bool
	Evidence  string // or, of a problem, its cause and the agreed solution
	Told      string // what the district let be known
}

// Node is one node of a task.
type Node struct {
	Text, State string
	Due         *time.Time
	Overdue     bool
}

// Sheet reads the ledger for an export, as far as the viewer sees it. More than
// MaxLines lines are Limited.
func (s *Service) Sheet(ctx context.Context, f Filter) (*Sheet, error) {
	return s.sheet(ctx, f, MaxLines)
}

func (s *Service) sheet(ctx context.Context, f Filter, most int) (_ *Sheet, err error) {
	defer errs.Wrap(&err, "overview.Sheet")
	where, err := f.Predicate(ctx)
	if err != nil {
		return nil, err
	}
	// One statement says which lines and in which order; what is read after it
	// can change none of that.
	ids, err := s.client.Item.Query().Where(where).Order(Order()...).Limit(most + 1).IDs(ctx)
	if err != nil {
		return nil, err
	}
	if len(ids) > most {
		return nil, errs.New(errs.Limited, "符合条件的超过 %d 条，请加上年度、单位或期限，分几次导出", most)
	}
	out := &Sheet{At: clock.Now(ctx), Lines: make([]Line, 0, len(ids))}
	if v := authz.From(ctx); v != nil {
		out.By = signed(v.Name, v.Post)
	}
	if out.Committee, err = s.committee(ctx); err != nil {
		return nil, err
	}
	if out.Filter, err = s.says(ctx, f); err != nil {
		return nil, err
	}
	for some := range slices.Chunk(ids, chunk) {
		lines, err := s.lines(ctx, some)
		if err != nil {
			return nil, err
		}
		out.Lines = append(out.Lines, lines...)
	}
	return out, nil
}

func (s *Service) committee(ctx context.Context) (string, error) {
	id, err := tenants.Current(ctx)
	if err != nil {
		return "", err
	}
	t, err := s.client.Tenant.Query().Where(tenant.ID(id)).Only(ctx)
	if err != nil {
		return "", err
	}
	return t.Name, nil
}

// lines reads items with all that is printed of them, in the order of ids.
func (s *Service) lines(ctx context.Context, ids []uuid.UUID) ([]Line, error) {
	rows, err := s.client.Item.Query().Where(item.IDIn(ids...)).
		WithMatter().WithUnit().WithLeader().WithOfficer().
		WithChildren(func(q *gen.ItemQuery) { q.Where(item.KindEQ(item.KindNODE)).Order(Order()...) }).All(ctx)
	if err != nil {
		return nil, err
	}
	matters := make([]uuid.UUID, len(rows))
	byID := make(map[uuid.UUID]*gen.Item, len(rows))
	for n, i := range rows {
		matters[n], byID[i.ID] = i.MatterID, i
	}
	defs, err := s.engine.Definitions(ctx, matters...)
	if err != nil {
		return nil, err
	}
	years, err := yearsOf(ctx, matters)
	if err != nil {
		return nil, err
	}
	names, err := s.partners(ctx, rows)
	if err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	out := make([]Line, 0, len(ids))
	for _, id := range ids {
		if i := byID[id]; i != nil && i.Edges.Matter != nil { // gone since: no line
			l := newLine(i, names, today)
			l.Year = years[i.MatterID]
			if i.Kind == item.KindTASK {
				l.State = label(defs[i.MatterID], i.Edges.Matter.State)
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// yearsOf finds the handling years of the loops to which matters belong. It
// says no more of a loop than that.
func yearsOf(ctx context.Context, matters []uuid.UUID) (map[uuid.UUID]int, error) {
	type of struct {
		ID   uuid.UUID
		Year int
	}
	rows, err := tenants.Rows[of](ctx, loopsFrom+"true"+loopsTo+"SELECT id, min(year) AS year FROM of_loop WHERE id = ANY($1) GROUP BY id", matters)
	out := make(map[uuid.UUID]int, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Year
	}
	return out, err
}

func label(def *process.Definition, state string) string {
	if s := def.Machines[process.OfMatter].State(state); s != nil {
		return s.Label
	}
	return state
}

func newLine(i *gen.Item, names map[string]string, today time.Time) Line {
	m := i.Edges.Matter
	l := Line{
		ID: i.ID, Kind: kindLabels[i.Kind], Number: m.Number, Text: i.Text, Unit: i.Owner, Leader: i.LeaderPost, Officer: i.OfficerPost,
		Duty: i.Duty, Due: i.DueOn, Effect: joined(i.Effect, i.Measure), Key: i.Key, Difficult: i.Difficult,
		State: statusLabels[i.Status], Overdue: late(i, today), Evidence: i.Evidence,
	}
	if m.Title != i.Text {
		l.Matter = m.Title
	}
	if u := i.Edges.Unit; u != nil {
		l.Unit = u.Name
	}
	if i.Partner != "" {
		l.Unit = named(names, i, m)
		l.Told = joined(text(m.Mirror, "on"), text(m.Mirror, "status"))
	}
	if p := i.Edges.Leader; p != nil {
		l.Leader = signed(p.Name, or(i.LeaderPost, p.Post))
	}
	if p := i.Edges.Officer; p != nil {
		l.Officer = signed(p.Name, or(i.OfficerPost, p.Post))
	}
	if i.Kind == item.KindPROBLEM {
		l.Evidence = joined(prefixed("原因：", i.Cause), prefixed("办法：", i.Solution), i.Evidence)
	}
	for _, n := range i.Edges.Children {
		l.Nodes = append(l.Nodes, Node{Text: n.Text, State: statusLabels[n.Status], Due: n.DueOn, Overdue: late(n, today) && m.ClosedAt == nil})
	}
	return l
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "；")
}

func signed(name, post string) string {
	if post == "" || post == name {
		return name
	}
	return fmt.Sprintf("%s（%s）", name, post)
}

// says puts the filter into sentences. What the viewer does not see has no
// name in them.
func (s *Service) says(ctx context.Context, f Filter) (out []string, err error) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if len(f.Kinds) > 0 {
		say("类别：%s", list(f.Kinds, kindLabels))
	}
	if f.Cohort != nil {
		title, err := s.client.Matter.Query().Where(matter.ID(*f.Cohort)).Select(matter.FieldTitle).Strings(ctx)
		if err != nil {
			return nil, err
		}
		say("一号提案：%s", strings.Join(append(title, "（一件）")[:1], ""))
	}
	if f.Year != nil {
		say("年度：%d", *f.Year)
	}
	if f.OpenBefore != nil {
		say("%d 年度以前、尚未了结", *f.OpenBefore)
	}
	if len(f.Units) > 0 {
		names, err := s.client.Unit.Query().Where(unit.IDIn(f.Units...)).Order(unit.ByName()).Select(unit.FieldName).Strings(ctx)
		if err != nil {
			return nil, err
		}
		say("单位：%s", or(strings.Join(names, "、"), "（不在本政协）"))
	}
	if f.Partner != "" {
		names, err := s.partners(ctx, []*gen.Item{{Partner: f.Partner}})
		if err != nil {
			return nil, err
		}
		say("交给：%s", or(names[f.Partner], f.Partner))
	}
	return append(out, f.says()...), nil
}

// says puts into sentences what needs no names.
func (f Filter) says() (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if len(f.Statuses) > 0 {
		say("状态：%s", list(f.Statuses, statusLabels))
	}
	for _, mark := range []struct {
		is      *bool
		yes, no string
	}{{f.Key, "重点", "非重点"}, {f.Difficult, "难点", "非难点"}, {f.Overdue, "已逾期", "未逾期"}, {f.FromAbove, "上级政协交办", "非上级政协交办"}} {
		switch {
		case mark.is == nil:
		case *mark.is:
			say("%s", mark.yes)
		default:
			say("%s", mark.no)
		}
	}
	switch {
	case f.DueFrom != nil && f.DueTo != nil:
		say("期限：%s 至 %s", shownDay(f.DueFrom), shownDay(f.DueTo))
	case f.DueFrom != nil:
		say("期限：%s 起", shownDay(f.DueFrom))
	case f.DueTo != nil:
		say("期限：%s 止", shownDay(f.DueTo))
	}
	if q := strings.TrimSpace(f.Search); q != "" {
		say("含有“%s”", q)
	}
	return out
}

func list[T comparable](codes []T, labels map[T]string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = labels[c]
	}
	return strings.Join(out, "、")
}

func shownDay(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}
