package figurestest

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
)

// Answer is a figure: the rows that it looks at and those of them that count,
// with the unit of each where it has one.
type Answer struct {
	Rows   map[uuid.UUID]bool
	Period map[string][2]int // by 大会 and 平时: rows, and those that count
	Units  map[uuid.UUID][2]int

	Cohorts map[string][2]int            // of a loop: by its phase
	Words   map[string]map[string][2]int // of what is of a case: by the case's own words
}

// Counts is how many count.
func (a *Answer) Counts() (n int) {
	for _, yes := range a.Rows {
		if yes {
			n++
		}
	}
	return n
}

func (a *Answer) add(id uuid.UUID, unit *uuid.UUID, p *gen.Proposal, yes bool) {
	a.Rows[id] = yes
	n := 0
	if yes {
		n = 1
	}
	if unit != nil {
		x := a.Units[*unit]
		a.Units[*unit] = [2]int{x[0] + 1, x[1] + n}
	}
	if p != nil {
		word := ""
		if p.Period != nil {
			word = string(*p.Period)
		}
		x := a.Period[word]
		a.Period[word] = [2]int{x[0] + 1, x[1] + n}
	}
}

// book collects the answers.
type book map[string]*Answer

func (b book) of(code string) *Answer {
	if b[code] == nil {
		b[code] = &Answer{Rows: map[uuid.UUID]bool{}, Period: map[string][2]int{}, Units: map[uuid.UUID][2]int{}, Cohorts: map[string][2]int{}, Words: map[string]map[string][2]int{}}
	}
	return b[code]
}

// Plain counts every figure. AsOf must be given.
func (l *Ledger) Plain(s figures.Scope) map[string]*Answer {
	v, b := l.at(s), book{}
	for _, d := range figures.Shipped.All() {
		b.of(d.Code) // of nothing
	}
	proposed := map[uuid.UUID]bool{}
	for _, k := range v.cases {
		one := book{}
		v.ratings(k, one)
		v.caseFigures(k, one)
		v.shareFigures(k, one)
		v.unitFigures(k, one)
		v.commitments(k, one)
		b.take(one, v.words(k))
		for _, w := range k.Edges.Parties {
			if w.MembershipID != nil && (w.Role == "LEAD" || w.Role == "CO") && (w.Cosign == "NONE" || w.Cosign == "SIGNED") {
				proposed[*w.MembershipID] = true
			}
		}
	}
	for _, m := range l.members {
		if authz.Served(m, v.day) {
			b.of("participation_rate").add(m.ID, nil, nil, proposed[m.ID])
		}
	}
	for _, m := range l.tasks {
		v.nodes(m, b)
		v.tasks(m, b)
	}
	return b
}

// words are those of a case by which everything of it is split.
func (v *view) words(k *kase) map[string]string {
	heir := func(id *uuid.UUID) string {
		if id == nil {
			return ""
		}
		return v.heir(*id).String()
	}
	out := map[string]string{"sector": heir(k.SectorID), "street": heir(k.StreetID), "proposer_kind": string(k.p.ProposerKind), "platform": ""}
	if k.PlatformID != nil {
		out["platform"] = k.PlatformID.String()
	}
	return out
}

// take adds what was counted of one case.
func (b book) take(one book, words map[string]string) {
	plus := func(x, y [2]int) [2]int { return [2]int{x[0] + y[0], x[1] + y[1]} }
	for code, a := range one {
		all := b.of(code)
		maps.Copy(all.Rows, a.Rows)
		for key, n := range a.Period {
			all.Period[key] = plus(all.Period[key], n)
		}
		for key, n := range a.Units {
			all.Units[key] = plus(all.Units[key], n)
		}
		for split, word := range words {
			if all.Words[split] == nil {
				all.Words[split] = map[string][2]int{}
			}
			all.Words[split][word] = plus(all.Words[split][word], [2]int{len(a.Rows), a.Counts()})
		}
	}
}

