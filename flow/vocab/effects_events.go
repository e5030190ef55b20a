package vocab

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
)

type eventArgs struct {
	Kind      string `json:"kind" doc:"类别：TALK、MEETING、VISIT、INSPECTION、BRIEFING、ACTIVITY"`
	State     string `json:"state" doc:"PLANNED（不写时）或 HELD"`
	Concealed bool   `json:"concealed" doc:"举行之前只有当事方知道"`
}

type holdArgs struct {
	Kind string `json:"kind" doc:"类别；表单没有 eventId 时按它登记一次新的，有 eventId 时应与它一致"`
}

func registerEvents(s *flow.Rules) {
	flow.EffectOf(s, "event", "安排一次会议或活动：表单的 title、on、place、venueId、unitId、form、edition、summary。", func(p *process.Place, a eventArgs) {
		need(p, "kind", a.Kind)
		enum(p, "会议或活动的类别", a.Kind, schema.Event{}, "kind")
		p.NeedField("on")
		if a.State != "" && a.State != string(event.StatePLANNED) && a.State != string(event.StateHELD) {
			p.Find("state 只能是 PLANNED 或 HELD")
		}
	}, plan)
	flow.EffectOf(s, "hold", "登记会议或活动已经举行，以及谁到会、谁缺席：表单的 eventId、on、summary、present、absent。", func(p *process.Place, a holdArgs) {
		enum(p, "会议或活动的类别", a.Kind, schema.Event{}, "kind")
		if a.Kind == "" {
			p.NeedField("eventId")
		}
	}, hold)
	flow.EffectOf(s, "cancel_event", "取消表单 eventId 所指的、还没有举行的会议或活动。", func(p *process.Place, _ struct{}) { p.NeedField("eventId") }, cancelEvent)
}

func plan(ctx context.Context, r *flow.Run, a eventArgs) error {
	form := whole(r)
	on, err := form.day("on")
	if err != nil {
		return err
	}
	if on == nil {
		return form.invalid("on", "请填写日期")
	}
	state := event.State(orElse(a.State, string(event.StatePLANNED)))
	if state == event.StateHELD {
		if err := day.Happened(*on, time.Time{}, r.Today(), form.at("on")...); err != nil {
			return err
		}
	}
	_, err = newEvent(ctx, r, form, event.Kind(a.Kind), state, *on, a.Concealed)
	return err
}

// newEvent writes an event. Of a concealed one the timeline says no more than
// that it is there: the timeline is seen by all who see the matter.
func newEvent(ctx context.Context, r *flow.Run, form entry, kind event.Kind, state event.State, on time.Time, concealed bool) (*gen.Event, error) {
	venue, err := theUnit(ctx, r, form, "venueId", unit.LineVENUE)
	if err != nil {
		return nil, err
	}
	visited, err := theUnit(ctx, r, form, "unitId")
	if err != nil {
		return nil, err
	}
	nth, err := form.count("edition")
	if err != nil {
		return nil, err
	}
	create := r.Client.Event.Create().SetMatterID(r.Matter.ID).SetKind(kind).SetTitle(orElse(form.text("title"), label(string(kind)))).
		SetForm(form.text("form")).SetOn(on).SetPlace(form.text("place")).SetState(state).SetConcealed(concealed).
		SetSummary(form.text("summary")).SetNillableAuthorID(r.Actor()).SetCreatedAt(r.Now)
	if venue != nil {
		create.SetVenueID(venue.ID)
	}
	if visited != nil {
		create.SetUnitID(visited.ID)
	}
	if nth != nil {
		create.SetEdition(int(*nth))
	}
	ev, err := create.Save(ctx)
	if err != nil {
		return nil, err
	}
	r.Events = append(r.Events, ev)
	r.After["eventId"] = ev.ID
	if !concealed || state == event.StateHELD {
		r.After["event"], r.After["on"] = ev.Title, on.Format(time.DateOnly)
	}
	return ev, nil
}

func hold(ctx context.Context, r *flow.Run, a holdArgs) error {
	form := whole(r)
	ev, err := theEvent(r, form, "eventId")
	if err != nil {
		return err
	}
	on, err := form.day("on")
	if err != nil {
		return err
	}
	if on != nil {
		if err := day.Happened(*on, time.Time{}, r.Today(), form.at("on")...); err != nil {
			return err
		}
	}
	switch {
	case ev == nil && a.Kind == "":
		return form.invalid("eventId", "请选择是哪一次会议或活动")
	case ev == nil:
		day := r.Today()
		if on != nil {
			day = *on
		}
		if ev, err = newEvent(ctx, r, form, event.Kind(a.Kind), event.StateHELD, day, false); err != nil {
			return err
		}
	default:
		if ev, err = held(ctx, r, form, ev, on, event.Kind(a.Kind)); err != nil {
			return err
		}
	}
	return attend(ctx, r, ev)
}

