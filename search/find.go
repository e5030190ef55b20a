package search

import (
	"context"
	"slices"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// source is a table whose rows are found: its name in the index, and its type,
// by which package authz says who sees a row of it.
type source struct{ name, table, typ string }

// sources of parts. Of a matter and its proposal everything is seen with the
// matter.
var sources = []source{
	{"REPLY", reply.Table, gen.TypeReply}, {"FEEDBACK", feedback.Table, gen.TypeFeedback}, {"RECORD", record.Table, gen.TypeRecord},
	{"EVENT", event.Table, gen.TypeEvent}, {"ITEM", item.Table, gen.TypeItem}, {"PARTY", party.Table, gen.TypeParty},
	{"ATTACHMENT", attachment.Table, gen.TypeAttachment},
}

// ofShare is a unit's share, found by the unit's name alone.
var ofShare = source{"SHARE", assignment.Table, gen.TypeAssignment}

// ofUnit is what a unit's part in a matter is worth: as much as a name.
const ofUnit = 6

// Counted is up to how many matters are counted; then there are more.
const Counted = 1000

// Place is where a page ends: by points, then the newest first.
type Place struct {
	Score  int
	Opened time.Time
	Matter uuid.UUID
}

// Query is a search as it was understood.
type Query struct {
	words []word
	kinds []string
}

// Parse reads what somebody writes into the search field. What shows nothing
// finds nothing; kinds may be empty.
func Parse(query string, kinds []string) (*Query, error) {
	words, err := parse(query, "query")
	if err == nil && len(kinds) > 40 {
		err = errs.New(errs.Invalid, "kinds 至多 40 个").At("kinds")
	}
	return &Query{words, kinds}, err
}

// Empty: it asks for nothing.
func (q *Query) Empty() bool { return len(q.words) == 0 }

// Find is a page of what the viewer finds, the best first.
func (q *Query) Find(ctx context.Context, after *Place, n int) (_ []Place, err error) {
	defer errs.Wrap(&err, "search.Find(%d words)", len(q.words))
	if q.Empty() {
		return nil, nil
	}
	b := q.found(authz.From(ctx))
	b.WriteString(" SELECT score, opened_at, id FROM found")
	if after != nil {
		b.WriteString(" WHERE (score, opened_at, id) < (").Arg(after.Score).WriteString("::bigint, ").Arg(after.Opened).WriteString("::timestamptz, ").Arg(after.Matter).WriteString("::uuid)")
	}
	b.WriteString(" ORDER BY score DESC, opened_at DESC, id DESC LIMIT ").Arg(n)
	text, args := b.Query()
	return tenants.Collect(ctx, pgx.RowToStructByPos[Place], text, args...)
}

// Count is how many matters the viewer finds, up to Counted + 1.
func (q *Query) Count(ctx context.Context) (n int, err error) {
	defer errs.Wrap(&err, "search.Count(%d words)", len(q.words))
	if q.Empty() {
		return 0, nil
	}
	b := q.found(authz.From(ctx))
	b.WriteString(" SELECT count(*) FROM (SELECT FROM found LIMIT ").Arg(Counted + 1).WriteString(") few")
	text, args := b.Query()
	return n, tenants.Row(ctx, text, args, &n)
}

// found begins a statement: hit is each place in which the viewer reads a word,
// found the matters in which he reads all of them.
func (q *Query) found(v *authz.Viewer) *sql.Builder {
	b := q.hits(v, nil)
	b.WriteString(", found AS (SELECT x.score, m.opened_at, m.id FROM (SELECT matter_id, sum(best) AS score FROM (" +
		"SELECT matter_id, word, max(weight) AS best FROM hit GROUP BY matter_id, word) each_word GROUP BY matter_id HAVING count(*) = ").
		Arg(len(q.words)).WriteString(") x JOIN (").Join(q.seen(v)).WriteString(") m ON m.id = x.matter_id)")
	return b
}

// seen selects the matters that the viewer sees, of the kinds asked for.
func (q *Query) seen(v *authz.Viewer) *sql.Selector {
	m := sql.Table(matter.Table)
	s := sql.Dialect(dialect.Postgres).Select(m.C(matter.FieldID), m.C(matter.FieldOpenedAt)).From(m)
	authz.MatterVisible(v)(s)
	if len(q.kinds) > 0 {
		s.Where(sql.In(m.C(matter.FieldKind), slices.Collect(anys(q.kinds))...))
	}
	return s
}

func anys[T any](list []T) func(func(any) bool) {
	return func(yield func(any) bool) {
		for _, x := range list {
			if !yield(x) {
				return
			}
		}
	}
}

// hits begins a statement with the places where the viewer reads a word, in the
// matters given or in all. Who reads a place is asked once for all words, and
// only in matters that have all of them somewhere: it is what costs most.
func (q *Query) hits(v *authz.Viewer, in []uuid.UUID) *sql.Builder {
	b := begin()
	b.WriteString("WITH ")
	for i, w := range q.words {
		b.WriteString(named(i) + " AS MATERIALIZED (SELECT id FROM search_units(ARRAY(SELECT p.part_id FROM search_parts p WHERE p.source = 'UNIT' AND p.matter_id IS NULL AND ")
		w.stands(b)
		b.WriteString("))), ")
	}
	b.WriteString("place AS MATERIALIZED (")
	for i, w := range q.words {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		word := strconv.Itoa(i)
		b.WriteString("SELECT " + word + " AS word, p.matter_id, p.weight, p.no AS part, NULL::uuid AS unit, p.source, p.part_id FROM search_parts p WHERE ")
		w.marked(b)
		b.WriteString(" AND ")
		within(b, "p.matter_id", in)
		w.stands(b)
		for _, of := range []source{{"PARTY", party.Table, gen.TypeParty}, ofShare} {
			b.WriteString(" UNION ALL SELECT " + word + ", t.matter_id, " + strconv.Itoa(ofUnit) + ", NULL, t.unit_id, '" + of.name + "', t.id FROM " + of.table + " t WHERE ")
			within(b, "t.matter_id", in)
			b.WriteString("t.unit_id IN (SELECT id FROM " + named(i) + ")")
		}
	}
	b.WriteString("), whole AS MATERIALIZED (SELECT * FROM place")
	if len(q.words) > 1 {
		b.WriteString(" WHERE matter_id IN (SELECT matter_id FROM place GROUP BY matter_id HAVING count(DISTINCT word) = ").Arg(len(q.words)).WriteString(")")
	}
	b.WriteString("), hit AS (")
	readable(b, v)
	return b.WriteString(")")
}

// readable are the places whose rows the viewer sees. It is a join for each
// sort of row: as one condition PostgreSQL asked each row of all of them.
func readable(b *sql.Builder, v *authz.Viewer) {
	const columns = "SELECT p.word, p.matter_id, p.weight, p.part, p.unit FROM whole p"
	open := "'MATTER', 'PROPOSAL'"
	for _, of := range slices.Concat(sources, []source{ofShare}) {
		s := seenOf(v, of)
		if s == nil {
			open += ", '" + of.name + "'"
			continue
		}
		b.WriteString(columns + " JOIN (").Join(s).WriteString(") r ON r.id = p.part_id WHERE p.source = '" + of.name + "' UNION ALL ")
	}
	b.WriteString(columns + " WHERE p.source IN (" + open + ")")
}

// seenOf selects the rows that the viewer sees of a matter that he sees, nil for
// all.
func seenOf(v *authz.Viewer, of source) *sql.Selector {
	s := sql.Dialect(dialect.Postgres).Select("id").From(sql.Table(of.table))
	authz.SeenPart[func(*sql.Selector)](v, of.typ)(s)
	if s.P() == nil {
		return nil
	}
	return s
}

func begin() *sql.Builder {
	b := &sql.Builder{}
	b.SetDialect(dialect.Postgres)
	return b
}

func named(i int) string { return "unit_" + strconv.Itoa(i) }

func within(b *sql.Builder, column string, in []uuid.UUID) {
	if in != nil {
		b.WriteString(column + " = ANY (").Arg(in).WriteString("::uuid[]) AND ")
	}
}

// seesPart: the viewer sees the row of which the part p is, in a matter that he
// sees.
func seesPart(b *sql.Builder, v *authz.Viewer) {
	b.WriteString("(p.source IN ('MATTER', 'PROPOSAL')")
	for _, of := range sources {
		b.WriteString(" OR p.source = '" + of.name + "'")
		if s := seenOf(v, of); s != nil {
			b.WriteString(" AND p.part_id IN (").Join(s).WriteString(")")
		}
	}
	b.WriteString(")")
}

// stands: the word stands in the part p.
func (w word) stands(b *sql.Builder) {
	b.WriteString("(true")
	for _, l := range w.looks {
		l.among(b, " AND ")
	}
	for i, also := range w.pinyin {
		also.among(b, []string{" OR ", " AND "}[min(i, 1)])
	}
	b.WriteString(")")
	if len(w.pinyin) > 0 {
		return // the beginning of a word of letters is the word
	}
	for _, piece := range w.pieces {
		b.WriteString(" AND strpos(p.body, ").Arg(piece).WriteString(") > 0")
	}
}

// among: the part p has such a word.
func (l look) among(b *sql.Builder, and string) {
	b.WriteString(and + "strpos(p.words, ").Arg(string(l)).WriteString(") > 0")
}

// marked: the part p is of a matter whose sign has the bits of the word. Some
// have them by chance; stands decides.
func (w word) marked(b *sql.Builder) {
	const signs = "SELECT matter_id FROM search_signs WHERE sign & "
	sign := func(marks []string) {
		b.WriteString("(SELECT search_sign(").Arg(marks).WriteString("::text[]))")
	}
	with := func(marks []string) {
		b.WriteString(signs)
		sign(marks)
		b.WriteString(" = ")
		sign(marks)
	}
	if len(w.marks) == 0 { // nothing that a sign could tell
		b.WriteString("p.matter_id IS NOT NULL")
		return
	}
	b.WriteString("p.matter_id IN (")
	with(w.marks)
	if len(w.pinyin) > 0 {
		b.WriteString(" UNION ")
		with(w.initials)
	}
	b.WriteString(")")
}
