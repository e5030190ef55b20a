package proposals

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// noText stands where a reply's text would.
const noText = "（历年资料，没有录入答复正文）"

// one is a line that has been read.
type one struct {
	*sat
	v           imports.Values
	title, no   string
	caseNo      *int
	kind        proposal.ProposerKind
	period      proposal.Period
	disposition proposal.Disposition
	sector      *gen.Unit
	by          *gen.Unit // the organisation that brought it
	units       []*gen.Unit
	assist      []*gen.Unit
	// in their order; zero: not known
	received, filed, assigned, replied, completed time.Time
	made                                          []imports.Made
}

// Apply keeps a proposal as a closed matter. One that is there already is left
// as it is, and what a line says otherwise is refused: a closed matter is
// corrected by a person, not by a file.
func (h *earlier) Apply(ctx context.Context, v imports.Values, subject *uuid.UUID) (done imports.Done, err error) {
	o, err := h.read(v)
	if err != nil {
		return done, err
	}
	if subject != nil {
		return h.there(ctx, o, *subject)
	}
	m, steps, err := h.engine.Keep(ctx, flow.Past{
		Kind: Kind, Title: o.title, Number: o.no, State: o.state(), Sector: idOf(o.sector), Opened: o.received, Closed: o.end(),
		Visibility: matter.VisibilitySTAFF, Payload: func(ctx context.Context, m *gen.Matter) ([]flow.PastStep, error) { return h.payload(ctx, o, m) },
	})
	if err != nil {
		return done, err
	}
	for _, s := range steps {
		o.made = append(o.made, imports.Made{Table: "steps", ID: s.ID})
	}
	o.made = append(o.made, imports.Made{Table: "matters", ID: m.ID}) // the last: what stands beside it goes with it
	o.taken[numberKey(v["number"])] = m.ID
	return imports.Done{Subject: m.ID, Called: v["number"], Version: m.Version, Made: o.made}, nil
}

func idOf(u *gen.Unit) *uuid.UUID {
	if u == nil {
		return nil
	}
	return &u.ID
}

// there compares a line with what is there.
func (h *earlier) there(ctx context.Context, o *one, id uuid.UUID) (done imports.Done, err error) {
	rows, err := h.values(ctx, &id)
	if err != nil {
		return done, err
	}
	if len(rows) == 0 {
		return done, errs.New(errs.Conflict, "这次会议已有 %s 号提案，它不是导入的", o.v["number"]).At("number")
	}
	was := rows[0]
	for column, s := range o.told() {
		if s != "" && o.v[column] != "" && text.Key(was[column]) != text.Key(s) {
			return done, errs.New(errs.Conflict, "这次会议的 %s 号已导入过，这一栏不同：要更正的请撤销那一次导入后重新导入", o.v["number"]).At(column)
		}
	}
	m, err := h.client.Matter.Get(ctx, id)
	if err != nil {
		return done, err
	}
	return imports.Done{Subject: id, Called: o.v["number"], Version: m.Version}, nil
}

// told is a line as an export would have it.
func (o *one) told() imports.Values {
	out := imports.Values{}
	for c, s := range o.v {
		out[c] = s
	}
	out["term"], out["sitting"], out["number"] = strconv.Itoa(o.term), strconv.Itoa(o.row.Ordinal), numberKey(o.v["number"])
	out["co"] = strings.Join(list(o.v["co"]), "；")
	out["units"], out["assist"] = names(o.units), names(o.assist)
	if o.sector != nil {
		out["sector"] = o.sector.Name
	}
	if o.by != nil {
		out["lead"] = o.by.Name
	}
	return out
}

func names(units []*gen.Unit) string {
	var out []string
	for _, u := range units {
		out = append(out, u.Name)
	}
	return strings.Join(out, "；")
}