// held marks a planned event as held: on the day that the form tells, else on
// its own, else, when that has not come yet, today.
func held(ctx context.Context, r *flow.Run, form entry, ev *gen.Event, on *time.Time, kind event.Kind) (*gen.Event, error) {
	switch {
	case ev.State == event.StateHELD:
		return nil, errs.New(errs.Conflict, "“%s”已经登记为举行过，不需要再登记", ev.Title).At("eventId")
	case ev.State == event.StateCANCELLED:
		return nil, form.invalid("eventId", "“%s”已经取消，请重新选择", ev.Title)
	case kind != "" && ev.Kind != kind:
		return nil, form.invalid("eventId", "所选的是%s，应为%s，请重新选择", label(string(ev.Kind)), label(string(kind)))
	}
	day := ev.On
	if day.After(r.Today()) {
		day = r.Today()
	}
	if on != nil {
		day = *on
	}
	u := r.Client.Event.UpdateOne(ev).SetState(event.StateHELD).SetOn(day).AddVersion(1)
	if s := form.text("summary"); s != "" {
		u.SetSummary(s)
	}
	fresh, err := u.Save(ctx)
	if err != nil {
		return nil, err
	}
	fresh.Edges.Attendances = ev.Edges.Attendances
	replace(r, ev, fresh)
	r.After["eventId"], r.After["event"], r.After["on"] = fresh.ID, fresh.Title, day.Format(time.DateOnly)
	return fresh, nil
}

// replace puts the new row of an event in the place of the old one.
func replace(r *flow.Run, old, fresh *gen.Event) {
	r.Events = slices.Clone(r.Events)
	r.Events[slices.Index(r.Events, old)] = fresh
}

// attend writes who was there and who was not, one row a person.
func attend(ctx context.Context, r *flow.Run, ev *gen.Event) error {
	seen := map[uuid.UUID]bool{}
	count := map[string]int{}
	for _, list := range []struct {
		field  string
		status attendance.Status
	}{{"present", attendance.StatusATTENDED}, {"absent", attendance.StatusABSENT}} {
		people, err := r.Form.IDs(list.field)
		if err != nil {
			return err
		}
		for i, id := range people {
			if !slices.ContainsFunc(r.Active(), func(p *gen.Party) bool { return p.ID == id }) {
				return errs.New(errs.Invalid, "所选的人不是这件事项的当事方，请重新选择").At(list.field, itoa(i))
			}
			if seen[id] {
				return errs.New(errs.Invalid, "同一个人不能写两次").At(list.field, itoa(i))
			}
			seen[id] = true
			if err := setAttendance(ctx, r, ev, id, list.status); err != nil {
				return err
			}
			count[list.field]++
		}
	}
	for field, n := range count {
		r.After[field] = n
	}
	return nil
}

// setAttendance says of one party whether he came, anew or in place of what was said
// before.
func setAttendance(ctx context.Context, r *flow.Run, ev *gen.Event, who uuid.UUID, status attendance.Status) error {
	for i, at := range ev.Edges.Attendances {
		if at.PartyID != who {
			continue
		}
		fresh, err := r.Client.Attendance.UpdateOne(at).SetStatus(status).Save(ctx)
		if err == nil {
			ev.Edges.Attendances[i] = fresh
		}
		return err
	}
	at, err := r.Client.Attendance.Create().SetEventID(ev.ID).SetMatterID(r.Matter.ID).SetPartyID(who).SetStatus(status).SetCreatedAt(r.Now).Save(ctx)
	if err == nil {
		ev.Edges.Attendances = append(ev.Edges.Attendances, at)
	}
	return err
}

func cancelEvent(ctx context.Context, r *flow.Run, _ struct{}) error {
	form := whole(r)
	ev, err := theEvent(r, form, "eventId")
	if err != nil {
		return err
	}
	if ev == nil || ev.State != event.StatePLANNED {
		return form.invalid("eventId", "请选择一次还没有举行的会议或活动")
	}
	fresh, err := r.Client.Event.UpdateOne(ev).SetState(event.StateCANCELLED).AddVersion(1).Save(ctx)
	if err != nil {
		return err
	}
	replace(r, ev, fresh)
	r.After["eventId"] = ev.ID
	return nil
}
