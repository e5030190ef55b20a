package oversight

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Light is how much is late in a district, by what it shares.
type Light string

// Freshness is how old what a district told is.
type Freshness string

// The lights: nothing that was due is late; at most a tenth; more; nothing was
// due, which is no merit; and a district that shares neither of the figures by
// which it is told.
const (
	Green      Light = "GREEN"
	Yellow     Light = "YELLOW"
	Red        Light = "RED"
	NothingDue Light = "NOTHING_DUE"
	Unknown    Light = "UNKNOWN"
)

// The ages: told on the day or the one before; within a week; before; never.
const (
	Fresh  Freshness = "FRESH"
	Late   Freshness = "LATE"
	Silent Freshness = "SILENT"
	Never  Freshness = "NEVER"
)

const (
	freshDays = 1
	lateDays  = 7
)

// lateness are the figures by which a light is told: what was due, and what of
// it came in time.
var lateness = []string{"on_time_rate", "node_rate"}

// Usual are the figures that are compared when none are named (domain.md 10.3).
var Usual = []string{"received", "filed", "assigned", "reply_rate", "on_time_rate", "face_rate", "satisfaction_rate", "completion_rate", "node_rate"}

// mostDistricts bounds a page.
const mostDistricts = 100

// Question is what is asked of all districts at once.
type Question struct {
	Codes []string     // nil: Usual
	Kind  figures.Kind // empty: since the sitting
	Year  int          // of a sitting: for which it was held; 0: the latest that any district told
	Split string       // empty: the whole
	AsOf  time.Time    // zero: today
	After string       // the partner after whose code the page begins
	First int
}

// District is what the city knows of one.
type District struct {
	Agreement   uuid.UUID // zero where nothing is agreed
	Partner     string
	PartnerName string
	Shares      bool // figures come from it by an agreement
	Crosses     bool // that agreement is in force here
	Terms       Terms
	ScopeName   string // as the district calls it; empty where it did not tell
	Opens       *time.Time
	Closes      *time.Time
	AsOf        *time.Time // the last day for which it told that everything stands
	At          *time.Time // when it said so
	Freshness   Freshness
	Light       Light
	Values      []Value // one for each code that was asked, in that order
	Cohorts     []Cohort
}

// Cohort is one of the loops that run at a time in a district, by which of its
// three years it is in; it is told where figures are split by cohort. One of which
// the district told nothing is not among them.
type Cohort struct {
	Phase string // PRESTUDY, HANDLING, SUPERVISION
	Label string
	Light Light
	Parts []CohortPart // one for each code that was asked, in that order
}

// CohortPart is one figure of a cohort; without a number where it is hidden, or
// the district counted none of it.
type CohortPart struct {
	Code   string
	Told   bool
	Number figures.Number
}

// Value is one figure of one district.
type Value struct {
	Code    string
	Label   string
	Unit    string
	Hidden  bool // the district has narrowed it, or had then
	Told    bool // there is a number
	Number  figures.Number
	Version int  // of the definition by which it was counted
	Same    bool // that is the version here
	AsOf    time.Time
	MovedOn time.Time
	Parts   []figures.Part
}

func (q *Question) wrong(ctx context.Context) error {
	q.Kind = cmp.Or(q.Kind, figures.Since)
	if q.Codes == nil {
		q.Codes = Usual
	}
	today := clock.Today(ctx)
	if q.AsOf.IsZero() {
		q.AsOf = today
	}
	switch {
	case len(q.Codes) == 0 || len(q.Codes) > figures.MostCodes:
		return errs.New(errs.Invalid, "一次问 1 至 %d 个指标", figures.MostCodes).At("codes")
	case !known(q.Kind, cmp.Or(q.Year, today.Year())):
		return errs.New(errs.Invalid, "统计范围只能是会议期间、会议以来或自然年，年份为四位数").At("year")
	case q.Split != "" && !slices.Contains(Splits, q.Split):
		return errs.New(errs.Invalid, "各区的指标不能按“%.40s”拆分", q.Split).At("split")
	case q.AsOf.After(today):
		return errs.New(errs.Invalid, "截至日期不能晚于今天").At("asOf")
	case q.First < 1 || q.First > mostDistricts:
		return errs.New(errs.Invalid, "每页条数应在 1 到 %d 之间，请修改后再查", mostDistricts).At("first")
	}
	for i, c := range q.Codes {
		if !codeForm.MatchString(c) {
			return errs.New(errs.Invalid, "没有指标“%.40s”", c).At("codes")
		}
		if slices.Contains(q.Codes[:i], c) {
			return errs.New(errs.Invalid, "指标“%.40s”问了两次", c).At("codes")
		}
	}
	return nil
}

