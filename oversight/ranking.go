package oversight

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// KindRanking is the kind of envelope in which a city publishes a ranking.
const KindRanking = "ranking"

// Ranking is an order of districts by one figure, that a city has published.
type Ranking struct {
	ID          uuid.UUID    `json:"id"`
	Code        string       `json:"code"`
	Label       string       `json:"label"`
	Kind        figures.Kind `json:"kind"`
	Year        int          `json:"year"`
	AsOf        string       `json:"asOf"`
	Ascending   bool         `json:"ascending"`
	Places      []Place      `json:"places"`
	PublishedAt time.Time    `json:"publishedAt"`
	WithdrawnAt *time.Time   `json:"withdrawnAt,omitempty"`
	Reason      string       `json:"reason,omitempty"` // of the withdrawal

	Publisher string `json:"-"` // of a copy, by name; empty: this committee
}

// Place is one district in a ranking. What is equal shares a place; who has
// none says why.
type Place struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	Place int    `json:"place,omitempty"` // from 1; 0: none
	Text  string `json:"text"`            // the number, or why there is none
}

// Rank is what a city wants to publish.
type Rank struct {
	Code      string
	Kind      figures.Kind
	Year      int
	AsOf      time.Time // zero: today
	Ascending bool      // the least is the first, as of 申退率
}

// publish is the right to tell districts how they stand.
const publish = "exchange.send"

// Publish orders the districts by a figure and sends the order to each that has
// a place in it and agreed to receive it. A district that hides the figure, or
// counts it by another version, or is silent, has no place. Called twice it
// publishes two.
func (s *Service) Publish(ctx context.Context, in Rank) (_ Ranking, err error) {
	defer errs.Wrap(&err, "oversight.Publish(%s)", in.Code)
	if _, err := authz.Require(ctx, publish); err != nil {
		return Ranking{}, err
	}
	d := figures.Shipped.Of(in.Code)
	if d == nil {
		return Ranking{}, errs.New(errs.Invalid, "没有指标“%.40s”", in.Code).At("code")
	}
	q := Question{Codes: []string{in.Code}, Kind: in.Kind, Year: in.Year, AsOf: in.AsOf, First: mostDistricts}
	if q.AsOf.IsZero() {
		q.AsOf = clock.Today(ctx)
	}
	var all []District
	for more := true; more; {
		var page []District
		if page, more, err = s.Compare(ctx, q); err != nil {
			return Ranking{}, err
		}
		all = append(all, page...)
		if more {
			q.After = page[len(page)-1].Partner
		}
	}
	r := Ranking{ID: uuid.Must(uuid.NewV7()), Code: d.Code, Label: d.Label, Kind: in.Kind, Year: in.Year, AsOf: q.AsOf.Format(time.DateOnly), Ascending: in.Ascending,
		Places: order(all, in.Ascending), PublishedAt: clock.Now(ctx).UTC().Truncate(time.Microsecond)}
	if !slices.ContainsFunc(r.Places, func(p Place) bool { return p.Place > 0 }) {
		return Ranking{}, errs.New(errs.GuardFailed, "没有一个区县可以排：都没有送来“%s”，或口径不同", d.Label).At("code")
	}
	if err := r.keep(ctx, nil); err != nil {
		return Ranking{}, err
	}
	err = audit.Note(ctx, audit.Change{Entity: "Ranking", ID: r.ID, Op: audit.Create, After: r.said()})
	if err != nil {
		return Ranking{}, err
	}
	return r, s.spread(ctx, r)
}

// order gives places: the greatest first, or the least, the equal alike.
func order(all []District, ascending bool) []Place {
	type one struct {
		Place
		n figures.Number
	}
	var placed []one
	var rest []Place
	for _, d := range all {
		p, v := Place{Code: d.Partner, Name: d.PartnerName}, d.Values[0]
		switch {
		case v.Hidden:
			p.Text = "没有送市里"
		case !v.Told || d.Freshness == Silent || d.Freshness == Never:
			p.Text = "没有近期的数"
		case !v.Same:
			p.Text = "口径不同"
		case v.Number.Rate && v.Number.Denominator == 0:
			p.Text = figures.NoBase
		default:
			p.Text = v.Number.Text()
			placed = append(placed, one{p, v.Number})
			continue
		}
		rest = append(rest, p)
	}
	less := func(a, b one) int {
		if ascending {
			a, b = b, a
		}
		return compare(b.n, a.n)
	}
	slices.SortStableFunc(placed, less)
	out := make([]Place, 0, len(all))
	for i, x := range placed {
		x.Place.Place = i + 1
		if i > 0 && compare(placed[i-1].n, x.n) == 0 {
			x.Place.Place = out[i-1].Place
		}
		out = append(out, x.Place)
	}
	return append(out, rest...)
}

