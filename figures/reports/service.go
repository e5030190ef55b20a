package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Compile is the right to freeze and withdraw reports.
const Compile = "figures.report"

// Service makes and freezes reports. It is safe for concurrent use.
type Service struct{ client *gen.Client }

// New makes the service.
func New(c *gen.Client) *Service { return &Service{c} }

// Paper is what a report is to say: lines, or a template that has them.
type Paper struct {
	Title    string
	Scope    figures.Scope
	Template string
	Lines    []Line
	Replaces *uuid.UUID // the report whose place it takes
	Reason   string     // why it takes its place
}

// Preview is what a report would say now.
type Preview struct {
	Lines      []Line
	ScopeText  string
	Objections []string // why it cannot be frozen
}

// Preview says what a report would say; it writes nothing. Errors: NotAllowed;
// Invalid for lines or a scope that mean nothing; NotFound for a sitting that is
// not the committee's; GuardFailed where something does not add up.
func (s *Service) Preview(ctx context.Context, in Paper) (_ *Preview, err error) {
	defer errs.Wrap(&err, "reports.Preview(%s)", in.Template)
	if _, err := authz.Require(ctx, figures.Read, Compile); err != nil {
		return nil, err
	}
	ctx = authz.System(ctx)
	if err := in.fill(); err != nil {
		return nil, err
	}
	out := &Preview{Lines: slices.Clone(in.Lines)}
	if out.ScopeText, err = s.says(ctx, in.Scope); err != nil {
		return nil, err
	}
	if err := count(ctx, out.Lines, in.Scope); err != nil {
		return nil, err
	}
	n, err := undecided(ctx, out.Lines, in.Scope)
	if n > 0 {
		out.Objections = append(out.Objections, notDecided(n).Message)
	}
	return out, err
}

// fill takes the lines of the template and checks them.
func (in *Paper) fill() error {
	if in.Template != "" {
		if len(in.Lines) > 0 {
			return errs.New(errs.Invalid, "用了样式就不另写各行").At("lines")
		}
		t := templateOf(in.Template)
		if t == nil {
			return errs.New(errs.Invalid, "没有报告样式“%.40s”", in.Template).At("template")
		}
		in.Lines = slices.Clone(t.Lines)
	}
	for i := range in.Lines {
		in.Lines[i].No, in.Lines[i].Scope = i, in.Scope
	}
	return checkLines(in.Lines)
}

// count fills in the numbers.
func count(ctx context.Context, lines []Line, scope figures.Scope) error {
	asked := codes(lines)
	if len(asked) == 0 {
		return nil
	}
	values, err := figures.Count(ctx, asked, scope, "")
	if err != nil {
		return err
	}
	for i := range lines {
		n := slices.Index(asked, lines[i].Code)
		if n < 0 {
			continue
		}
		if values[n].Readers != "" {
			return errs.New(errs.Invalid, "第 %d 行：“%s”只给一部分人看，不能写进能看指标的都能看的报告", i+1, values[n].Label).At("lines", fmt.Sprint(i))
		}
		lines[i].tell(values[n])
	}
	return nil
}

// undecided is how many cases keep a report from being final: it says what was
// received, and neither is all of that decided nor does it say how much is not.
func undecided(ctx context.Context, lines []Line, scope figures.Scope) (int, error) {
	asked := codes(lines)
	if !slices.Contains(asked, "received") || slices.Contains(asked, "pending") {
		return 0, nil
	}
	values, err := figures.Count(ctx, []string{"pending"}, scope, "")
	if err != nil {
		return 0, err
	}
	return values[0].Numerator, nil
}

func notDecided(n int) *errs.Error {
	return errs.New(errs.GuardFailed, "还有 %d 件没有审结，定稿以前请先审结，或者在报告里加上“尚未审结”一行", n).With("figure", "pending")
}

// Freeze keeps what the figures say now, with the definitions and the rows.
// Called twice it makes two reports. Errors: those of Preview, GuardFailed for
// what is not decided, Conflict where something changed meanwhile; NotFound and
// NotAllowedInState for a report whose place it cannot take.
func (s *Service) Freeze(ctx context.Context, in Paper) (_ *gen.Report, err error) {
	defer errs.Wrap(&err, "reports.Freeze(%s)", in.Template)
	sys, v, err := authz.Enter(ctx, Compile)
	if err != nil {
		return nil, err
	}
	in.Title = strings.TrimSpace(in.Title)
	if text.Blank(in.Title) || len([]rune(in.Title)) > titleText {
		return nil, errs.New(errs.Invalid, "请填写标题，至多 %d 字", titleText).At("title")
	}
	if in.Scope.AsOf.IsZero() {
		in.Scope.AsOf = clock.Today(ctx)
	}
	if err := in.fill(); err != nil {
		return nil, err
	}
	if in.Replaces != nil {
		if _, err := s.withdraw(sys, *in.Replaces, in.Reason, v); err != nil {
			return nil, errs.In(err, "replacesId", "reason")
		}
	}
	said, err := s.says(sys, in.Scope)
	if err != nil {
		return nil, err
	}
	if err := count(sys, in.Lines, in.Scope); err != nil {
		return nil, err
	}
	if n, err := undecided(sys, in.Lines, in.Scope); err != nil || n > 0 {
		if err == nil {
			err = notDecided(n)
		}
		return nil, err
	}
	return s.keep(sys, in, said, v)
}