// Compare answers a page of districts by code, in one round trip whatever their
// number. What a district does not share is named and has no number.
func (s *Service) Compare(ctx context.Context, q Question) (_ []District, more bool, err error) {
	defer errs.Wrap(&err, "oversight.Compare(%s %d)", q.Kind, q.Year)
	if _, err := authz.Require(ctx, figures.Read); err != nil {
		return nil, false, err
	}
	if err := q.wrong(ctx); err != nil {
		return nil, false, err
	}
	var rows []districtRow
	came := map[asked]valueRow{}
	err = tenants.Together(ctx, q.statements(ctx), func(i int, from pgx.Rows) error {
		for from.Next() {
			if i == 0 {
				var r districtRow
				if err := r.scan(from); err != nil {
					return err
				}
				rows = append(rows, r)
				continue
			}
			var of asked
			var v valueRow
			if err := v.scan(&of, from); err != nil {
				return err
			}
			came[of] = v
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > q.First; more {
		rows = rows[:q.First]
	}
	out := make([]District, len(rows))
	for i := range rows {
		out[i] = rows[i].district(q, came)
	}
	return out, more, nil
}

// statements are the districts and their numbers.
func (q *Question) statements(ctx context.Context) []tenants.Statement {
	this := clock.Today(ctx).Year()
	codes, lights := q.Codes, lateness
	if q.Split == "" || q.Split == byCohort { // the lights of what is asked for are among it
		codes = slices.Compact(slices.Sorted(slices.Values(slices.Concat(codes, lights))))
	}
	if q.Split == "" {
		lights = []string{}
	}
	return []tenants.Statement{
		{SQL: districtsOf, Args: []any{clock.StartOf(q.AsOf.AddDate(0, 0, 1)), q.AsOf, string(q.Kind), q.Year, this, q.After, q.First + 1}},
		{SQL: numbersOf, Args: []any{string(q.Kind), q.Year, this, q.Split, codes, lights, q.AsOf}},
	}
}

// yearOf is the year that is asked for, or where that is 0 the latest that any
// district told of the scope, or this one; each by the number of its argument.
func yearOf(asked, scope, this int) string {
	return fmt.Sprintf(`coalesce(nullif($%d::int, 0), (SELECT max(year) FROM district_scopes WHERE scope = $%d), $%d::int)`, asked, scope, this)
}

// districtsOf are those from which figures come, and the committees below this
// one from which none do, with their terms of now and of the day's end.
var districtsOf = `
	WITH d AS (
		SELECT a.id, coalesce(a.partner, t.code) AS partner, coalesce(t.short_name, a.partner_name) AS name, a.id IS NOT NULL AS shares, coalesce(a.status = 'ACTIVE', false) AS crosses
		FROM (SELECT * FROM agreements WHERE receives ? '` + KindFigures + `') a
		FULL JOIN (SELECT code, short_name FROM tenants WHERE parent_id = nullif(current_setting('app.tenant', true), '')::uuid AND status = 'ACTIVE') t ON t.code = a.partner
	)
	SELECT coalesce(d.id, '00000000-0000-0000-0000-000000000000'::uuid), d.partner, d.name, d.shares, d.crosses,
		n.codes, n.splits, coalesce(n.status, 'ACTIVE'), coalesce(n.reason, ''), b.codes, b.splits,
		coalesce(s.name, ''), s.opens_on, s.closes_on, y.as_of, y.at
	FROM d
	LEFT JOIN LATERAL (SELECT * FROM district_terms x WHERE x.agreement_id = d.id ORDER BY x.at DESC LIMIT 1) n ON true
	LEFT JOIN LATERAL (SELECT * FROM district_terms x WHERE x.agreement_id = d.id AND x.at < $1 ORDER BY x.at DESC LIMIT 1) b ON true
	LEFT JOIN LATERAL (SELECT * FROM district_days x WHERE x.agreement_id = d.id AND x.as_of <= $2 ORDER BY x.as_of DESC LIMIT 1) y ON true
	LEFT JOIN district_scopes s ON s.agreement_id = d.id AND s.scope = $3 AND s.year = ` + yearOf(4, 3, 5) + `
	WHERE d.partner > $6 ORDER BY d.partner LIMIT $7`

type districtRow struct {
	Agreement           uuid.UUID
	Partner, Name       string
	Shares, Crosses     bool
	Codes, Splits       []string
	Status, Reason      string
	CodesAt, SplitsAt   []string
	Scope               string
	Opens, Closes, AsOf *time.Time
	At                  *time.Time
}

func (r *districtRow) scan(from pgx.Rows) error {
	return from.Scan(&r.Agreement, &r.Partner, &r.Name, &r.Shares, &r.Crosses, &r.Codes, &r.Splits, &r.Status, &r.Reason, &r.CodesAt, &r.SplitsAt,
		&r.Scope, &r.Opens, &r.Closes, &r.AsOf, &r.At)
}

// asked is a figure of a district by a split.
type asked struct {
	agreement   uuid.UUID
	split, code string
}

type valueRow struct {
	Definition  int
	Label, Unit string
	Numerator   int
	Denominator *int
	Parts       []byte
	AsOf, Moved time.Time
}

func (v *valueRow) scan(of *asked, from pgx.Rows) error {
	return from.Scan(&of.agreement, &of.split, &of.code, &v.Definition, &v.Label, &v.Unit, &v.Numerator, &v.Denominator, &v.Parts, &v.AsOf, &v.Moved)
}

// numbersOf are the latest of what came up to a day, those of the lights ($6)
// beside those that are asked for: the newest of all, unless that is of a later day.
var numbersOf = `
	WITH y AS MATERIALIZED (SELECT ` + yearOf(2, 1, 3) + ` AS year)
	SELECT n.agreement_id, n.split, n.code, coalesce(f.definition, n.definition), coalesce(f.label, n.label), coalesce(f.unit, n.unit), coalesce(f.numerator, n.numerator),
		CASE WHEN n.as_of > $7 THEN f.denominator ELSE n.denominator END, CASE WHEN n.as_of > $7 THEN f.parts ELSE n.parts END, coalesce(f.as_of, n.as_of), coalesce(f.moved_on, n.moved_on)
	FROM (
		SELECT x.* FROM y JOIN district_newest x ON x.scope = $1 AND x.year = y.year AND x.split = $4 AND x.code = ANY ($5::text[])
		UNION ALL SELECT x.* FROM y JOIN district_newest x ON x.scope = $1 AND x.year = y.year AND x.split = '' AND x.code = ANY ($6::text[])
	) n
	LEFT JOIN LATERAL (SELECT * FROM district_figures x
		WHERE n.as_of > $7 AND (x.agreement_id, x.scope, x.year, x.split, x.code) = (n.agreement_id, n.scope, n.year, n.split, n.code) AND x.as_of <= $7
		ORDER BY x.as_of DESC LIMIT 1) f ON true
	WHERE n.as_of <= $7 OR f.as_of IS NOT NULL`

func (r *districtRow) district(q Question, came map[asked]valueRow) District {
	d := District{Agreement: r.Agreement, Partner: r.Partner, PartnerName: r.Name, Shares: r.Shares, Crosses: r.Crosses,
		Terms: Terms{r.Codes, r.Splits, r.Status, r.Reason}, ScopeName: r.Scope, Opens: r.Opens, Closes: r.Closes, AsOf: r.AsOf, At: r.At}
	for _, code := range q.Codes {
		d.Values = append(d.Values, r.value(asked{r.Agreement, q.Split, code}, came))
	}
	var late []figures.Number
	for _, code := range lateness {
		if v := r.value(asked{r.Agreement, "", code}, came); v.Told && v.Same {
			late = append(late, v.Number)
		}
	}
	d.Light, d.Freshness = light(late), age(r.AsOf, q.AsOf)
	if q.Split == byCohort {
		d.Cohorts = r.cohorts(q, came)
	}
	return d
}

// cohorts are the parts of figures that are split by cohort, put together by
// cohort.
func (r *districtRow) cohorts(q Question, came map[asked]valueRow) (out []Cohort) {
	values := map[string]Value{}
	for _, code := range slices.Concat(q.Codes, lateness) {
		values[code] = r.value(asked{r.Agreement, q.Split, code}, came)
	}
	part := func(code, phase string) (figures.Number, bool) {
		v := values[code]
		i := slices.IndexFunc(v.Parts, func(p figures.Part) bool { return p.Key == phase })
		if i < 0 || !v.Same {
			return figures.Number{}, false
		}
		return v.Parts[i].Number, true
	}
	for _, phase := range figures.Phases() {
		c, told := Cohort{Phase: phase.Code, Label: phase.Label}, false
		for _, code := range q.Codes {
			n, there := part(code, phase.Code)
			c.Parts = append(c.Parts, CohortPart{code, there, n})
			told = told || there
		}
		if !told {
			continue
		}
		var late []figures.Number
		for _, code := range lateness {
			if n, there := part(code, phase.Code); there {
				late = append(late, n)
			} else if v := values[code]; v.Told && v.Same { // none of it in this cohort
				late = append(late, figures.Number{Rate: true})
			}
		}
		c.Light = light(late)
		out = append(out, c)
	}
	return out
}

// value is what may be seen of one figure: what the district lets through now,
// and let through on that day.
func (r *districtRow) value(of asked, came map[asked]valueRow) Value {
	own, v := figures.Shipped.Of(of.code), Value{Code: of.code, Label: of.code}
	row, there := came[of]
	switch {
	case own != nil:
		v.Label, v.Unit = own.Label, own.Unit
	case there:
		v.Label, v.Unit = row.Label, row.Unit
	}
	now, then := Terms{Codes: r.Codes, Splits: r.Splits}, Terms{Codes: r.CodesAt, Splits: r.SplitsAt}
	if !now.Lets(of.code, of.split) || !then.Lets(of.code, of.split) {
		v.Hidden = true
		return v
	}
	if !there {
		return v
	}
	v.Told, v.Version, v.AsOf, v.MovedOn = true, row.Definition, row.AsOf, row.Moved
	v.Number = number(row.Numerator, row.Denominator)
	v.Same = own != nil && own.Version == row.Definition && own.IsRate() == v.Number.Rate
	var parts []part
	if json.Unmarshal(row.Parts, &parts) == nil {
		for _, p := range parts {
			v.Parts = append(v.Parts, figures.Part{Key: p.Key, Label: p.Label, Number: number(p.Numerator, p.Denominator)})
		}
	}
	return v
}

func number(n int, d *int) figures.Number {
	if d == nil {
		return figures.Number{Numerator: n}
	}
	return figures.Number{Numerator: n, Denominator: *d, Rate: true}
}

// light tells what was due and did not come in time: none, at most a tenth of
// what was due, or more.
func light(of []figures.Number) Light {
	late, due := 0, 0
	for _, n := range of {
		late, due = late+n.Denominator-n.Numerator, due+n.Denominator
	}
	switch {
	case len(of) == 0:
		return Unknown
	case due == 0:
		return NothingDue
	case late == 0:
		return Green
	case late*10 <= due:
		return Yellow
	}
	return Red
}

// age is how old what was told for a day is on another.
func age(told *time.Time, on time.Time) Freshness {
	if told == nil {
		return Never
	}
	switch days := int(on.Sub(*told).Hours() / 24); {
	case days <= freshDays:
		return Fresh
	case days <= lateDays:
		return Late
	}
	return Silent
}