// compare is exact: rates by cross multiplication.
func compare(a, b figures.Number) int {
	if !a.Rate || !b.Rate {
		return a.Numerator - b.Numerator
	}
	return a.Numerator*b.Denominator - b.Numerator*a.Denominator
}

// Withdraw takes a ranking back: it says so wherever it was sent. Withdrawing
// twice does nothing.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, reason string) (r Ranking, err error) {
	defer errs.Wrap(&err, "oversight.Withdraw(%s)", id)
	if _, err := authz.Require(ctx, publish); err != nil {
		return r, err
	}
	if reason, err = (text.Field{Label: "撤回的理由", Path: []string{"reason"}, Least: 1, Most: 2000, Lines: true}).Take(reason); err != nil {
		return r, err
	}
	rows, err := rankings(ctx, `WHERE r.id = $1 AND r.agreement_id IS NULL FOR UPDATE OF r`, id)
	if err == nil && len(rows) == 0 {
		err = errs.New(errs.NotFound, "没有本政协公布的这个排名，请刷新后再试")
	}
	if err != nil {
		return r, err
	}
	if r = rows[0]; r.WithdrawnAt != nil {
		return r, nil
	}
	now := clock.Now(ctx).UTC().Truncate(time.Microsecond)
	r.WithdrawnAt, r.Reason = &now, reason
	if err := r.keep(ctx, nil); err != nil {
		return r, err
	}
	err = audit.Note(ctx, audit.Change{Entity: "Ranking", ID: id, Op: audit.Update, Before: map[string]any{"withdrawn": false}, After: map[string]any{"withdrawn": true, "reason": reason}})
	if err != nil {
		return r, err
	}
	return r, s.spread(ctx, r)
}

// spread sends a ranking to the districts in it to which it may go.
func (s *Service) spread(ctx context.Context, r Ranking) error {
	type one struct{ Partner string }
	var codes []string
	for _, p := range r.Places {
		codes = append(codes, p.Code)
	}
	to, err := tenants.Rows[one](ctx, `SELECT partner FROM agreements WHERE status = 'ACTIVE' AND sends ? '`+KindRanking+`' AND partner = ANY ($1) ORDER BY partner`, codes)
	if err != nil {
		return err
	}
	for _, p := range to {
		if _, err := s.exchange.Send(ctx, p.Partner, KindRanking, r, exchange.Object{}); err != nil {
			return err
		}
	}
	return nil
}

func (r Ranking) said() map[string]any {
	return map[string]any{"code": r.Code, "label": r.Label, "scope": string(r.Kind), "year": r.Year, "as_of": r.AsOf, "places": len(r.Places)}
}

// keep writes a ranking, or that it was withdrawn: a copy of a partner's with its
// agreement. What is older than what is kept changes nothing.
func (r Ranking) keep(ctx context.Context, agreement *uuid.UUID) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	places, err := json.Marshal(r.Places)
	if err != nil {
		return err
	}
	tag, err := tenants.Exec(ctx, `
		INSERT INTO rankings (tenant_id, id, agreement_id, code, label, scope, year, as_of, ascending, places, published_at, withdrawn_at, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8::date, $9, $10::jsonb, $11, $12, $13)
		ON CONFLICT (tenant_id, id) DO UPDATE SET withdrawn_at = coalesce(rankings.withdrawn_at, excluded.withdrawn_at), reason = CASE WHEN rankings.withdrawn_at IS NULL THEN excluded.reason ELSE rankings.reason END
		WHERE rankings.agreement_id IS NOT DISTINCT FROM excluded.agreement_id`,
		tenant, r.ID, agreement, r.Code, r.Label, string(r.Kind), r.Year, r.AsOf, r.Ascending, string(places), r.PublishedAt, r.WithdrawnAt, r.Reason)
	if err == nil && tag.RowsAffected() == 0 {
		err = exchange.Refuse(exchange.UnknownObject, "这个排名不是贵方公布的")
	}
	return err
}