// read is a line with everything that it names found.
func (h *earlier) read(v imports.Values) (o *one, err error) {
	o = &one{v: v, kind: proposal.ProposerKind(v["proposerKind"]), period: proposal.Period(v["period"]), disposition: proposal.Disposition(v["disposition"])}
	if o.sat, err = h.sitting(v); err != nil {
		return nil, err
	}
	if o.title, err = (text.Field{Label: "案由", Path: []string{"title"}, Least: 2, Most: 200}).Take(v["title"]); err != nil {
		return nil, err
	}
	switch {
	case o.kind == "" && v["co"] != "":
		o.kind = proposal.ProposerKindJOINT
	case o.kind == "":
		o.kind = proposal.ProposerKindINDIVIDUAL
	}
	if o.period == "" {
		o.period = proposal.PeriodPLENARY
	}
	if o.disposition == "" {
		o.disposition = proposal.DispositionFILED
	}
	o.no = v["number"]
	if n, err := strconv.Atoi(numberKey(o.no)); err == nil && (o.disposition == proposal.DispositionFILED || o.disposition == proposal.DispositionMERGED) {
		o.caseNo, o.no = &n, caseNumber(o.term, o.row.Ordinal, n)
	}
	if err := o.days(h.today); err != nil {
		return nil, err
	}
	return o, h.named(o)
}

// named finds the units of a line.
func (h *earlier) named(o *one) (err error) {
	on := func(line unit.Line) func(*gen.Unit) bool {
		return func(u *gen.Unit) bool { return u.Line == line }
	}
	if s := o.v["sector"]; s != "" {
		if o.sector, err = h.unit(s, "sector", on(unit.LineORGANISATION)); err != nil {
			return err
		}
	}
	if byOrganisation(&gen.Proposal{ProposerKind: o.kind}) {
		if o.by, err = h.unit(o.v["lead"], "lead", on(unit.LineORGANISATION)); err != nil {
			return err
		}
	}
	for column, into := range map[string]*[]*gen.Unit{"units": &o.units, "assist": &o.assist} {
		for _, name := range list(o.v[column]) {
			u, err := h.unit(name, column, on(unit.LineHANDLING))
			if err != nil {
				return err
			}
			if slices.Contains(o.units, u) || slices.Contains(o.assist, u) {
				return errs.New(errs.Invalid, "“%s”写了两次", name).At(column)
			}
			*into = append(*into, u)
		}
	}
	return o.fits()
}

// fits refuses what cannot be of one proposal.
func (o *one) fits() error {
	filed := o.disposition == proposal.DispositionFILED
	for _, c := range []struct {
		column string
		needs  bool
		says   string
	}{
		{"units", filed, "没有立案的提案没有承办单位"}, {"assist", len(o.units) > 0, "有会办单位的请写主办单位"}, {"assigned", len(o.units) > 0, "写了交办日期的请写承办单位"},
		{"replied", len(o.units) > 0, "写了答复日期的请写承办单位"}, {"class", !o.replied.IsZero(), "写了办理结果的请写答复日期"},
		{"rating", !o.replied.IsZero(), "写了满意度的请写答复日期"}, {"completed", filed, "没有立案的提案没有办结"}, {"key", filed || o.v["key"] == imports.No, "没有立案的不是重点提案"},
	} {
		if o.v[c.column] != "" && !c.needs {
			return errs.New(errs.Invalid, "%s", c.says).At(c.column)
		}
	}
	return nil
}

// days reads the days of a line, each not before the one before it.
func (o *one) days(today time.Time) error {
	at := clock.Date(1949, 10, 1)
	if o.row.OpensOn != nil {
		at = *o.row.OpensOn
	}
	if d := imports.DayOf(o.v["received"]); d != nil {
		at = *d
	}
	o.received = at
	for _, d := range []struct {
		column string
		into   *time.Time
		there  bool // without a day it is that of the one before
	}{
		{"filed", &o.filed, true}, {"assigned", &o.assigned, o.v["units"] != ""}, {"replied", &o.replied, false}, {"completed", &o.completed, false},
	} {
		on := imports.DayOf(o.v[d.column])
		switch {
		case on != nil && on.Before(at):
			return errs.New(errs.Invalid, "%s早于前面的日期 %s", on.Format(time.DateOnly), at.Format(time.DateOnly)).At(d.column)
		case on != nil:
			at, *d.into = *on, *on
		case d.there:
			*d.into = at
		}
	}
	if at.After(today) {
		return errs.New(errs.Invalid, "日期在今天以后").At("received")
	}
	for _, d := range []*time.Time{&o.received, &o.filed, &o.assigned, &o.replied, &o.completed} {
		if !d.IsZero() {
			*d = clock.StartOf(*d).Add(9 * time.Hour)
		}
	}
	return nil
}

