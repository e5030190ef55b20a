package vocab

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

type recordArgs struct {
	Kind     string `json:"kind" doc:"记录的类别，例如 RESEARCH、APPROVAL、REPORT、NOTE"`
	Mode     string `json:"mode" doc:"方式，不写则取表单的 mode"`
	Stage    string `json:"stage" doc:"阶段，不写则取表单的 stage"`
	Text     string `json:"text" doc:"内容取自表单的哪一栏，不写为 text"`
	Number   string `json:"number" doc:"文号的编号规则，不写则取表单的 number"`
	Audience string `json:"audience" doc:"谁能看到：ALL（不写时）、HANDLING、STAFF"`
}

type scoreArgs struct {
	Code string `json:"code" doc:"计分项目的代码"`
	Role string `json:"role" doc:"给哪个角色的当事方计分，不写为全部"`
}

func registerRecords(s *flow.Rules) {
	flow.EffectOf(s, "record", "把表单写成一条记录：on、place、partyId、unitId、eventId 各归其位，其余的栏存为记录的内容。", func(p *process.Place, a recordArgs) {
		need(p, "kind", a.Kind)
		enum(p, "记录的类别", a.Kind, schema.Record{}, "kind")
		enum(p, "可见对象", a.Audience, schema.Record{}, "audience")
		p.NeedField(a.Text)
		numberKey(p, a.Number)
	}, keep)
	flow.EffectOf(s, "minutes", "把表单 minutes 逐条写成问答辩记录；“答”要有举措和周期。", func(p *process.Place, _ struct{}) {
		rowsOf(p, "minutes", "mode", "partyId", "text", "measures", "period")
	}, minutes)
	flow.EffectOf(s, "score", "给每位有账号的当事方记一笔计分依据；同一项目不重复。", func(p *process.Place, a scoreArgs) {
		need(p, "code", a.Code)
		partyRole(p, a.Role)
	}, score)
}

func shareID(r *flow.Run) *uuid.UUID {
	if r.Share == nil {
		return nil
	}
	return &r.Share.ID
}

// columns of a record that a form fills; the rest is its data.
var recordColumns = map[string]bool{"on": true, "place": true, "partyId": true, "unitId": true, "eventId": true, "mode": true, "stage": true, "number": true}

func keep(ctx context.Context, r *flow.Run, a recordArgs) error {
	form := whole(r)
	on, err := form.day("on")
	if err != nil {
		return err
	}
	if on == nil {
		today := r.Today()
		on = &today
	}
	refs, err := refsOf(ctx, r, form)
	if err != nil {
		return err
	}
	if err := ownReport(r, form, refs); err != nil {
		return err
	}
	textField := orElse(a.Text, "text")
	no := form.text("number")
	if a.Number != "" {
		if no, err = next(ctx, r, a.Number); err != nil {
			return err
		}
	}
	rest := map[string]any{}
	for k, v := range r.Form {
		if !recordColumns[k] && k != textField {
			rest[k] = public(v)
		}
	}
	delete(rest, phone)
	create := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetNillableAssignmentID(shareID(r)).SetKind(record.Kind(a.Kind)).
		SetMode(orElse(a.Mode, form.text("mode"))).SetStage(orElse(a.Stage, form.text("stage"))).SetOn(*on).SetPlace(form.text("place")).
		SetText(form.text(textField)).SetNumber(no).SetNillablePartyID(refs.party).SetNillableUnitID(refs.unit).SetNillableEventID(refs.event).
		SetNillableAuthorID(r.Actor()).SetCreatedAt(r.Now).SetData(rest)
	if a.Audience != "" {
		create.SetAudience(record.Audience(a.Audience))
	}
	row, err := create.Save(ctx)
	if err != nil {
		return err
	}
	r.Records = append(r.Records, row)
	r.After["recordId"], r.After["on"] = row.ID, on.Format(time.DateOnly)
	return nil
}

// ownReport: who is here for a unit reports for it, and on what it owes.
func ownReport(r *flow.Run, form entry, refs refs) error {
	if !forUnit(r) {
		return nil
	}
	if err := mayName(r, refs.unit, form.at("unitId")); err != nil || refs.item == nil {
		return err
	}
	i, err := theItem(r, form, "itemId")
	if err != nil {
		return err
	}
	return mayActOn(r, i, form.at("itemId"))
}

// answer is the mode of a minute that promises something.
const answer = "答"

func minutes(ctx context.Context, r *flow.Run, _ struct{}) error {
	ev, err := theEvent(r, whole(r), "eventId")
	if err != nil {
		return err
	}
	if ev == nil {
		ev = madeHere(r)
	}
	if ev == nil || ev.State == event.StateCANCELLED {
		return errs.New(errs.Invalid, "请选择是哪一次会议或活动").At("eventId")
	}
	list, err := rows(r.Form, "minutes")
	if err != nil {
		return err
	}
	for _, row := range list {
		if err := minute(ctx, r, row, ev.ID); err != nil {
			return err
		}
	}
	r.After["minutes"] = len(list)
	return nil
}

func minute(ctx context.Context, r *flow.Run, row entry, ev uuid.UUID) error {
	mode := row.text("mode")
	switch {
	case mode != "问" && mode != answer && mode != "辩":
		return row.invalid("mode", "只能是问、答或辩")
	case row.text("text") == "":
		return row.invalid("text", "请填写内容")
	case mode == answer && row.text("measures") == "":
		return row.invalid("measures", "“答”要说明举措")
	case mode == answer && row.text("period") == "":
		return row.invalid("period", "“答”要说明周期")
	}
	speaker, err := theParty(r, row, "partyId")
	if err != nil {
		return err
	}
	data := map[string]any{}
	for _, k := range []string{"measures", "period"} {
		if s := row.text(k); s != "" {
			data[k] = s
		}
	}
	create := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetNillableAssignmentID(shareID(r)).SetKind(record.KindMINUTE).SetMode(mode).
		SetOn(r.Today()).SetText(row.text("text")).SetEventID(ev).SetNillableAuthorID(r.Actor()).SetCreatedAt(r.Now).SetData(data)
	if speaker != nil {
		create.SetPartyID(speaker.ID)
	}
	saved, err := create.Save(ctx)
	if err == nil {
		r.Records = append(r.Records, saved)
	}
	return err
}

func score(ctx context.Context, r *flow.Run, a scoreArgs) error {
	given := map[uuid.UUID]bool{}
	for _, s := range r.RecordsOf(record.KindSCORE) {
		if s.PartyID != nil && s.Data["code"] == a.Code {
			given[*s.PartyID] = true
		}
	}
	for _, p := range r.Active() {
		if p.MembershipID == nil || given[p.ID] || !isParty(p, a.Role, "") {
			continue
		}
		row, err := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetKind(record.KindSCORE).SetOn(r.Today()).SetPartyID(p.ID).
			SetNillableAuthorID(r.Actor()).SetCreatedAt(r.Now).
			SetData(map[string]any{"code": a.Code, "membershipId": p.MembershipID.String()}).Save(ctx)
		if err != nil {
			return err
		}
		r.Records = append(r.Records, row)
	}
	return nil
}