// ranked keeps a ranking that a partner published, and tells who reads figures.
func (s *Service) ranked(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	var r Ranking
	if err := in.Decode(&r); err != nil {
		return none, err
	}
	if _, err := time.Parse(time.DateOnly, r.AsOf); err != nil || r.ID == uuid.Nil || !known(r.Kind, r.Year) || !codeForm.MatchString(r.Code) || !line(r.Label) || len(r.Places) > 1000 || len([]rune(r.Reason)) > 2000 {
		return none, exchange.Refuse(exchange.Malformed, "排名的内容不完整，请与对方核对软件版本")
	}
	var agreement uuid.UUID
	if err := tenants.Row(ctx, `SELECT id FROM agreements WHERE partner = $1`, []any{in.Partner}, &agreement); err != nil {
		return none, err
	}
	if err := r.keep(ctx, &agreement); err != nil {
		return none, err
	}
	did := "公布了"
	if r.WithdrawnAt != nil {
		did = "撤回了"
	}
	return none, flow.TellRoles(ctx, notices.Letter(in.Name+did+"各区县“"+r.Label+"”的排名", in.Envelope), authz.HoldersOf(ctx, figures.Read)...)
}

// Rankings lists the rankings that this committee has published or was sent,
// the newest first, older than the one after.
func (s *Service) Rankings(ctx context.Context, after uuid.UUID, first int) (_ []Ranking, more bool, err error) {
	defer errs.Wrap(&err, "oversight.Rankings")
	if _, err := authz.Require(ctx, figures.Read); err != nil {
		return nil, false, err
	}
	if first < 1 || first > mostDistricts {
		return nil, false, errs.New(errs.Invalid, "每页条数应在 1 到 %d 之间，请修改后再查", mostDistricts).At("first")
	}
	rows, err := rankings(ctx, `WHERE $1 = '00000000-0000-0000-0000-000000000000'::uuid OR r.id < $1 ORDER BY r.id DESC LIMIT $2`, after, first+1)
	if more = len(rows) > first; more {
		rows = rows[:first]
	}
	return rows, more, err
}

func rankings(ctx context.Context, where string, args ...any) ([]Ranking, error) {
	type row struct {
		ID                uuid.UUID
		Code, Label, Kind string
		Year              int
		AsOf              time.Time
		Ascending         bool
		Places            []byte
		Published         time.Time
		Withdrawn         *time.Time
		Reason, Publisher string
	}
	rows, err := tenants.Rows[row](ctx, `
		SELECT r.id, r.code, r.label, r.scope, r.year, r.as_of, r.ascending, r.places, r.published_at, r.withdrawn_at, r.reason,
			coalesce((SELECT a.partner_name FROM agreements a WHERE a.id = r.agreement_id), '')
		FROM rankings r `+where, args...)
	out := make([]Ranking, len(rows))
	for i, r := range rows {
		out[i] = Ranking{ID: r.ID, Code: r.Code, Label: r.Label, Kind: figures.Kind(r.Kind), Year: r.Year, AsOf: r.AsOf.Format(time.DateOnly), Ascending: r.Ascending,
			PublishedAt: r.Published, WithdrawnAt: r.Withdrawn, Reason: r.Reason, Publisher: r.Publisher}
		if err == nil {
			err = json.Unmarshal(r.Places, &out[i].Places)
		}
	}
	return out, err
}

// Ranking is one of them, for who may have changed it.
func (s *Service) Ranking(ctx context.Context, id uuid.UUID) (r Ranking, err error) {
	defer errs.Wrap(&err, "oversight.Ranking(%s)", id)
	if _, err := authz.Require(ctx, figures.Read, publish); err != nil {
		return r, err
	}
	rows, err := rankings(ctx, `WHERE r.id = $1`, id)
	if err == nil && len(rows) == 0 {
		err = errs.New(errs.NotFound, "没有这个排名，请刷新后再试")
	}
	if err != nil {
		return r, err
	}
	return rows[0], nil
}