// end is the last day that is known of it.
func (o *one) end() time.Time {
	for _, d := range []time.Time{o.completed, o.replied, o.assigned, o.filed} {
		if !d.IsZero() {
			return d
		}
	}
	return o.received
}

func (o *one) state() string {
	if o.disposition == proposal.DispositionFILED {
		return "ARCHIVED"
	}
	return string(o.disposition)
}

// payload writes what stands beside the matter, and answers its way.
func (h *earlier) payload(ctx context.Context, o *one, m *gen.Matter) ([]flow.PastStep, error) {
	c := h.client.Proposal.Create().SetMatterID(m.ID).SetSitting(o.row).SetProposerKind(o.kind).SetPeriod(o.period).SetSituation(o.v["text"]).SetCategory(o.v["category"]).
		SetDisposition(o.disposition).SetNillableCaseNo(o.caseNo).SetSubmittedAt(o.received).SetIsKey(o.v["key"] == imports.Yes).SetDispositionNote("")
	if o.disposition == proposal.DispositionFILED {
		c.SetFiledAt(o.filed).SetClassOriginal(o.v["class"]).SetClassFinal(o.v["class"])
	}
	if o.disposition == proposal.DispositionNOT_FILED {
		c.SetNotFiledNo(o.no)
	}
	c.SetNillableAssignedAt(known(o.assigned)).SetNillableCompletedAt(known(o.completed))
	p, err := c.Save(ctx)
	if err != nil {
		return nil, err
	}
	o.made = append(o.made, imports.Made{Table: "proposals", ID: p.ID})
	lead, err := h.proposers(ctx, o, m)
	if err != nil {
		return nil, err
	}
	steps := []flow.PastStep{{Action: entering, Label: "录入历年提案", To: "SUBMITTED", At: o.received}}
	if o.disposition != proposal.DispositionFILED {
		return append(steps, flow.PastStep{Action: entering, Label: schemaWord(o.disposition), From: "SUBMITTED", To: o.state(), At: o.filed}), nil
	}
	steps = append(steps, flow.PastStep{Action: "file", Label: "立案", From: "SUBMITTED", To: "FILED", At: o.filed})
	if o.v["key"] == imports.Yes {
		steps = append(steps, flow.PastStep{Action: "markKey", Label: "列为重点提案", From: "FILED", To: "FILED", At: o.filed})
	}
	state := "FILED"
	if len(o.units) > 0 {
		state = "ASSIGNED"
		steps = append(steps, flow.PastStep{Action: "assign", Label: "交办", From: "FILED", To: state, At: o.assigned})
	}
	shares, err := h.handled(ctx, o, m, lead)
	if err != nil {
		return nil, err
	}
	steps = append(steps, shares...)
	if !o.completed.IsZero() {
		steps = append(steps, flow.PastStep{Action: "complete", Label: "办结", From: state, To: "COMPLETED", At: o.completed})
		state = "COMPLETED"
	}
	return append(steps, flow.PastStep{Action: "archive", Label: "归档", From: state, To: "ARCHIVED", At: o.end()}), nil
}

func schemaWord(d proposal.Disposition) string { return dispositionWords()[string(d)] }

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// proposers writes who brought it: members of that term by their membership,
// others by their names.
func (h *earlier) proposers(ctx context.Context, o *one, m *gen.Matter) (lead *gen.Party, err error) {
	for i, name := range append([]string{o.v["lead"]}, list(o.v["co"])...) {
		p := h.client.Party.Create().SetMatterID(m.ID).SetName(name).SetOrdinal(i).SetRole(party.RoleCO).SetCosign(party.CosignSIGNED)
		if i == 0 {
			p.SetRole(party.RoleLEAD).SetCosign(party.CosignNONE)
		}
		same := h.members(o.sat, name)
		switch {
		case i == 0 && o.by != nil:
			p.SetUnit(o.by)
		case len(same) == 1:
			p.SetMembership(same[0])
		}
		row, err := p.Save(ctx)
		if err != nil {
			return nil, err
		}
		o.made = append(o.made, imports.Made{Table: "parties", ID: row.ID})
		if i == 0 {
			lead = row
		}
	}
	return lead, nil
}