func (v *view) caseFigures(k *kase, b book) {
	is := func(words ...string) bool { return slices.Contains(words, k.disposition) }
	count := func(code string, yes bool) {
		if yes {
			b.of(code).add(k.ID, nil, k.p, true)
		}
	}
	plenary := k.p.Period != nil && *k.p.Period == "PLENARY"
	between := k.p.Period != nil && *k.p.Period == "INTERSESSION"
	filed := is("FILED")
	completed := filed && slices.Contains([]string{"COMPLETED", "TRACKING", "ARCHIVED"}, k.state)
	assigned := k.assigned != nil
	count("received", true)
	count("plenary", plenary)
	count("intersession", between)
	count("filed", filed)
	count("filed_gross", is("FILED", "MERGED"))
	count("merged", is("MERGED"))
	count("converted_opinion", is("CONVERTED_OPINION"))
	count("converted_letter", is("CONVERTED_LETTER"))
	count("not_filed", is("NOT_FILED"))
	count("withdrawn", is("WITHDRAWN"))
	count("forwarded_up", is("FORWARDED_UP"))
	count("pending", is("NONE"))
	count("assigned", assigned)
	count("completed", completed)
	count("rehandled", k.round > 1)
	count("key_cases", k.key)
	count("uncontacted", k.denied)
	rate := func(code string, of, yes bool) {
		if of {
			b.of(code).add(k.ID, nil, k.p, yes)
		}
	}
	rate("filing_rate", true, filed)
	rate("filing_rate_gross", true, is("FILED", "MERGED"))
	rate("not_filed_rate", true, is("NOT_FILED"))
	rate("opinion_rate", true, is("CONVERTED_OPINION"))
	rate("collective_rate", filed, k.p.ProposerKind != "INDIVIDUAL" && k.p.ProposerKind != "JOINT")
	rate("intersession_rate", filed, between)
	rate("reply_rate", assigned, k.answered())
	rate("face_rate", assigned, k.met && !k.denied)
	rate("contact_rate", assigned, k.touched && !k.denied)
	rate("completion_rate", filed, completed)
	rate("satisfaction_rate_filed", filed, k.satisfied)
	rate("rehandling_rate", assigned, k.round > 1)
	seen := map[string]bool{}
	for _, d := range k.Edges.Records {
		if d.CreatedAt.Before(v.until) && (d.Data["for"] == "supervision" || d.Data["for"] == "report_back") {
			seen[string(d.Kind)] = true
		}
	}
	rate("key_case_rate", k.key, seen["VISIT"] && seen["MEETING"] && seen["REPORT"])
}

// answered: every unit that answers in the present round has, and there is one.
func (k *kase) answered() bool {
	n := 0
	for _, s := range k.shares {
		if s.Role != "ASSIST" && !s.gone && s.Round == k.round {
			if !s.sent {
				return false
			}
			n++
		}
	}
	return n > 0
}

func (v *view) shareFigures(k *kase, b book) {
	for _, s := range k.shares {
		count := func(code string, of, yes bool) {
			if of {
				b.of(code).add(s.ID, &s.unit, k.p, yes)
			}
		}
		answers, present := s.Role != "ASSIST", s.Round == k.round
		answer := answers && present && s.sent
		for _, id := range s.marks {
			b.of("marks").add(id, &s.unit, k.p, true)
		}
		count("shares", true, true)
		count("answers", answer, true)
		own := true
		for _, c := range []string{"A", "B", "C", "D"} {
			count("answers_"+string(c[0]+'a'-'A'), answer && s.class == c, true)
			own = own && s.class != c
		}
		count("answers_own", answer && own, true)
		signed := s.SignedAt != nil && s.SignedAt.Before(v.until) && s.SignBy != nil && !clock.Day(*s.SignedAt).After(*s.SignBy)
		count("sign_rate", true, signed)
		count("return_rate", true, s.state == "RETURN_GRANTED")
		count("unit_reply_rate", answers && present && !s.gone, s.sent)
		due := s.due != nil && !s.due.After(v.day)
		if due && k.paused != nil && !s.due.Before(*k.paused) && !s.sent {
			due = false
		}
		inTime := func(by *time.Time) bool { return s.sent && s.sentOn != nil && by != nil && !s.sentOn.After(*by) }
		count("on_time_rate", answers && !s.gone && due, inTime(s.due))
		first := s.OriginalDueOn != nil && !s.OriginalDueOn.After(v.day)
		count("on_time_rate_original", answers && !s.gone && first, inTime(s.OriginalDueOn))
		count("adoption_rate", answer, s.class == "A")
		count("adoption_rate_ab", answer, s.class == "A" || s.class == "B")
		count("publication_rate", answer && s.mayBeOpen, k.disclosure == "OPEN" || k.disclosure == "ABSTRACT_ONLY")
	}
}