// keep writes the report and the rows behind each of its lines.
func (s *Service) keep(ctx context.Context, in Paper, said string, v *authz.Viewer) (*gen.Report, error) {
	lines, err := stored(in.Lines)
	if err != nil {
		return nil, err
	}
	by := strings.TrimSpace(v.Name+" "+v.Post) + " " + clock.Today(ctx).Format("2006年1月2日") + " 定稿"
	c := s.client.Report.Create().SetTitle(in.Title).SetTemplate(in.Template).SetScopeKind(string(in.Scope.Kind)).SetAsOf(in.Scope.AsOf).
		SetScopeText(said).SetLines(lines).SetPrinted(print(in.Title, said, by, in.Lines)).SetFrozenByID(v.Membership).SetNillableReplacesID(in.Replaces)
	if in.Scope.Sitting != uuid.Nil {
		c.SetSittingID(in.Scope.Sitting)
	}
	if in.Scope.Year != 0 {
		c.SetYear(in.Scope.Year)
	}
	r, err := c.Save(ctx)
	if err != nil {
		return nil, err
	}
	for i := range in.Lines {
		if err := keepRows(ctx, r.ID, &in.Lines[i], in.Scope); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// keepRows writes down the rows behind a line, of which the number is how many
// there are.
func keepRows(ctx context.Context, report uuid.UUID, l *Line, scope figures.Scope) error {
	if l.Code == "" {
		return nil
	}
	rows, err := figures.Every(ctx, l.Code, scope)
	if err != nil {
		return err
	}
	ids, counts, amounts := make([]uuid.UUID, len(rows)), make([]bool, len(rows)), make([]int, len(rows))
	kept := figures.Number{Rate: l.Rate}
	for i, r := range rows {
		ids[i], counts[i], amounts[i] = r.ID, r.Counts, r.Amount
		switch {
		case l.Sum:
			kept.Numerator += r.Amount
		case r.Counts:
			kept.Numerator++
		}
	}
	if l.Rate {
		kept.Denominator = len(rows)
	}
	if kept != l.Number() {
		return errs.New(errs.Conflict, "“%s”刚刚又有变化，请再定稿一次", l.Label)
	}
	_, err = tenants.Exec(ctx, `INSERT INTO report_rows (tenant_id, report_id, line, row_id, counts, amount)
		SELECT current_setting('app.tenant')::uuid, $1, $2, q.* FROM unnest($3::uuid[], $4::bool[], $5::bigint[]) q`, report, l.No, ids, counts, amounts)
	return err
}

// Withdraw says of a report that it no longer holds, and why. What it said can
// still be read. Withdrawn again it is refused. Errors: NotAllowed, NotFound,
// Invalid without a reason, NotAllowedInState.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, reason string) (_ *gen.Report, err error) {
	defer errs.Wrap(&err, "reports.Withdraw(%s)", id)
	sys, v, err := authz.Enter(ctx, Compile)
	if err != nil {
		return nil, err
	}
	return s.withdraw(sys, id, reason, v)
}

func (s *Service) withdraw(ctx context.Context, id uuid.UUID, reason string, v *authz.Viewer) (*gen.Report, error) {
	if err := tenants.Alone(ctx, "reports"); err != nil {
		return nil, err
	}
	r, err := s.client.Report.Get(ctx, id)
	switch {
	case gen.IsNotFound(err):
		return nil, errs.New(errs.NotFound, "没有这份报告，或您无权查看")
	case err != nil:
		return nil, err
	case r.WithdrawnAt != nil:
		return nil, errs.New(errs.NotAllowedInState, "这份报告已经撤回")
	}
	if text.Blank(reason) || len([]rune(reason)) > lineText {
		return nil, errs.New(errs.Invalid, "请写明为什么撤回，至多 %d 字", lineText).At("reason")
	}
	return r.Update().SetWithdrawnAt(clock.Now(ctx)).SetWithdrawnByID(v.Membership).SetWithdrawnReason(text.Clean(reason)).Save(ctx)
}

// says is the scope in words, with its day.
func (s *Service) says(ctx context.Context, scope figures.Scope) (string, error) {
	asOf := scope.AsOf
	if asOf.IsZero() {
		asOf = clock.Today(ctx)
	}
	until := "，截至" + asOf.Format("2006年1月2日")
	switch scope.Kind {
	case figures.Year:
		return fmt.Sprintf("%d年%s", scope.Year, until), nil
	case figures.All:
		return "全部" + until, nil
	}
	at, err := s.client.Sitting.Get(ctx, scope.Sitting)
	if gen.IsNotFound(err) {
		return "", errs.New(errs.NotFound, "没有这次会议")
	}
	if err != nil {
		return "", err
	}
	term, err := s.client.Term.Get(ctx, at.TermID)
	word := "以来"
	if scope.Kind == figures.Session {
		word = "期间"
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("第%s届%s次会议%s%s", text.Chinese(term.Ordinal), text.Chinese(at.Ordinal), word, until), nil
}

// Rows are a page of the rows that are kept behind a line, by id, after one of
// them, those that count or those that do not; one more where there is a next
// page. The report must be one that the viewer has read.
func Rows(ctx context.Context, l Line, counts *bool, after uuid.UUID, limit int) (_ []figures.Row, err error) {
	defer errs.Wrap(&err, "reports.Rows(%s, %d)", l.Report, l.No)
	if !l.Rate {
		counts = nil
	}
	return tenants.Rows[figures.Row](ctx, `SELECT row_id, NULL::uuid, '', counts, amount FROM report_rows
		WHERE report_id = $1 AND line = $2 AND row_id > $3 AND ($4::bool IS NULL OR counts = $4) ORDER BY row_id LIMIT $5`, l.Report, l.No, after, counts, limit+1)
}