// handled writes each unit's share with its reply and the proposer's rating.
func (h *earlier) handled(ctx context.Context, o *one, m *gen.Matter, lead *gen.Party) (steps []flow.PastStep, err error) {
	for i, u := range slices.Concat(o.units, o.assist) {
		role := assignment.RoleASSIST
		switch {
		case i >= len(o.units):
		case len(o.units) > 1:
			role = assignment.RoleSEPARATE
		case len(o.assist) > 0:
			role = assignment.RoleLEAD
		default:
			role = assignment.RoleSOLE
		}
		c := h.client.Assignment.Create().SetMatterID(m.ID).SetUnit(u).SetRole(role).SetState("PENDING_SIGN").SetAssignedAt(o.assigned).SetOriginAssignedAt(o.assigned)
		if u.Channel != nil {
			c.SetChannel(assignment.Channel(*u.Channel))
		}
		if !o.replied.IsZero() {
			c.SetState("SENT").SetSentAt(o.replied)
		}
		a, err := c.Save(ctx)
		if err != nil {
			return nil, err
		}
		o.made = append(o.made, imports.Made{Table: "assignments", ID: a.ID})
		if o.replied.IsZero() {
			continue // that it was answered is not known
		}
		steps = append(steps, flow.PastStep{Action: entering, Label: "答复", From: "PENDING_SIGN", To: "SENT", At: o.replied, Share: &a.ID})
		if role == assignment.RoleASSIST {
			continue
		}
		if err := h.answered(ctx, o, m, a, lead); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

func (h *earlier) answered(ctx context.Context, o *one, m *gen.Matter, a *gen.Assignment, lead *gen.Party) error {
	r, err := h.client.Reply.Create().SetMatterID(m.ID).SetAssignment(a).SetKind(reply.KindREPLY).SetStatus(reply.StatusSENT).SetClass(o.v["class"]).SetBody(noText).
		SetSignedAt(o.replied).SetSentAt(o.replied).Save(ctx)
	if err != nil {
		return err
	}
	o.made = append(o.made, imports.Made{Table: "replies", ID: r.ID})
	if o.v["rating"] == "" {
		return nil
	}
	at := o.replied
	if !o.completed.IsZero() {
		at = o.completed
	}
	f, err := h.client.Feedback.Create().SetMatterID(m.ID).SetReply(r).SetParty(lead).SetAskedAt(o.replied).SetReceivedAt(at).SetResult(o.v["rating"]).
		SetChannel(feedback.ChannelPAPER).Save(ctx)
	if err == nil {
		o.made = append(o.made, imports.Made{Table: "feedback", ID: f.ID})
	}
	return err
}

// values are the imported proposals as lines, one of them or all.
func (h *earlier) values(ctx context.Context, only *uuid.UUID) (out []imports.Values, err error) {
	type row struct {
		Term, Sitting                                                 int
		No                                                            *int
		Number, Title, Kind, Period, Lead, Co, Sector, Category, Text string
		Disposition, Units, Assist, Class, Rating                     string
		Received, Filed, Assigned, Replied, Completed                 *time.Time
		Key                                                           bool
	}
	rows, err := earlierRows[row](ctx, only)
	for _, r := range rows {
		v := imports.Values{
			"term": strconv.Itoa(r.Term), "sitting": strconv.Itoa(r.Sitting), "number": shownNo(r.No, r.Number), "title": r.Title, "proposerKind": r.Kind, "period": r.Period,
			"lead": r.Lead, "co": r.Co, "sector": r.Sector, "category": r.Category, "text": r.Text, "disposition": r.Disposition, "units": r.Units, "assist": r.Assist,
			"class": r.Class, "rating": r.Rating, "key": imports.No,
		}
		if r.No == nil {
			v["number"] = r.Number
		}
		if r.Key {
			v["key"] = imports.Yes
		}
		for column, at := range map[string]*time.Time{"received": r.Received, "filed": r.Filed, "assigned": r.Assigned, "replied": r.Replied, "completed": r.Completed} {
			if at != nil {
				v[column] = clock.Day(*at).Format(time.DateOnly)
			}
		}
		out = append(out, v)
	}
	return out, err
}