func (v *view) unitFigures(k *kase, b book) {
	of := map[uuid.UUID][]*share{}
	for _, s := range k.shares {
		if s.Role != "ASSIST" && !s.gone && s.Round == k.round {
			of[s.unit] = append(of[s.unit], s)
		}
	}
	for unit, list := range of {
		slices.SortFunc(list, func(a, b *share) int { return slices.Compare(a.ID[:], b.ID[:]) })
		any := func(fn func(*share) bool) bool { return slices.ContainsFunc(list, fn) }
		denied := any(func(s *share) bool { return s.denied })
		id := list[0].ID
		b.of("unit_face_rate").add(id, &unit, k.p, any(func(s *share) bool { return s.met }) && !denied)
		b.of("unit_contact_rate").add(id, &unit, k.p, any(func(s *share) bool { return s.contacted }) && !denied)
		b.of("unit_uncontacted_rate").add(id, &unit, k.p, denied)
	}
}

// ratings are those of the last round that was asked about, one a person and
// reply: the one that came first, else the one that was asked first.
func (v *view) ratings(k *kase, b book) {
	var list []*gen.Feedback
	last := 0
	for _, f := range k.Edges.Feedback {
		if !f.AskedAt.Before(v.until) || v.sentBack(k, k.reply(f.ReplyID), f.AskedAt, false) {
			continue
		}
		list, last = append(list, f), max(last, f.Round)
	}
	got := func(f *gen.Feedback) bool { return f.ReceivedAt != nil && f.ReceivedAt.Before(v.until) }
	type key struct{ reply, person uuid.UUID }
	once := map[key]*gen.Feedback{}
	for _, f := range list {
		if f.Round != last {
			continue
		}
		who, _ := v.personOf(k, &f.PartyID)
		at := key{f.ReplyID, who}
		old := once[at]
		switch {
		case old == nil,
			got(f) && !got(old),
			got(f) && got(old) && f.ReceivedAt.Before(*old.ReceivedAt),
			got(f) == got(old) && (!got(f) || f.ReceivedAt.Equal(*old.ReceivedAt)) && slices.Compare(f.ID[:], old.ID[:]) < 0:
			once[at] = f
		}
	}
	heard, content := false, true
	for _, f := range once {
		result, attitude := "SILENT", "SILENT"
		if got(f) {
			result, attitude = v.counts(k.PolicyVersion, f.Result), v.counts(k.PolicyVersion, f.Attitude)
		}
		unit := v.heir(k.share(k.reply(f.ReplyID).AssignmentID).UnitID)
		rate := func(code string, of, yes bool) {
			if of {
				b.of(code).add(f.ID, &unit, k.p, yes)
			}
		}
		rate("ratings_asked", true, true)
		rate("ratings_received", got(f), true)
		rate("feedback_rate", true, got(f))
		rate("satisfaction_rate", got(f), result == "SATISFIED")
		rate("satisfaction_rate_basic", got(f), result == "SATISFIED" || result == "BASIC")
		rate("attitude_rate", got(f), attitude == "SATISFIED")
		rate("attitude_rate_basic", got(f), attitude == "SATISFIED" || attitude == "BASIC")
		if result != "SILENT" {
			heard, content = true, content && result == "SATISFIED"
		}
	}
	k.satisfied = heard && content
}

// sentBack: the reply was sent back since then, or its share superseded where
// that is asked too.
func (v *view) sentBack(k *kase, r *gen.Reply, since time.Time, superseded bool) bool {
	return slices.ContainsFunc(k.all, func(s *gen.Step) bool {
		if s.AssignmentID == nil || *s.AssignmentID != r.AssignmentID || s.FromState == s.ToState || s.At.Before(since) {
			return false
		}
		return s.ToState == "SENT_BACK" && r.Status == "SENT_BACK" || superseded && s.ToState == "SUPERSEDED"
	})
}

