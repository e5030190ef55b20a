package ballots

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// appraisable are the states of a loop in which its handling is appraised: the
// standing committee has heard it, or it is appraised once more.
var appraisable = []string{"H5_HEARD", "H6_APPRAISED"}

// Spec is what a ballot asks, of whom and until when.
type Spec struct {
	Matter     uuid.UUID   // a cohort that has been heard and not yet reported on
	Title      string      // such as 2023年度一号提案办理情况民主测评
	Subjects   []uuid.UUID // handling units
	Dimensions []string    // such as 组织领导, 办理质量, 沟通协商, 落实效果
	Options    []Option    // two or more and one that abstains
	Voters     []uuid.UUID // active memberships, three or more
	OpensAt    time.Time   // zero or past: at once
	ClosesAt   time.Time
}

// The most that a ballot holds: a sheet that somebody can still fill in. The
// kind is the cohorts' (nouns do not import each other).
const (
	kindCohort     = "cohort"
	mostSubjects   = 100
	mostDimensions = 10
	mostOptions    = 10
	fewestVoters   = 3 // of two, each would know what the other chose
	mostVoters     = 3_000
	longestTitle   = 80
	longestName    = 30
	longestReason  = 500
)

// Open begins a ballot. A second one of the matter while the first is open is
// a Conflict.
func (s *Service) Open(ctx context.Context, spec Spec) (_ *Ballot, err error) {
	defer errs.Wrap(&err, "ballots.Open(%s)", spec.Matter)
	v, err := authz.Require(ctx, runCohorts)
	if err != nil {
		return nil, err
	}
	now := clock.Now(ctx)
	if spec, err = tidy(spec, now); err != nil {
		return nil, err
	}
	if err := s.there(ctx, spec); err != nil {
		return nil, err
	}
	id := uuid.Must(uuid.NewV7())
	names, abstention := make([]string, len(spec.Options)), ""
	for i, o := range spec.Options {
		names[i] = o.Name
		if o.Abstention {
			abstention = o.Name
		}
	}
	hashes := make([][]byte, len(spec.Voters))
	for i, voter := range spec.Voters {
		hashes[i] = hash(s.token(v.Tenant, id, voter))
	}
	_, err = tenants.Exec(ctx, `SELECT ballot_open($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		id, spec.Matter, spec.Title, spec.Subjects, spec.Dimensions, names, abstention, spec.Voters, hashes, spec.OpensAt, spec.ClosesAt, v.Membership, now)
	if err = tenants.Translate(err); errs.Is(err, errs.Conflict) {
		return nil, errs.New(errs.Conflict, "这件一号提案已有一次民主测评正在进行，请等它结束或先结束它").At("matter").Because(err)
	}
	if err != nil {
		return nil, err
	}
	err = audit.Note(ctx, audit.Change{Entity: "Ballot", ID: id, Op: audit.Create, After: map[string]any{
		"matter": spec.Matter, "title": spec.Title, "subjects": spec.Subjects, "dimensions": spec.Dimensions, "options": names,
		"abstention": abstention, "voters": spec.Voters, "opens_at": spec.OpensAt, "closes_at": spec.ClosesAt, "state": Open,
	}})
	if err != nil {
		return nil, err
	}
	if err := s.invite(ctx, id, spec, now); err != nil {
		return nil, err
	}
	r, err := s.one(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.ballot(), nil
}

// invite tells everybody on the list that he may vote, and when: all the same,
// once, and nobody is told anything later. The cohort is not named beside it:
// most voters do not see it.
func (s *Service) invite(ctx context.Context, id uuid.UUID, spec Spec, now time.Time) error {
	const minute = "2006-01-02 15:04"
	text := fmt.Sprintf("请参加“%s”，不记名投票，时间为 %s 至 %s", spec.Title,
		spec.OpensAt.In(clock.Shanghai).Format(minute), spec.ClosesAt.In(clock.Shanghai).Format(minute))
	return notices.WriteAt(ctx, now, nil, notices.Invitation(text, "Ballot", id), spec.Voters...)
}

// tidy checks what can be checked without the database.
func tidy(in Spec, now time.Time) (Spec, error) {
	var err error
	if in.Title, err = (text.Field{Label: "测评名称", Path: []string{"title"}, Least: 1, Most: longestTitle}).Take(in.Title); err != nil {
		return in, err
	}
	if in.OpensAt.Before(now) {
		in.OpensAt = now
	}
	// As PostgreSQL keeps them, so that what is answered now is what is read later.
	in.OpensAt, in.ClosesAt = in.OpensAt.Truncate(time.Microsecond), in.ClosesAt.Truncate(time.Microsecond)
	if !in.ClosesAt.After(in.OpensAt) {
		return in, errs.New(errs.Invalid, "结束时间应在开始时间和现在之后").At("closesAt")
	}
	if err := day.Ahead(clock.Day(in.ClosesAt), clock.Day(now), "closesAt"); err != nil {
		return in, err
	}
	if err := distinct("subjects", "测评对象", in.Subjects, 1, mostSubjects); err != nil {
		return in, err
	}
	if err := distinct("voters", "测评人", in.Voters, fewestVoters, mostVoters); err != nil {
		return in, err
	}
	dimensions := make([]string, len(in.Dimensions))
	for i, d := range in.Dimensions {
		dimensions[i] = text.Clean(d)
	}
	in.Dimensions = dimensions
	if err := names("dimensions", "测评内容", dimensions, 1, mostDimensions); err != nil {
		return in, err
	}
	options, texts, abstentions := make([]Option, len(in.Options)), make([]string, len(in.Options)), 0
	for i, o := range in.Options {
		options[i] = Option{text.Clean(o.Name), o.Abstention}
		texts[i] = options[i].Name
		if o.Abstention {
			abstentions++
		}
	}
	in.Options = options
	if err := names("options", "选项", texts, 2, mostOptions); err != nil {
		return in, err
	}
	if abstentions != 1 || len(options) < 3 {
		return in, errs.New(errs.Invalid, "选项应有两个以上，另有一个标明为弃权").At("options")
	}
	return in, nil
}

func distinct[T comparable](field, label string, list []T, least, most int) error {
	if len(list) < least || len(list) > most {
		return errs.New(errs.Invalid, "%s应有 %d 至 %d 个，现在是 %d 个", label, least, most, len(list)).At(field)
	}
	seen := map[T]bool{}
	for i, x := range list {
		if seen[x] {
			return errs.New(errs.Invalid, "%s有重复，请删去第 %d 个", label, i+1).At(field, strconv.Itoa(i))
		}
		seen[x] = true
	}
	return nil
}

func names(field, label string, list []string, least, most int) error {
	for i, x := range list {
		if _, err := (text.Field{Label: label + "的名称", Path: []string{field, strconv.Itoa(i)}, Least: 1, Most: longestName}).Take(x); err != nil {
			return err
		}
	}
	return distinct(field, label, list, least, most)
}

// there: the matter, the units and the voters exist in this committee.
func (s *Service) there(ctx context.Context, spec Spec) error {
	c := s.store.Ent()
	m, err := c.Matter.Query().Where(matter.ID(spec.Matter)).Only(ctx)
	switch {
	case gen.IsNotFound(err) || err == nil && m.Kind != kindCohort:
		return errs.New(errs.NotFound, "没有这件一号提案，请重新选择").At("matter")
	case err != nil:
		return err
	case m.ClosedAt != nil:
		return errs.New(errs.NotAllowedInState, "这件一号提案的闭环已经结束，不能再测评").At("matter").With("state", m.State)
	case !slices.Contains(appraisable, m.State):
		return errs.New(errs.NotAllowedInState, "常委会听取办理情况以后、专题协商报告以前才能进行民主测评").At("matter").With("state", m.State)
	}
	fits := authz.Fits{Lines: []unit.Line{unit.LineHANDLING}, What: "承办单位"}
	if _, err := authz.UnitsThere(ctx, c, spec.Subjects, fits, "subjects"); err != nil {
		return err
	}
	voters, err := c.Membership.Query().Where(membership.IDIn(spec.Voters...), authz.MemberOn(clock.Today(ctx))).IDs(ctx)
	if err != nil {
		return err
	}
	if i := missing(spec.Voters, voters); i >= 0 {
		return errs.New(errs.Invalid, "名单上第 %d 位测评人不在本政协，或已经离任", i+1).At("voters", strconv.Itoa(i))
	}
	return nil
}

// missing is the place of the first that is not there, -1 when all are.
func missing(want, have []uuid.UUID) int {
	there := map[uuid.UUID]bool{}
	for _, id := range have {
		there[id] = true
	}
	for i, id := range want {
		if !there[id] {
			return i
		}
	}
	return -1
}

func isClosed() error {
	return errs.New(errs.NotAllowedInState, "这次民主测评已经结束").With("state", Closed)
}

// Close ends a ballot for good; before its time with a reason. Called again it
// is refused, and what was said first stays.
func (s *Service) Close(ctx context.Context, id uuid.UUID, reason string) (_ *Ballot, err error) {
	defer errs.Wrap(&err, "ballots.Close(%s)", id)
	v, err := authz.Require(ctx, runCohorts)
	if err != nil {
		return nil, err
	}
	if reason, err = (text.Field{Label: "理由", Path: []string{"reason"}, Most: longestReason, Lines: true}).Take(reason); err != nil {
		return nil, err
	}
	var outcome string
	err = tenants.Row(ctx, `SELECT ballot_close($1, $2, $3, $4)`, []any{id, v.Membership, reason, clock.Now(ctx)}, &outcome)
	if err != nil {
		return nil, tenants.Translate(err)
	}
	switch outcome {
	case "NOT_FOUND":
		return nil, noBallot()
	case "CLOSED":
		return nil, isClosed()
	case "EARLY":
		return nil, errs.New(errs.Invalid, "还没有到结束时间，提前结束请说明理由").At("reason")
	}
	if err := audit.Note(ctx, closing(id)); err != nil {
		return nil, err
	}
	r, err := s.one(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.ballot(), nil
}

func closing(id uuid.UUID) audit.Change {
	return audit.Change{Entity: "Ballot", ID: id, Op: audit.Update, Before: map[string]any{"state": Open}, After: map[string]any{"state": Closed}}
}

// expire closes a ballot whose time is over, in a transaction of its own: the
// caller's may be one for reading, or be rolled back. Called again it does
// nothing.
func (s *Service) expire(ctx context.Context, tenant, id uuid.UUID) error {
	return s.store.InTx(alone(ctx), tenant, func(ctx context.Context) error {
		var outcome string
		err := tenants.Row(ctx, `SELECT ballot_close($1, NULL, NULL, $2)`, []any{id, clock.Now(ctx)}, &outcome)
		if err != nil || outcome != "DONE" {
			return err
		}
		return audit.Write(ctx, audit.Entry{Action: "closeBallot", Actor: audit.Actor{System: "ballots"}, Object: audit.Object("Ballot", id),
			Reason: "到结束时间", Changes: []audit.Change{closing(id)}})
	})
}

// alone is the context without anything that it carries, so that what is done
// with it joins no transaction and knows no viewer, no request and no
// collector; only its clock, stopped, and its end remain.
func alone(ctx context.Context) context.Context { return clock.With(bare{ctx}, at(clock.Now(ctx))) }

type bare struct{ context.Context }

func (bare) Value(any) any { return nil }

type at time.Time

func (t at) Now() time.Time { return time.Time(t) }