func (v *view) commitments(k *kase, b book) {
	for _, i := range k.Edges.Items {
		if i.Kind != item.KindCOMMITMENT || i.ReplyID == nil {
			continue
		}
		r := k.reply(*i.ReplyID)
		if r.SentAt == nil || !r.SentAt.Before(v.until) || r.Class != "B" || i.DueOn == nil || i.DueOn.After(v.day) {
			continue
		}
		if v.done(i, item.StatusDROPPED) != nil && (r.Round < k.round || v.sentBack(k, r, *r.SentAt, true)) {
			continue
		}
		var unit *uuid.UUID
		if i.UnitID != nil {
			u := v.heir(*i.UnitID)
			unit = &u
		}
		on := v.done(i, item.StatusDONE)
		b.of("commitment_rate").add(i.ID, unit, k.p, on != nil && !on.After(*i.DueOn))
	}
}

func (v *view) nodes(m *gen.Matter, b book) {
	for _, i := range m.Edges.Items {
		dropped := i.Status == item.StatusDROPPED && (i.SettledAt == nil || i.SettledAt.Before(v.until))
		if i.Kind != item.KindNODE || !i.CreatedAt.Before(v.until) || dropped || i.DueOn == nil || i.DueOn.After(v.day) || !v.has(*i.DueOn) {
			continue
		}
		var reported *time.Time
		for _, s := range m.Edges.Steps {
			if s.Action == "reportNode" && s.After["itemId"] == i.ID.String() && s.At.Before(v.until) {
				on := clock.Day(s.At)
				reported = &on
			}
		}
		in := i.Status != item.StatusOPEN && reported != nil && !reported.After(*i.DueOn)
		phase := v.phase(m)
		b.of("nodes_due").of(phase, i.ID, true)
		b.of("node_rate").of(phase, i.ID, in)
		if !in {
			b.of("nodes_overdue").of(phase, i.ID, true)
		}
	}
}

// of is add for what belongs to a loop.
func (a *Answer) of(phase string, id uuid.UUID, yes bool) {
	a.add(id, nil, nil, yes)
	x := a.Cohorts[phase]
	x[0]++
	if yes {
		x[1]++
	}
	a.Cohorts[phase] = x
}

// phase is how far the loop is that a task of a higher committee is of: its year
// of handling is to come, is this one, or is over.
func (v *view) phase(m *gen.Matter) string {
	loop, _ := m.Data["loop"].(map[string]any)
	year, of := loop["year"].(float64)
	switch this := float64(v.day.Year()); {
	case !of:
		return ""
	case year > this:
		return "PRESTUDY"
	case year == this:
		return "HANDLING"
	}
	return "SUPERVISION"
}

func (v *view) tasks(m *gen.Matter, b book) {
	state, last := m.State, (*gen.Step)(nil)
	for _, s := range m.Edges.Steps {
		if s.AssignmentID == nil && s.At.Before(v.until) && (last == nil || s.At.After(last.At) || s.At.Equal(last.At) && s.ID.String() > last.ID.String()) {
			last = s
		}
	}
	if last != nil {
		state = last.ToState
	}
	if state == "DRAFT" || state == "WITHDRAWN" {
		return
	}
	phase := v.phase(m)
	for _, i := range m.Edges.Items {
		if i.Kind != item.KindTASK || !i.CreatedAt.Before(v.until) || i.DueOn == nil || !v.has(*i.DueOn) {
			continue
		}
		b.of("tasks").of(phase, i.ID, true)
		b.of("task_adoption_rate").of(phase, i.ID, slices.Contains([]string{"WORKING", "REPORTED", "DONE", "EXPLAINED"}, state))
		b.of("task_done_rate").of(phase, i.ID, state == "DONE")
		if i.DueOn.Before(v.day) && (state == "ISSUED" || state == "WORKING") {
			b.of("tasks_overdue").of(phase, i.ID, true)
		}
	}
}
